"""The parts of the check of what may be saved: each walks a policy for one kind of defect."""
