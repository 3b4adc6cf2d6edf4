"""The documentation's page shows all of openapi.json and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from html.parser import HTMLParser

import pytest

from coldopen.http.docs import docs_reply
from coldopen.http.openapi import read_openapi

DOCUMENT = read_openapi(1000, None)
REPLY = docs_reply(DOCUMENT, "/docs")


class Page(HTMLParser):
    """The tags of a page, and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PAGE = Page(REPLY.body)


def test_every_operation_field_and_example_is_on_the_page() -> None:
    assert (REPLY.status, REPLY.content_type) == (200, "text/html; charset=utf-8")
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in REPLY.body
            assert escape(operation["summary"]) in REPLY.body
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content["examples"].values():
                    assert escape(json.dumps(example["value"], indent=2)) in REPLY.body
    for schema in DOCUMENT["components"]["schemas"].values():
        for name in schema["properties"]:
            assert f"<code>{name}</code>" in REPLY.body


def test_the_tags_are_closed_and_each_link_leads_somewhere() -> None:
    assert PAGE.open == []
    assert len(set(PAGE.ids)) == len(PAGE.ids)
    targets = {"openapi.json", *(f"#{id}" for id in PAGE.ids)}
    assert set(PAGE.links) <= targets


def test_nothing_is_loaded_and_nothing_is_run_but_the_page_s_own_style() -> None:
    assert not {"script", "img", "link", "iframe", "form"} & set(PAGE.tags)
    (style,) = re.findall(r"<style>(.*?)</style>", REPLY.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = REPLY.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy


def test_what_the_document_says_is_never_markup() -> None:
    evil = json.loads(json.dumps(DOCUMENT).replace('"wide"', '"<script>alert(1)</script>&"'))
    assert "<script" not in docs_reply(evil, "/docs").body


@pytest.mark.parametrize(("path", "link"), [("/docs", "openapi.json"), ("/stage/docs/", "../openapi.json")])
def test_the_document_is_found_from_either_path(path: str, link: str) -> None:
    assert f'href="{link}"' in docs_reply(DOCUMENT, path).body
