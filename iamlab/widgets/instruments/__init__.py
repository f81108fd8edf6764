"""The instruments, one in each file."""
