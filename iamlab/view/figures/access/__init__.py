"""The access graph: who can access what, by which statement, and what blocks it."""
