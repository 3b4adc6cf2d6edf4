"""Training: one loop, and the two methods that it can train by."""
