"""S3: buckets, their policies, switches, ownership and tags, one idea a module."""
