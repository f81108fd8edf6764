"""The objects of a notebook: worlds, accounts, users, with all that can be done and asked."""
