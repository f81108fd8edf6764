"""Which principals can become which others, by which calls, before and after a cut."""
