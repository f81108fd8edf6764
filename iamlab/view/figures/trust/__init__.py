"""The trust graph: who can assume which role."""
