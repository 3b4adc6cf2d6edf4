"""A name that the extension module imports, to put CUDA's sparse tensor types in."""
