"""Identity providers outside of AWS, and how STS reads what they sign."""
