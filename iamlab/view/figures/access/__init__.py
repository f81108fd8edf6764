"""The access graph: who reaches what, by which statement, and what cuts the way."""
