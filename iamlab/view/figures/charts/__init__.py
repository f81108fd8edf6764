"""Charts of numbers: how policies grow, how right and how sure somebody was."""
