"""IAM Identity Center: one sign-in for all accounts of an organization. Formerly AWS SSO."""
