"""The credential report."""
