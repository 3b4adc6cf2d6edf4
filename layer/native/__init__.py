"""C for the layer: the compiler, stand-ins for CUDA's libraries, and what Lambda's processors and C library need."""
