"""AWS Organizations: the operations that change an organization, one idea a module."""
