"""Weights trained elsewhere: what people have, made a bundle of."""
