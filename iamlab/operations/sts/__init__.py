"""STS's operations and their sessions."""
