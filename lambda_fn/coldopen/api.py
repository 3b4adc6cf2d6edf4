"""HTTP: routes, what a request may say, and which status answers which error."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools import Logger

from coldopen.bundle import read_bundle
from coldopen.errors import RequestError, UnknownWordError
from coldopen.resolver import APIGatewayRestResolver, NotFoundError, Response
from coldopen.sampling import Sampling
from coldopen.screenplay import FORMATS, Format, render
from coldopen.settings import Settings
from coldopen.vocabulary import tokenise
from coldopen.writer import Writer

MAX_BODY_BYTES = 65_536
MAX_PRIME_WORDS = 200
MAX_SCRIPTS = 8
MAX_TEMPERATURE = 10.0
MAX_SEED = 2**32 - 1
_VOCABULARY_SHOWN = 100
_RETRY_AFTER_S = 5
_DEADLINE_MARGIN_S = 0.5  # from the last word to the reply's last byte
_ROUTES = {"/generate": "POST", "/health": "GET", "/vocabulary": "GET"}
_WHOLE_FIELDS, _NUMBER_FIELDS = ("length", "top_k", "seed", "n"), ("temperature", "top_p")
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"

Reply = Response[str]


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A checked body of `POST /generate`, all but whether the model knows the prime words."""

    prime: str
    prime_words: list[str]
    length: int
    sampling: Sampling
    seed: int
    form: Format
    n: int

    @property
    def seeds(self) -> list[int]:
        """One for each script; it makes that script again, alone too."""
        return [(self.seed + place) % (MAX_SEED + 1) for place in range(self.n)]


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
            reply = _error(RequestError(400, "not_an_api_event", message))
            return {"statusCode": reply.status_code, "headers": {"Content-Type": _JSON}, "body": reply.body}
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
        resolver.not_found(self._no_route)
        resolver.exception_handler(RequestError)(_error)
        resolver.exception_handler(Exception)(self._unexpected)
        return resolver

    def _generate(self) -> Reply:
        event, context = self._resolver.current_event, self._resolver.lambda_context
        deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _DEADLINE_MARGIN_S
        fields = read_body(event.body, event.is_base64_encoded or False, event.headers.get("content-type") or "")
        writer = self.writer()
        request = read_generate_request(fields, self._settings.max_length, len(writer.vocabulary))
        try:
            prime_words = writer.prime_words(request.prime_words)
        except UnknownWordError as error:
            raise RequestError(422, "unknown_word", str(error), "prime", error.suggestions) from None
        begun = time.monotonic()
        texts = writer.write_batch(prime_words, request.length, request.sampling, request.seeds, deadline)
        took_s = time.monotonic() - begun
        scripts = [
            {
                "script": render(written.words, request.form),
                "length": written.length,
                "finish_reason": written.finish_reason,
                "seed": seed,
            }
            for written, seed in zip(texts, request.seeds, strict=True)
        ]
        return _json(
            200,
            {
                **(scripts[0] if request.n == 1 else {"scripts": scripts}),
                "prime": request.prime,
                "model": {"name": writer.name, "version": writer.version},
                "timing": {
                    "generate_ms": round(took_s * 1000, 1),
                    "words_per_s": round(sum(written.length for written in texts) / max(took_s, 1e-9)),
                },
            },
        )

    def _health(self) -> Reply:
        writer = self.writer()
        model = {"name": writer.name, "version": writer.version}
        return _json(200, {"status": "ok", "model": model, "engine": writer.engine})

    def _vocabulary(self) -> Reply:
        prefix = self._resolver.current_event.get_query_string_value("prefix", "") or ""
        words = self.writer().vocabulary.with_prefix(prefix)
        return _json(200, {"prefix": prefix, "total": len(words), "words": words[:_VOCABULARY_SHOWN]})

    def _no_route(self, _: NotFoundError) -> Reply:
        method, path = self._resolver.current_event.http_method, self._resolver.current_event.path
        if path in _ROUTES:
            allowed = _ROUTES[path]
            error = RequestError(405, "method_not_allowed", f"{path} answers {allowed}, not {method}")
            return _error(error, {"Allow": allowed})
        known = ", ".join(f"{allowed} {known}" for known, allowed in _ROUTES.items())
        return _error(RequestError(404, "not_found", f"there is nothing at {path}; there are: {known}"))

    def _unexpected(self, error: Exception) -> Reply:
        self._logger.exception("unexpected error", exc_info=error)
        request_id = getattr(self._resolver.lambda_context, "aws_request_id", "unknown")
        message = f"the service failed; its log says more under request id {request_id}"
        return _error(RequestError(500, "internal_error", message))


def read_body(body: str | None, is_base64: bool, content_type: str) -> dict[str, Any]:
    """The fields of a JSON or form body.

    Raises:
        RequestError: 400 for a body that can't be read, 413 for one over MAX_BODY_BYTES, 415 for another type.
    """
    if body is not None and not isinstance(body, str):
        raise _malformed("the event's body is not a string, as API Gateway would send it: quote the JSON")
    data = _decoded(body or "", is_base64)
    if len(data) > MAX_BODY_BYTES:
        raise RequestError(
            413, "body_too_large", f"the body has {len(data):,} bytes; at most {MAX_BODY_BYTES:,} are read"
        )
    media_type = content_type.partition(";")[0].strip().lower() or _JSON
    if media_type not in (_JSON, _FORM):
        raise RequestError(415, "unsupported_media_type", f"the body is {media_type}; send {_JSON} or {_FORM}")
    try:
        text = data.decode("utf-8-sig")  # some clients begin with a byte order mark
    except UnicodeDecodeError as error:
        raise _malformed(f"the body is not UTF-8: byte {data[error.start]:#04x} at position {error.start}") from None
    return _json_fields(text) if media_type == _JSON else _form_fields(text)


