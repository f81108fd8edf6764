"""Records: what there is in a world, as fields and pure reads."""
