"""Outside access: who from outside the zone of trust can reach what, and what stops him.

It answers as IAM Access Analyzer does for external access, with the statement that lets somebody
in, and proves each finding: the engine decides a request of somebody outside.
"""
