"""Every operation of every service: parameters, permission, work, answer, event."""
