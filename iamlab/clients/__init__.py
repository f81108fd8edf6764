"""Real AWS clients, whose requests a world answers."""
