"""Figures of accounts and organizations: what is attached to which identity, OU or account."""
