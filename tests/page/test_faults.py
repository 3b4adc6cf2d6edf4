"""What goes wrong, and what must not: the page says what to do, loses nothing, and reads no text as HTML."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.conftest import KEY
from tests.page.desk import SCRIPT, take, tool, written

pytestmark = pytest.mark.timeout(120)


def test_what_can_t_be_done_is_told_at_its_field(page: Page, site: str) -> None:
    page.goto(site)
    page.click("#write")
    expect(page.get_by_role("alert")).to_have_text("Give the script a word to begin with.")
    page.fill("#prime", "marla")
    page.evaluate("document.getElementById('no_repeat').value = '1'")  # behind "more", which is closed
    page.click("#write")
    expect(page.get_by_role("alert")).to_contain_text("No_repeat is 1; it must be 0, or a whole number from 2")
    expect(page.locator("#no_repeat")).to_be_focused()
    page.fill("#no_repeat", "six")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.click("#write")
    expect(page.get_by_role("alert")).to_contain_text('No_repeat is "six"')


def test_an_unknown_word_has_its_nearest_as_buttons(page: Page, site: str) -> None:
    page.goto(site)
    page.fill("#prime", "i took the Soop")
    page.click("#write")
    expect(page.get_by_role("alert")).to_contain_text("never seen the word 'soop'. Nearest:")
    page.get_by_role("button", name="soup").click()
    expect(page.locator("#prime")).to_have_value("i took the soup")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.fill("#cast", "marla, oto")
    page.keyboard.press("Control+Enter")
    page.get_by_role("alert").get_by_role("button", name="otto").click()
    expect(page.locator("#cast")).to_have_value("marla, otto")
    page.keyboard.press("Enter")
    written(page)


def test_a_key_is_asked_for_and_kept_in_the_tab(page: Page, locked_site: str) -> None:
    page.goto(locked_site)
    expect(page.get_by_role("alert")).to_have_text("This service asks for a key.")
    expect(page.get_by_label("The key of this service")).to_be_focused()
    page.fill("#prime", "marla")
    page.keyboard.press("Control+Enter")
    page.fill("#key-value", "wrong")
    tool(page, "Use it").click()
    expect(page.get_by_role("alert")).to_have_text("That key was not accepted. Check it and try again.")
    page.fill("#key-value", KEY)
    page.keyboard.press("Enter")
    assert written(page).startswith("MARLA")
    page.reload()
    written(page)
    expect(page.locator("#key")).to_be_hidden()
    assert KEY not in page.content() + page.url
    assert page.evaluate("localStorage.length") == 0


FAULTS: list[tuple[dict[str, Any] | str, str]] = [
    ({"status": 429, "headers": {"Retry-After": "7"}, "body": "{}"}, "Too many ask at once. Try again in 7 seconds."),
    ({"status": 429, "body": '{"message":"Limit Exceeded"}'}, "Try again in a few seconds."),
    ({"status": 503, "headers": {"Retry-After": "5"}, "body": "{}"}, "not in yet. Try again in 5 seconds."),
    ({"status": 502, "body": "<html>"}, "The service failed (502). Try again"),
    ({"status": 504, "body": '{"message":"Endpoint request timed out"}'}, "took too long"),
    ({"status": 413, "body": '{"message":"Request Too Long"}'}, "Request Too Long."),
    ({"status": 200, "body": '{"script": "M'}, "The reply broke off"),
    ({"status": 200, "body": "{}"}, "This page can't read the reply"),
    ("failed", "The service can't be reached"),
]


@pytest.mark.parametrize(("answer", "message"), FAULTS)
def test_a_fault_is_told_in_a_sentence_and_nothing_is_lost(
    page: Page, site: str, answer: dict[str, Any] | str, message: str
) -> None:
    page.goto(site + SCRIPT)
    script = written(page)
    page.fill("#prime", "otto")

    def fail(route: Route) -> None:
        if isinstance(answer, str):
            route.abort(answer)
        else:
            route.fulfill(**answer)

    page.route("**/generate", fail)
    if answer == {"status": 200, "body": "{}"}:
        page.evaluate("console.error = () => {}")  # it is logged too, and rightly
    page.click("#write")
    expect(page.get_by_role("alert")).to_contain_text(message)
    assert written(page) == script
    expect(page.locator("#prime")).to_have_value("otto")
    page.unroute("**/generate")
    page.click("#write")
    take(page, 2)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_cold_start_is_told(page: Page, site: str) -> None:
    page.route("**/vocabulary", lambda route: None)  # the first request of all, which is not answered
    page.goto(site)
    expect(page.locator("#status")).to_have_text("Waking up the writers' room")


HOSTILE = '<img src=x onerror="document.title=1"> <script>document.title=2</script> \u202e \U0001f600 &amp; {{7*7}}'


def test_a_script_is_never_read_as_html(page: Page, site: str) -> None:
    reply = {
        "script": f"<B>MARLA</B>\n{HOSTILE}\n\n{HOSTILE}",
        "length": 3, "finish_reason": "<i>", "seed": 1, "prime": "x",
        "model": {"name": "<u>m</u>", "version": "<s>1</s>"}, "timing": {"generate_ms": 1.0, "words_per_s": 1},
    }  # fmt: skip
    page.route("**/generate", lambda route: route.fulfill(json=reply))
    page.route("**/vocabulary*", lambda route: route.fulfill(json={"words": ["<b>:", "ann:"], "total": 2}))
    page.goto(site)
    page.get_by_role("button", name="ANN").click()
    assert written(page) == f"<B>MARLA</B>\n{HOSTILE}\n{HOSTILE}"
    assert page.locator("#scripts").locator("img, script, b, i, u, s").count() == 0
    assert not page.title().isdigit()
    error = {"code": "x", "message": HOSTILE, "field": "prime", "suggestions": [HOSTILE]}
    page.route("**/generate", lambda route: route.fulfill(status=422, json={"error": error}))
    page.click("#write")
    expect(page.get_by_role("alert")).to_contain_text("<img src=x")
    assert page.get_by_role("alert").locator("img, script").count() == 0
    page.goto(f"{site}#prime=%3Cimg%20src%3Dx%3E&format=%3Cb%3E&__proto__=x&length=%3Ci%3E")
    expect(page.locator("#prime")).to_have_value("<img src=x>")
    expect(page.locator("#length")).to_have_value("<i>")
