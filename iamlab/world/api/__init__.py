"""IAM's API over a world: each operation is one entry, whoever calls it and however."""
