"""EC2: instances with their profiles, VPC endpoints, and the tags of both, one idea a module."""
