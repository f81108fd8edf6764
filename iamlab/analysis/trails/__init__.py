"""Real trails of CloudTrail: read, and what permission each record shows as used."""
