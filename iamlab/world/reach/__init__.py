"""Who can become whom: the ways, and the graph that they make."""
