"""EC2: instances with their profiles, VPC endpoints, and their tags."""