def read_generate_request(fields: Mapping[str, Any], max_length: int, vocabulary_size: int) -> GenerateRequest:
    """Check the fields of `POST /generate`.

    Args:
        fields: from `read_body`; a form's values are strings.
        max_length: the most words that may be asked for, in one script.
        vocabulary_size: the most words that sampling can choose from.

    Raises:
        RequestError: 422, naming the field, its value and what it should be.
    """
    known = ("prime", "length", "temperature", "top_k", "top_p", "seed", "format", "n")
    for name in fields:
        if name not in known:
            from difflib import get_close_matches  # only a mistaken request needs it, so no cold start pays

            near = tuple(get_close_matches(str(name), known, n=1))
            message = f"there is no field {_shown(name)}; the fields are {', '.join(known)}"
            raise RequestError(422, "unknown_field", message, str(name)[:100], near)
    default = Sampling()
    sampling = Sampling(
        temperature=_number(fields, "temperature", default.temperature, MAX_TEMPERATURE),
        top_k=_whole(fields, "top_k", min(default.top_k, vocabulary_size), 1, vocabulary_size),
        top_p=_number(fields, "top_p", default.top_p, 1.0),
    )
    prime = _prime(fields)
    return GenerateRequest(
        prime=prime,
        prime_words=_prime_words(prime),
        length=_whole(fields, "length", min(100, max_length), 1, max_length),
        sampling=sampling,
        # drawn now and not at INIT, which a snapshot would replay in every copy of the function
        seed=_whole(fields, "seed", secrets.randbelow(MAX_SEED + 1), 0, MAX_SEED),
        form=_format(fields),
        n=_whole(fields, "n", 1, 1, MAX_SCRIPTS),
    )


def _decoded(body: str, is_base64: bool) -> bytes:
    if not is_base64:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("the body is marked as base64 but is not") from None


def _json_fields(text: str) -> dict[str, Any]:
    if not text.strip():
        raise _malformed('the body is empty; send JSON such as {"prime": "jerry", "length": 100}')
    try:
        fields = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"the body is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise _malformed(f"the body is JSON but no object: {_shown(fields)}")
    return fields


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _form_fields(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        raise _malformed(f"the body looks like JSON but was sent as a form; add the header Content-Type: {_JSON}")
    if not text.strip():
        raise _malformed("the body is empty; send a form such as prime=jerry&length=100")
    try:
        pairs = parse_qsl(
            text.strip("&"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20
        )
    except ValueError as error:
        raise _malformed(f"the body is not a form: {error}") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise _malformed(f"the form has the field {_shown(name)} twice")
        fields[name] = _from_form(name, value)
    return fields


def _from_form(name: str, value: str) -> object:
    """A form has only strings: numbers are read where a number belongs, as JSON would write them."""
    if name in _WHOLE_FIELDS and re.fullmatch(r"[+-]?[0-9]{1,20}", value):
        return int(value)
    if name in _NUMBER_FIELDS and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", value, re.IGNORECASE):
        return float(value)
    return value


def _prime(fields: Mapping[str, Any]) -> str:
    if fields.get("prime") is None:
        message = 'prime is missing: give the word or words that the script begins with, such as "jerry"'
        raise RequestError(422, "missing_field", message, "prime")
    prime = fields["prime"]
    if not isinstance(prime, str) or not prime.strip():
        raise _invalid("prime", prime, "a string of one word or several")
    return prime


def _prime_words(prime: str) -> list[str]:
    words = tokenise(prime)
    if len(words) > MAX_PRIME_WORDS:
        message = f"prime has {len(words):,} words; at most {MAX_PRIME_WORDS} are read"
        raise RequestError(422, "invalid_value", message, "prime")
    return words


def _format(fields: Mapping[str, Any]) -> Format:
    value = fields.get("format")
    for known in FORMATS:
        if value in (known, None):  # the first is the default
            return known
    raise _invalid("format", value, f"one of {', '.join(FORMATS)}", FORMATS)


def _whole(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number: 10.0 is 10
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _invalid(name, value, f"a whole number from {least} to {most}")
    return value


def _number(fields: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = fields.get(name)
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= most:  # not a number compares false, and so is refused
        hint = "; for the likeliest word each time, send top_k 1" if name == "temperature" and value == 0 else ""
        raise _invalid(name, value, f"a number above 0 and up to {most:g}{hint}")
    return float(value)


def _invalid(field: str, value: object, wanted: str, suggestions: tuple[str, ...] = ()) -> RequestError:
    return RequestError(422, "invalid_value", f"{field} is {_shown(value)}; it must be {wanted}", field, suggestions)


def _malformed(message: str) -> RequestError:
    return RequestError(400, "malformed_body", message)


def _shown(value: object) -> str:
    """A value for a message: as JSON where it can be, never long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _json(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    return Response(status_code=status, content_type=_JSON, body=json.dumps(content), headers=dict(headers or {}))


def _error(error: RequestError, headers: Mapping[str, str] | None = None) -> Reply:
    content: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.field is not None:
        content["field"] = error.field
    if error.suggestions:
        content["suggestions"] = list(error.suggestions)
    if error.status == 503:
        headers = {**(headers or {}), "Retry-After": str(_RETRY_AFTER_S)}
    return _json(error.status, {"error": content}, headers)
