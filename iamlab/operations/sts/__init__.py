"""STS's operations and the sessions they issue."""
