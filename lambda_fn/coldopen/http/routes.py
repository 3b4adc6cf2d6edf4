"""Routes: which path and method is answered by what."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger

from coldopen.answer import model_content
from coldopen.errors import RequestError
from coldopen.http.body import read_body
from coldopen.http.cors import with_cors
from coldopen.http.deadline import deadline
from coldopen.http.fronts import UNKNOWN, read_event
from coldopen.http.log import Log
from coldopen.http.message import Reply, Request
from coldopen.http.model import LOAD_LIMIT_S, Model
from coldopen.http.replies import error_reply, json_reply, scripts_reply
from coldopen.http.router import Table, answer, route
from coldopen.request import GenerateRequest, read_generate_request
from coldopen.settings import Settings
from coldopen.task import Task, read_task
from coldopen.writer import Writer

_PAGE = ("/", "/page.css", "/page.js")
_MAX_VOCABULARY_WORDS = 100  # in one reply


class Api:
    """The service: answers events.

    Attributes:
        log: where each request has its line.
        model: what it answers with, if that could be loaded.
    """

    def __init__(self, settings: Settings, logger: Logger) -> None:
        self._settings = settings
        self.log = Log(logger)
        self.model = Model(settings, self.log)
        self._table: Table = {
            "/generate": {"POST": self._generate},
            "/health": {"GET": self._health},
            "/vocabulary": {"GET": self._vocabulary},
            **{path: {"GET": self._page} for path in _PAGE},
            "/v1/completions": {"POST": self._completions},
            "/v1/models": {"GET": self._models},
            "/v1/models/{model}": {"GET": self._model},
            "/openapi.json": {"GET": self._openapi},
            "/docs": {"GET": self._docs},
        }

    def load(self, begun: float) -> None:
        """Load the model; what goes wrong is logged, and a later request tries again.

        Args:
            begun: when the process did, on `time.monotonic()`'s clock, in seconds.
        """
        try:
            self.model.writer(begun + LOAD_LIMIT_S)
        except RequestError:  # logged where it was raised; to die at INIT would only start it again
            self.log.not_loaded()

    def handle(self, event: Any, context: Any) -> Any:
        """Answer one event: a request, whichever front it came through (see `coldopen.http.fronts`)."""
        begun = time.monotonic()
        id = getattr(context, "aws_request_id", "unknown")
        self.log.begin(id)
        try:
            front, request = read_event(event)
        except RequestError as error:
            front, method, reply = UNKNOWN, "", error_reply(error)
        else:
            method = request.method
            request = request._replace(
                deadline=deadline(context.get_remaining_time_in_millis() / 1000, request.gives_up_at),
                id=id,
                prefixes=(self._settings.base_path, *request.prefixes),
            )
            self.log.asked(request)
            reply = self.answer(request)
        self.log.answered(front.name, method, reply, (time.monotonic() - begun) * 1000)
        return front.write(reply)

    def answer(self, request: Request) -> Reply:
        """The reply to a request, whatever happens."""
        request = route(self._table, request)
        try:
            reply = answer(self._table, request)
        except RequestError as error:
            reply = error_reply(error)
        except Exception as error:
            self.log.failed(error)
            message = f"the service failed; its log says more under request id {request.id}"
            reply = error_reply(RequestError(500, "internal_error", message))
        if reply.status >= 400 and "/v1/" in request.path:
            reply = _as_openai_s(request, reply)
        if self.model.loaded:  # each reply says what would write, or has written
            reply = reply._replace(headers={"Model-Version": self.model.loaded.version, **reply.headers})
        if self._settings.cors_origin:
            reply = with_cors(reply, request, self._settings.cors_origin)
        return reply._replace(body="" if request.method == "HEAD" else reply.body, route=request.route)

    def _generate(self, request: Request) -> Reply:
        if request.fields and "requests" in request.fields:
            return self._batch(request)
        fields = read_body(request)
        writer = self.model.writer(request.deadline)
        wanted = read_generate_request(fields, self._settings.max_length, len(writer.vocabulary))
        task = self._task(wanted, writer, request.deadline)
        begun = time.monotonic()
        texts = writer.write_batch(
            task.prime_words, wanted.length, wanted.sampling, wanted.seeds, request.deadline, task.steering
        )
        return scripts_reply(wanted, task, texts, writer, took_s=time.monotonic() - begun)

    def _batch(self, request: Request) -> Reply:
        from coldopen.http.batch import batch_reply  # who asks for it waits, and no cold start

        writer, read_copies = self.model.writer(request.deadline), partial(self.model.copies, request.deadline)
        return batch_reply(request, writer, self._settings.max_length, read_copies)

    def _task(self, request: GenerateRequest, writer: Writer, deadline: float) -> Task:
        return read_task(request, writer.lexicon, partial(self.model.copies, deadline))

    def _completions(self, request: Request) -> Reply:
        from coldopen.http.openai.completions import completions_reply  # who asks for it waits, and no cold start

        writer = self.model.writer(request.deadline)
        read_weights = partial(self.model.state_dict, request.deadline)
        return completions_reply(request, writer, self._settings.max_length, self._task, read_weights)

    def _models(self, request: Request) -> Reply:
        from coldopen.http.openai.models import models_reply

        return models_reply(self.model.writer(request.deadline))

    def _model(self, request: Request) -> Reply:
        from coldopen.http.openai.models import model_reply

        return model_reply(request, self.model.writer(request.deadline))

    def _openapi(self, _: Request) -> Reply:
        return json_reply(200, self._document())

    def _docs(self, request: Request) -> Reply:
        from coldopen.http.docs import docs_reply

        return docs_reply(self._document(), request.path)

    def _document(self) -> dict[str, Any]:
        from coldopen.http.openapi import read_openapi

        return read_openapi(self._settings.max_length, self.model.loaded)  # what the API is can be told without it

    def _health(self, request: Request) -> Reply:
        writer = self.model.writer(request.deadline)
        return json_reply(200, {"status": "ok", "model": model_content(writer), "engine": writer.engine})

    def _vocabulary(self, request: Request) -> Reply:
        prefix = request.query.get("prefix", "")
        words = self.model.writer(request.deadline).vocabulary.with_prefix(prefix)
        return json_reply(200, {"prefix": prefix, "total": len(words), "words": words[:_MAX_VOCABULARY_WORDS]})

    def _page(self, request: Request) -> Reply:
        from coldopen.http.static import static_reply  # only the page needs it, so no cold start of the API pays

        return static_reply(request)


def _as_openai_s(request: Request, reply: Reply) -> Reply:
    from coldopen.http.openai.errors import is_asked_for, openai_error

    return openai_error(reply) if is_asked_for(request.path) else reply
