"""Torch's Python part: made inference-only, and compiled ahead of time."""
