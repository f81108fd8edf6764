"""Identity providers outside AWS, and how STS reads their signed messages."""
