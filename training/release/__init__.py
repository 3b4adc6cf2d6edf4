"""Models as releases: to S3, what lies there, and whether a function could serve it."""
