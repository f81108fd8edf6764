"""Who may do what: the access matrix, a large one as shares, and the difference of two."""
