"""The ways to escalate, as functions: each finds the edges that a principal has by one way."""
