"""Outside access: who from outside the zone of trust has access to what, and what stops it.

It answers as IAM Access Analyzer does for external access, with the statement that gives access,
and proves each finding: the engine decides a request of a caller from outside.
"""
