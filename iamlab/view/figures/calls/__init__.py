"""Calls between parties: in time, between two accounts, and by a deputy who is confused."""
