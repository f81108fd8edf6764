"""KMS: keys, their policies, grants and states, one idea a module."""
