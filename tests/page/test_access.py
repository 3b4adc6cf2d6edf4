"""The page by keyboard, by screen reader and on a phone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.desk import take, tool, write, written

pytestmark = pytest.mark.timeout(120)


def test_the_keyboard_is_enough(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#speakers button")).to_have_count(4)
    order = []
    for _ in range(8):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert order == ["prime", "write", "length", "end", "cast", "temperature", "SUMMARY", "BUTTON"]
    page.keyboard.press("Enter")  # lets that person speak
    script = written(page)
    page.locator("#prime").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("bo")
    page.keyboard.press("Enter")
    take(page, 2)
    tool(page, "Go on").focus()
    page.keyboard.press("Enter")
    take(page, 3)
    expect(tool(page, "Go on")).to_be_focused()
    tool(page, "Earlier take").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    assert written(page) == script


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(page: Page, site: str, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(site)
    expect(page.locator("#speakers button")).to_have_count(4)
    found = [Axe().run(page).response["violations"]]
    page.fill("#prime", "soop")
    page.click("#write")
    expect(page.get_by_role("alert")).to_be_visible()
    page.click("summary")
    page.locator("#cast").press_sequentially("o")
    expect(page.locator("[role=option]").first).to_be_visible()
    found.append(Axe().run(page).response["violations"])
    page.keyboard.press("Escape")
    write(page, "marla", length="40", cast="")
    tool(page, "Go on").click()
    take(page, 2)
    page.evaluate("document.getElementById('key').hidden = false")
    found.append(Axe().run(page).response["violations"])
    assert json.dumps([[it["id"], it["nodes"][0]["html"]] for run in found for it in run]) == "[]"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("window", [{"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}])
def test_on_a_phone_everything_fits_and_the_script_comes_into_view(page: Page, site: str) -> None:
    page.goto(site)
    page.fill("#prime", "marla")
    page.tap("#write")
    expect(page.locator(".script")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or min(box["width"], box["height"]) >= 32, button


def test_words_are_completed_while_they_are_typed(page: Page, site: str) -> None:
    page.goto(site)
    prime = page.locator("#prime")
    prime.press_sequentially("i took the s")
    option = page.get_by_role("option", name="soup")
    expect(option).to_be_visible()
    for _ in range(10):
        prime.press("ArrowDown")
        if option.get_attribute("aria-selected") == "true":
            break
    assert prime.get_attribute("aria-activedescendant") == option.get_attribute("id")
    prime.press("Enter")
    expect(prime).to_have_value("i took the soup")
    expect(page.locator("[role=option]")).to_have_count(0)
    cast = page.get_by_role("combobox", name="Who may speak")
    cast.press_sequentially("marla, o")
    page.get_by_role("option", name="otto").click()
    expect(cast).to_have_value("marla, otto")
    expect(page.locator(".sheet.blank")).to_be_visible()  # to choose a word is not to write
