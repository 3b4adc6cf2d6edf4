"""The function's entry point: INIT builds the service and loads the model; each event is one request."""

import gc
import os
import time
import warnings
from typing import Any

begun = time.monotonic()

gc.disable()  # nothing that INIT makes is garbage

warnings.filterwarnings("ignore", "Failed to initialize NumPy")  # the layer has none, and torch does without

import torch
from aws_lambda_powertools import Logger

from coldopen.http.routes import Api
from coldopen.settings import Settings

torch.set_num_threads(1)  # a single word is too little work to share out

# Lambda believes a line's level only beside a time in this form
api = Api(Settings.read(), Logger(service="cold-open", use_rfc3339=True, utc=True))
api.load(begun)
gc.freeze()  # what INIT made stays: no later collection need look at it
gc.enable()

if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    from coldopen.http.snapshot import keep_for_snapshot

    keep_for_snapshot(api)


def handler(event: Any, context: Any) -> Any:
    """Answer one event; see `coldopen.http.routes.Api.handle`."""
    return api.handle(event, context)
