"""KMS: keys, their policies, grants and states."""
