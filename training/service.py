"""The client of a deployed API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from coldopen.default_prime import default_prime
from coldopen.errors import ColdOpenError

KEY = "API_KEY"
"""The environment variable that holds a deployed API's key, so that no list of processes shows it."""

_TIMEOUT_S = 60  # twice what API Gateway waits for a function


class ServiceError(ColdOpenError):
    """A service that can't be reached, that refused what was asked, or that is another one."""


class Service:
    """A deployed API.

    Args:
        url: its base, such as https://abc.execute-api.us-east-1.amazonaws.com/v1.
        key: its API key, if it wants one.

    Raises:
        ServiceError: if that is no address on the web, or no key.
    """

    def __init__(self, url: str, key: str = "") -> None:
        if not url.startswith(("https://", "http://")):
            raise ServiceError(f"{url!r} is no address of an API: it begins with https:// or http://")
        if not (key.isascii() and key.isprintable()):
            raise ServiceError(f"{KEY} holds characters that no API key has: copy the key alone, without a line's end")
        self.url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json", **({"x-api-key": key} if key else {})}

    def default_prime(self) -> str:
        """The prime where none is asked for: the most frequent speaker, by the vocabulary's beginning.

        Raises:
            ServiceError: as `generate` does.
        """
        content = self._json("/vocabulary")
        try:
            return default_prime(content["words"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._stranger() from None

    def generate(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for scripts; returns the reply.

        Raises:
            ServiceError: with the service's own message if it refuses the fields, or with the network's fault.
        """
        reply = self._json("/generate", json.dumps(fields).encode())
        if "script" not in reply and "scripts" not in reply:
            raise self._stranger()
        return reply

    def _json(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        try:
            request = urllib.request.Request(self.url + path, body, self._headers)
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                content = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ServiceError(_reason(error)) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise self._stranger() from None
        except (OSError, ValueError, HTTPException) as error:  # no such host, no network, no URL, a reply cut off
            reason = getattr(error, "reason", None) or error
            raise ServiceError(f"{self.url} can't be reached: {reason}") from None
        if not isinstance(content, dict):
            raise self._stranger()
        return content

    def _stranger(self) -> ServiceError:
        return ServiceError(f"{self.url} answers, but not as Cold Open's API does; is it the API's address?")


def _reason(error: urllib.error.HTTPError) -> str:
    """What an error reply says, in a sentence."""
    try:
        return str(json.loads(error.read())["error"]["message"])
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        answered = f"{error.url} answered {error.code} {error.reason}"
        if error.code == 403:  # API Gateway's own answer, before the function is asked
            answered += f": where it wants an API key, the environment variable {KEY} must hold that"
        return answered
