"""Every operation of every service: parameters, permissions, change, response, event."""
