"""Last accessed information: when each service was last used, and by which identity."""
