"""``aws organizations`` in and out."""
