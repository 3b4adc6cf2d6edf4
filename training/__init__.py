"""Training: scripts in, a bundle out. Run as `python -m training`."""
