"""Checks whether AWS would save a policy. Each finds one kind of defect."""
