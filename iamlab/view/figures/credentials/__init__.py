"""Credentials over time: the lives of keys and passwords, and of sessions."""
