"""Answers that need many decisions: who can, what can, reports, privilege escalation."""
