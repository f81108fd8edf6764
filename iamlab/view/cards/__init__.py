"""How bare values show themselves in a notebook: small HTML cards, all text in them escaped."""

FEW = 30
"""So many rows of a table, or lines of a list, are shown; the others are counted."""
