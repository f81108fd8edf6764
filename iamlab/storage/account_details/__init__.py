"""``aws iam get-account-authorization-details`` in and out."""
