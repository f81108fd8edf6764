"""How bare values show themselves in a notebook: small HTML cards, all text in them escaped."""
