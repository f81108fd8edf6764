"""What hangs on whom: the attachments of an account, the tree of an organization."""
