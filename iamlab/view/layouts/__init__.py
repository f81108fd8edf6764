"""Layouts: each draws a scene on a sheet, as a tree, as lanes, as a grid, or in columns."""
