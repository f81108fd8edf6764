"""Reads and writes what ``aws organizations`` prints."""
