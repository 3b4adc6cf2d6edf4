"""Powertools' Logger without the rest of Powertools.

`aws_lambda_powertools` imports its metrics and its tracer too, which takes a seventh of the time. So the package is
made here without running its `__init__`; its modules can be imported one by one as ever.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec

_PACKAGE = "aws_lambda_powertools"

if _PACKAGE not in sys.modules and (_spec := find_spec(_PACKAGE)):
    sys.modules[_PACKAGE] = module_from_spec(_spec)

from aws_lambda_powertools.logging import Logger

__all__ = ["Logger"]
