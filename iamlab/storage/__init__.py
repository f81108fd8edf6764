"""A world as a file: everything in it, without secrets unless they are asked for."""
