"""Records: the contents of a world, as fields and pure reads."""
