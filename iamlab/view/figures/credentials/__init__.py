"""Figures of credentials over time: keys, passwords and sessions."""
