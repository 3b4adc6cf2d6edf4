"""The function's entry point: INIT builds the service and loads the model; each event is one request."""

import gc
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

api = Api(Settings.read(), Logger(service="cold-open"))
api.load(begun)
gc.freeze()  # what INIT made stays: no later collection need look at it
gc.enable()


def handler(event: Any, context: Any) -> Any:
    """Answer one event; see `coldopen.http.routes.Api.handle`."""
    return api.handle(event, context)
