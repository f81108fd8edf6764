"""How iamlab reaches people: notebooks of their own, JupyterLab, puzzles, a browser."""
