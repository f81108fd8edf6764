"""Access Analyzer's custom policy checks, each decided with a request that proves it."""
