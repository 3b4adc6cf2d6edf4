"""What the tests do with the page again and again."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

SCRIPT = "#prime=marla&length=40&end=sentence&temperature=0.9&seed=7"
"""The fragment of a link to a script."""


def written(page: Page, index: int = 0) -> str:
    """The text of a script, once it is there."""
    script = page.locator(".script").nth(index)
    expect(script).to_be_visible()
    return "\n".join(script.locator("p").all_text_contents())


def write(page: Page, prime: str, **fields: str) -> str:
    """Fill in the form, press the button, and wait for the script."""
    page.fill("#prime", prime)
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.click("#write")
    return written(page)


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def take(page: Page, count: int) -> None:
    """Wait until so many takes are there."""
    expect(page.locator("#which")).to_have_text(f"Take {count} of {count}")


def seed(page: Page) -> str:
    found = re.search(r"seed (\d+)", page.locator(".meta").first.inner_text())
    assert found
    return found[1]
