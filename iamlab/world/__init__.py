"""The state: who and what exists, in which account, at what time."""
