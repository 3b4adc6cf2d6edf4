"""A real browser before the real handler."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from local.gateway import gateway
from local.runtime import Function

STAGE = "/prod"
KEY = "a-key-for-tests"
_JSON = {"Content-Type": "application/json"}
_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where there is no Chromium, skip the tests of this folder, and say so in one line instead of one for each."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    if here and not _CHROMIUM:
        reason = f"no Chromium here for {len(here)} tests of the page: `make page` installs it and runs them"
        here[0].add_marker(pytest.mark.skip(reason=reason))
        config.hook.pytest_deselected(items=here[1:])
        items[:] = [item for item in items if item not in here[1:]]


class Staged:
    """A function behind a stage that API Gateway takes off the path, where all but the page's files may need a key."""

    def __init__(self, function: Function, key: str = "") -> None:
        self._function = function
        self._key = key

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Invoke with the event that API Gateway would make."""
        path = event["path"].removeprefix(STAGE) or "/"
        given = {name.lower(): value for name, value in event["headers"].items()}.get("x-api-key")
        is_api = path.startswith(("/generate", "/vocabulary"))
        if not event["path"].startswith(STAGE) or (is_api and self._key and given != self._key):
            return {"statusCode": 403, "headers": _JSON, "body": '{"message":"Forbidden"}'}
        return self._function.invoke({**event, "path": path})


@pytest.fixture(scope="module")
def site(emulated: Function) -> Iterator[str]:
    """The page's URL."""
    with gateway(emulated) as url:
        yield f"{url}/"


@pytest.fixture(scope="module")
def staged_site(emulated: Function) -> Iterator[str]:
    """The URL of the page behind a stage, without a slash at its end."""
    with gateway(Staged(emulated)) as url:
        yield f"{url}{STAGE}"


@pytest.fixture(scope="module")
def locked_site(emulated: Function) -> Iterator[str]:
    """The URL of the page of an API that wants a key."""
    with gateway(Staged(emulated, KEY)) as url:
        yield f"{url}{STAGE}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def window() -> dict[str, Any]:
    """What the browser's window is like; a test that needs another names it."""
    return {}


@pytest.fixture
def context(browser: Browser, window: dict[str, Any]) -> Iterator[BrowserContext]:
    """A browser that has never seen the page. What is written is not typed out, but where a test asks for it."""
    context = browser.new_context(**{"reduced_motion": "reduce", **window})
    context.set_default_timeout(10_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page. At its end no error was logged, no policy broken, and no other host asked."""
    page = context.new_page()
    errors: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or "none"))
    yield page
    assert [error for error in errors if not error.startswith("Failed to load resource")] == []
    assert hosts <= {"127.0.0.1", "none"}  # none: data: and blob: are no hosts
