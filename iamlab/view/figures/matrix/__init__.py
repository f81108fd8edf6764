"""Figures of access matrices: one matrix, its shares of allowed requests, and a difference."""
