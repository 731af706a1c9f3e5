"""What people ask: where things stand, what a value means, what lies behind it. How that looks, `cli/` decides."""
