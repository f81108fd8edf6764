"""Services other than IAM: their resources, and the operations on them."""
