"""The named tuples that operators return."""

import torch

globals().update({n: k for n, k in vars(torch._C._return_types).items() if not n.startswith("__")})
