"""PyTorch's own tests, with stock torch and on the layer's library part: `python -m bench.torch_tests`."""
