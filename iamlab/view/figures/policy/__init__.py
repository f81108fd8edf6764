"""One policy: its card, its conditions as a tree, its values as sets, its actions in a funnel."""
