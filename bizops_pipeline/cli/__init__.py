"""The command line `bizops`: commands, and how their results look in a terminal."""
