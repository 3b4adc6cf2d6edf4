"""Wheels: which ones a layer is made of, how they get here, and what is unpacked of them."""
