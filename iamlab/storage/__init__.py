"""A world as a file: everything in it, without secrets by default."""
