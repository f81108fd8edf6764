"""Reads and writes what ``aws iam get-account-authorization-details`` prints."""
