"""What readers get: tables about the tables, and the publication itself."""
