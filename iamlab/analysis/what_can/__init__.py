"""What somebody may do: the question, its candidates, and few lines for the answer."""
