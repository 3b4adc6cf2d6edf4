"""Routes: which path and method is answered by what."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from aws_lambda_powertools import Logger

from coldopen.bundle.read import read_bundle
from coldopen.errors import BundleError, ModelUnavailableError, RequestError
from coldopen.http.body import read_body
from coldopen.http.replies import JSON, Reply, error_reply, json_reply, model_content, scripts_reply
from coldopen.http.resolver import APIGatewayRestResolver, NotFoundError
from coldopen.request import GenerateRequest, read_generate_request
from coldopen.settings import Settings
from coldopen.task import Task, read_task
from coldopen.writer import Writer

_PAGE = ("/", "/page.css", "/page.js")
_ROUTES = {"/generate": "POST", "/health": "GET", "/vocabulary": "GET", **dict.fromkeys(_PAGE, "GET")}
_MAX_VOCABULARY_WORDS = 100  # in one reply
_DEADLINE_MARGIN_S = 0.5  # from the last word to the reply's last byte


class Api:
    """The service: holds the model, if it could be loaded, and answers API Gateway's events."""

    def __init__(self, settings: Settings, logger: Logger) -> None:
        self._settings = settings
        self._logger = logger
        self._writer: Writer | None = None
        self._resolver = self._routes()

    def load(self) -> None:
        """Load the model; what goes wrong is logged, and the next request tries again."""
        with suppress(RequestError):  # logged where it was raised; to die at INIT would only start it again
            self.writer()

    def writer(self) -> Writer:
        """The model, loaded now if it is not there yet.

        Raises:
            RequestError: 503, if the bundle can't be had or can't be used.
        """
        if self._writer is None:
            begun = time.monotonic()
            try:
                self._writer = Writer(read_bundle(self._settings.model_uri))
            except Exception as error:  # whatever a damaged bundle or a wrong setting leads to: never die at INIT
                self._logger.error("model not available", extra={"reason": str(error) or repr(error)})
                message = "the model can't be loaded at the moment; try again in a few seconds"
                raise RequestError(503, "model_unavailable", message) from None
            took_ms = round((time.monotonic() - begun) * 1000)
            self._logger.info("model loaded", extra={"model_version": self._writer.version, "load_ms": took_ms})
        return self._writer

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer one event of a REST API with Lambda proxy integration."""
        if not isinstance(event, dict) or not all(isinstance(event.get(key), str) for key in ("httpMethod", "path")):
            message = "this function answers API Gateway REST events (Lambda proxy integration), as in events/"
            reply = error_reply(RequestError(400, "not_an_api_event", message))
            return {"statusCode": reply.status_code, "headers": {"Content-Type": JSON}, "body": reply.body}
        begun = time.monotonic()
        reply_event = self._resolver.resolve(event, context)
        took_ms = round((time.monotonic() - begun) * 1000)
        asked = {"method": event["httpMethod"], "path": event["path"], "status": reply_event["statusCode"]}
        self._logger.info("request", extra={**asked, "took_ms": took_ms})
        return reply_event

    def _routes(self) -> APIGatewayRestResolver:
        resolver = APIGatewayRestResolver()
        resolver.post("/generate")(self._generate)
        resolver.get("/health")(self._health)
        resolver.get("/vocabulary")(self._vocabulary)
        for path in _PAGE:
            resolver.get(path)(self._page)
        resolver.not_found(self._no_route)
        resolver.exception_handler(RequestError)(error_reply)
        resolver.exception_handler(Exception)(self._unexpected)
        return resolver

    def _generate(self) -> Reply:
        event, context = self._resolver.current_event, self._resolver.lambda_context
        deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _DEADLINE_MARGIN_S
        fields = read_body(event.body, event.is_base64_encoded or False, event.headers.get("content-type") or "")
        writer = self.writer()
        request = read_generate_request(fields, self._settings.max_length, len(writer.vocabulary))
        task = self._task(request, writer)
        begun = time.monotonic()
        texts = writer.write_batch(
            task.prime_words, request.length, request.sampling, request.seeds, deadline, task.steering
        )
        return scripts_reply(request, task, texts, writer, took_s=time.monotonic() - begun)

    def _task(self, request: GenerateRequest, writer: Writer) -> Task:
        try:
            return read_task(request, writer.lexicon, writer.copies)
        except (BundleError, ModelUnavailableError) as error:
            self._logger.error("copies not available", extra={"reason": str(error)})
            message = "what the model was trained on can't be read at the moment; try again, or leave no_copy out"
            raise RequestError(503, "model_unavailable", message) from None

    def _health(self) -> Reply:
        writer = self.writer()
        return json_reply(200, {"status": "ok", "model": model_content(writer), "engine": writer.engine})

    def _vocabulary(self) -> Reply:
        prefix = self._resolver.current_event.get_query_string_value("prefix", "") or ""
        words = self.writer().vocabulary.with_prefix(prefix)
        return json_reply(200, {"prefix": prefix, "total": len(words), "words": words[:_MAX_VOCABULARY_WORDS]})

    def _page(self) -> Reply:
        from coldopen.http.static import static_reply  # only the page needs it, so no cold start of the API pays

        event = self._resolver.current_event
        asked_path = (event.raw_event.get("requestContext") or {}).get("path")
        return static_reply(event.path, str(asked_path or event.path), event.headers.get("if-none-match") or "")

    def _no_route(self, _: NotFoundError) -> Reply:
        method, path = self._resolver.current_event.http_method, self._resolver.current_event.path
        if path in _ROUTES:
            allowed = _ROUTES[path]
            error = RequestError(405, "method_not_allowed", f"{path} answers {allowed}, not {method}")
            return error_reply(error, {"Allow": allowed})
        known = ", ".join(f"{allowed} {known}" for known, allowed in _ROUTES.items())
        return error_reply(RequestError(404, "not_found", f"there is nothing at {path}; there are: {known}"))

    def _unexpected(self, error: Exception) -> Reply:
        self._logger.exception("unexpected error", exc_info=error)
        request_id = getattr(self._resolver.lambda_context, "aws_request_id", "unknown")
        message = f"the service failed; its log says more under request id {request_id}"
        return error_reply(RequestError(500, "internal_error", message))
