"""S3: buckets, their policies, settings, ownership and tags."""
