"""Audits: the controls of CIS and AWS Security Hub that concern IAM."""
