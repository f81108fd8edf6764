"""The figures, one a module: each a function of values that gives a ``Figure``."""
