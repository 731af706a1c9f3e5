"""What readers get: tables about the tables, the publication itself, and how to read it."""
