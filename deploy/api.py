"""The deployed API, asked as a client would."""

import json
import shlex
import time
import urllib.error
import urllib.request
from typing import Any

from coldopen.default_prime import default_prime
from deploy.account import Account, told
from deploy.errors import DeployError
from deploy.model import version_of
from deploy.stack import Stack

_READY_LIMIT_S = 30.0  # a new API takes a moment until its name is known and all of API Gateway knows its stage
_REPLY_LIMIT_S = 35.0  # API Gateway's own is 29 s
_LENGTH = 20


def call(account: Account, stack: Stack, ready_limit_s: float = _READY_LIMIT_S) -> str:
    """Ask the stack's API for its health and for a short script; returns what a person wants to know of it.

    It may take `ready_limit_s` until the API answers, with the stack's model.

    Raises:
        DeployError: if it does not answer, or with another model's version than the stack's.
    """
    url, headers = stack.output("ApiUrl"), _headers(account, stack)
    health, health_ms = _when_ready(url, headers, stack, ready_limit_s)
    request = {"prime": _prime(url, headers, stack), "length": _LENGTH}
    reply, generate_ms = _ask(f"{url}/generate", headers, request)
    if "script" not in reply:
        raise _wrong(stack, f"{url}/generate", reply)
    model = health["model"]
    return (
        f"The API answers with {model['name']}, version {model['version']}: "
        f"/health in {health_ms:,.0f} ms, {reply['length']} words in {generate_ms:,.0f} ms "
        f"({reply['timing']['generate_ms']:,.0f} ms of these writing)\n\n"
        f"  page  {stack.outputs['PageUrl']}\n"
        f"  ask   {_curl(url, request, stack)}"
    )


def _when_ready(url: str, headers: dict[str, str], stack: Stack, limit_s: float) -> tuple[dict[str, Any], float]:
    begun, version = time.monotonic(), version_of(stack.model)
    while True:
        health, ms = _ask(f"{url}/health", headers)
        served = health.get("model", {}).get("version")
        if served is not None and version in (None, served):
            return health, ms
        if time.monotonic() - begun > limit_s:
            if served:
                raise DeployError(
                    f"{url}/health says version {served}, and {stack.model} was deployed: see `make logs`"
                )
            raise _wrong(stack, f"{url}/health", health)
        time.sleep(2)


def _prime(url: str, headers: dict[str, str], stack: Stack) -> str:
    reply, _ = _ask(f"{url}/vocabulary", headers)
    try:
        return default_prime(reply["words"])
    except (KeyError, ValueError):
        raise _wrong(stack, f"{url}/vocabulary", reply) from None


def _ask(url: str, headers: dict[str, str], content: dict[str, Any] | None = None) -> tuple[dict[str, Any], float]:
    """The JSON of a reply, whatever its status, and the milliseconds it took; `{"fault": ...}` where there is none."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=_REPLY_LIMIT_S) as reply:
            text = reply.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    except OSError as error:  # no connection, or none any more
        return {"fault": str(error)}, 0
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"fault": repr(text[:200])}, (time.monotonic() - begun) * 1000


def _wrong(stack: Stack, url: str, reply: dict[str, Any]) -> DeployError:
    return DeployError(
        f"{stack.name} is deployed, and {url} does not answer as it should: {json.dumps(reply)[:300]}. See `make logs`"
    )


def _headers(account: Account, stack: Stack) -> dict[str, str]:
    """The API key, where the stack wants one."""
    if "ApiKeyId" not in stack.outputs:
        return {}
    with told():
        key = account.client("apigateway").get_api_key(apiKey=stack.output("ApiKeyId"), includeValue=True)
    return {"x-api-key": key["value"]}


def _curl(url: str, request: dict[str, Any], stack: Stack) -> str:
    key = ""
    if "ApiKeyId" in stack.outputs:  # itself it is not shown: terminals are recorded and pasted
        asked = f"aws apigateway get-api-key --api-key {stack.output('ApiKeyId')} --include-value"
        key = f' -H "x-api-key: $({asked} --query value --output text --region {stack.region})"'
    return f"curl {url}/generate -H 'Content-Type: application/json'{key} -d {shlex.quote(json.dumps(request))}"
