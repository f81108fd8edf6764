"""How iamlab reaches people: notebooks of their own, JupyterLab, and puzzles to share."""
