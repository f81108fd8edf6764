"""What is different between two worlds: the edits, and who gained or lost what by which."""
