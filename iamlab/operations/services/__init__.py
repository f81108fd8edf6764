"""Other services than IAM: their resources, and the operations that make and change them."""
