"""The timeline of credentials: which there were, from when to when, and who issued them."""
