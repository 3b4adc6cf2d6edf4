"""A script is written, steered, continued, shared and taken along, with nothing but the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.desk import SCRIPT, seed, take, tool, write, written

pytestmark = pytest.mark.timeout(120)


def test_a_script_is_written_and_set_as_a_screenplay(page: Page, site: str) -> None:
    page.goto(site)
    page.click("summary")
    script = write(page, "marla", length="60", seed="7")
    assert script.startswith("MARLA\n")
    cue, speech = page.locator(".cue").first, page.locator(".dialogue").first
    aside = page.locator(".parenthetical").first
    lefts = [part.bounding_box() or {"x": -1.0} for part in (speech, aside, cue)]
    assert lefts[0]["x"] < lefts[1]["x"] < lefts[2]["x"]
    assert "Courier" in cue.evaluate("it => getComputedStyle(it).fontFamily")
    meta = page.locator(".meta").inner_text()
    assert re.fullmatch(r"small [0-9a-f]{12} · \d+ words · [\d.]+ m?s · seed \d+", meta), meta
    expect(page.locator("#status")).to_contain_text("words written in")


def test_what_is_steered_is_what_comes(page: Page, site: str) -> None:
    page.goto(site)
    page.click("summary")
    page.select_option("#end", "line")
    write(page, "marla", length="80", cast="otto, ines", seed="3", lines="3", top_k="20")
    assert set(page.locator(".cue").all_text_contents()) <= {"MARLA", "OTTO", "INES"}
    assert page.locator(".cue").count() == 3
    assert seed(page) == "3"
    page.select_option("#n", "3")
    page.click("#write")
    expect(page.locator(".sheet")).to_have_count(3)
    assert [meta[-6:] for meta in page.locator(".meta").all_text_contents()] == ["seed 3", "seed 4", "seed 5"]


def test_it_goes_on_and_no_take_is_lost(page: Page, site: str) -> None:
    page.goto(site)
    first = write(page, "marla", length="30")
    tool(page, "Go on").click()
    take(page, 2)
    longer = written(page)
    assert longer.startswith(first)
    assert len(longer) > len(first)
    tool(page, "Another take").click()
    take(page, 3)
    other = written(page)
    assert other.startswith(first)
    tool(page, "Earlier take").click()
    assert written(page) == longer
    tool(page, "Earlier take").click()
    assert written(page) == first


def test_another_take_differs_and_the_same_again_does_not(page: Page, site: str) -> None:
    page.goto(site)
    first, drawn = write(page, "marla", length="60"), seed(page)
    tool(page, "Same again").click()
    take(page, 2)
    assert (written(page), seed(page)) == (first, drawn)
    tool(page, "Another take").click()
    take(page, 3)
    assert written(page) != first
    assert seed(page) != drawn


def test_a_link_makes_its_script_again(page: Page, site: str) -> None:
    page.goto(site)
    page.click("summary")
    page.select_option("#n", "2")
    write(page, "marla", length="30", temperature="1.3", cast="marla,bo")
    page.get_by_role("article", name="Script 2").get_by_role("button", name="Go on").click()
    take(page, 2)
    page.get_by_role("article", name="Script 1").get_by_role("button", name="Link").click()
    expect(page.locator("#status")).to_contain_text("The link is copied")
    link, script = page.evaluate("navigator.clipboard.readText()"), written(page)
    other = page.context.new_page()
    other.goto(link)
    assert written(other) == script
    expect(other.locator("#cast")).to_have_value("marla,bo")
    expect(other.locator("#temperature-shown")).to_have_text("1.3")
    other.goto(site + SCRIPT.replace("seed=7", "seed=8&model=0123456789ab"))
    expect(other.locator("#status")).to_contain_text("made with another model")
    assert written(other) != script


def test_a_script_is_copied_and_downloaded(page: Page, site: str, tmp_path: Path) -> None:
    page.goto(site + SCRIPT)
    script = written(page)
    tool(page, "Copy").click()
    expect(page.locator("#status")).to_have_text("The script is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.sub("\n+", "\n", copied) == script
    with page.expect_download() as text:
        tool(page, "Download as .txt").click()
    assert text.value.suggested_filename == "cold-open-marla.txt"
    assert text.value.path().read_text(encoding="utf-8") == f"{copied}\n"
    tool(page, "Go on").click()
    take(page, 2)
    tool(page, "Copy").click()
    with page.expect_download() as fountain:
        tool(page, "Download as .fountain").click()
    assert fountain.value.suggested_filename == "cold-open-marla.fountain"
    marked = fountain.value.path().read_text(encoding="utf-8")
    assert marked == page.evaluate("navigator.clipboard.readText()") + "\n"  # nothing in it needs a mark


def test_it_is_printed_alone_and_as_a_pdf(page: Page, site: str) -> None:
    page.add_init_script("window.print = () => { window.printed = document.querySelectorAll('.printed').length; }")
    page.goto(site + SCRIPT.replace("seed=7", "seed=7&n=2"))
    written(page)
    page.get_by_role("article", name="Script 2").get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print")
    expect(page.get_by_role("article", name="Script 2")).to_be_visible()
    for hidden in (page.get_by_role("article", name="Script 1"), page.locator("#desk"), page.locator(".tools").nth(1)):
        expect(hidden).to_be_hidden()
    assert page.locator(".script").nth(1).evaluate("it => getComputedStyle(it).fontSize") == "16px"  # 12 points
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.get_by_role("article", name="Script 1")).to_be_visible()
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2  # each script on a page of its own


@pytest.mark.parametrize("window", [{"reduced_motion": "no-preference"}])
def test_a_script_is_typed_out_and_can_be_skipped(page: Page, site: str) -> None:
    page.goto(f"{site}{SCRIPT.replace('length=40', 'length=400')}")
    sheet = page.get_by_role("article", name="Script")
    expect(sheet).to_have_attribute("aria-busy", "true")
    height = page.evaluate("document.documentElement.scrollHeight")
    assert page.locator(".untyped").count() > 3
    tool(page, "Skip typing").click()
    assert page.locator(".untyped").count() == 0
    expect(sheet).not_to_have_attribute("aria-busy", "true")
    expect(tool(page, "Go on")).to_be_focused()  # not at the top of the page again
    assert page.evaluate("document.documentElement.scrollHeight") == height
    tool(page, "Same again").click()
    expect(page.locator(".untyped").first).to_be_attached()
    page.keyboard.press("Escape")
    assert page.locator(".untyped").count() == 0
    tool(page, "Same again").click()
    expect(page.locator(".untyped").first).to_be_attached()
    page.locator(".script").click()
    assert page.locator(".untyped").count() == 0


def test_it_works_behind_a_stage_with_and_without_a_slash(page: Page, staged_site: str) -> None:
    for url in (staged_site, f"{staged_site}/"):
        page.goto(url)
        expect(page.locator("#speakers button")).to_have_count(4)
        assert write(page, "marla", length="20").startswith("MARLA")
        assert page.url.startswith(f"{url}#prime=marla")
