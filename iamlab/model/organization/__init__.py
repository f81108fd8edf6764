"""Organizations: the tree of accounts and the policies of its levels."""
