"""The API's documentation: the OpenAPI document as one page, which needs no script and no other file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from coldopen.http.message import Reply
from coldopen.http.static import HEADERS

_FILE = Path(__file__).with_name("docs.html")


def docs_reply(document: Mapping[str, Any], path: str) -> Reply:
    """The page.

    Args:
        document: what it shows.
        path: as it was asked for; a slash at its end changes where the document's file is.
    """
    template, info = _FILE.read_text(encoding="utf-8"), document["info"]
    page = Template(template).substitute(
        title=escape(info["title"]),
        summary=_text(info["summary"]),
        description=_text(info["description"]),
        up="../" if path.endswith("/") else "",
        content="\n".join(_Content(document).lines()),
    )
    return Reply(200, page, "text/html; charset=utf-8", {**HEADERS, "Content-Security-Policy": _policy(template)})


def _policy(template: str) -> str:
    """Nothing but the page's own style may be loaded or run."""
    style = template.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class _Content:
    """What the page shows of a document: its operations by tag, then what replies hold."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def lines(self) -> Iterator[str]:
        for tag in self._document["tags"]:
            yield f"<h2>{escape(tag['name'])}</h2>\n<p>{_text(tag['description'])}</p>"
            for path, methods in self._document["paths"].items():
                for method, operation in methods.items():
                    if tag["name"] in operation["tags"]:
                        yield from self._operation(f"{method.upper()} {path}", operation)
        yield "<h2>What replies hold</h2>"
        for name, schema in self._document["components"]["schemas"].items():
            if not name.endswith(("Request", "Form")):  # which their operations show
                yield f'<section id="{escape(name)}">\n<h3>{escape(name)}</h3>'
                yield from self._fields("Fields", schema)
                yield "</section>"

    def _operation(self, title: str, operation: Mapping[str, Any]) -> Iterator[str]:
        yield f'<section id="{escape(operation["operationId"])}">\n<h3><code>{escape(title)}</code></h3>'
        yield f"<p>{_text(operation['summary'])}. {_text(operation.get('description', ''))}</p>"
        for parameter in operation.get("parameters", ()):
            schema = {**parameter["schema"], "description": parameter["description"]}
            required = [parameter["name"]] if parameter.get("required") else []
            fields = {"properties": {parameter["name"]: schema}, "required": required}
            yield from self._fields(f"In the {parameter['in']}", fields)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            yield from self._fields(f"Fields, as {media_type}", self._resolved(content["schema"]))
            for example in content["examples"].values():
                value = json.dumps(example["value"], indent=2)
                yield f"<p>{_text(example['summary'])}:</p>\n<pre>{escape(value)}</pre>"
        rows = []
        for status, response in operation["responses"].items():
            response = self._resolved(response)
            kinds = [
                f"{escape(kind)}: {self._kind(found['schema'])}" for kind, found in response.get("content", {}).items()
            ]
            rows.append((status, _text(response["description"]), "<br>".join(kinds)))
        yield _table("Replies", ("Status", "Meaning", "Content"), rows)
        yield "</section>"

    def _fields(self, caption: str, schema: Mapping[str, Any]) -> Iterator[str]:
        rows = []
        for name, field in schema["properties"].items():
            kind, field = self._kind(field), self._resolved(field)
            default = _shown(field.get("default"))
            if default:
                default = f'<span class="narrow">default </span>{default}'  # where the table has no head
            elif name in schema.get("required", ()):
                default = "required"
            rows.append((f"<code>{escape(name)}</code>", kind, default, _text(field.get("description", ""))))
        yield _table(caption, ("Field", "Value", "Default", "Meaning"), rows)
        for name, field in schema["properties"].items():
            if "properties" in field:
                yield from self._fields(f"Fields of {name}", field)

    def _resolved(self, part: Any) -> Any:
        """A part of the document, or what it refers to."""
        while "$ref" in part:
            found: Any = self._document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def _kind(self, schema: Mapping[str, Any]) -> str:
        """What a value may be, in words."""
        if "$ref" in schema:
            _, *place, name = schema["$ref"].split("/")
            is_named = place == ["components", "schemas"]
            return f'<a href="#{escape(name)}">{escape(name)}</a>' if is_named else self._kind(self._resolved(schema))
        if "anyOf" in schema:
            return " or ".join(self._kind(each) for each in schema["anyOf"] if each != {"type": "null"})
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return ", ".join(_shown(value) for value in values if value is not None)
        kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
        if kind == "array":
            most = f"up to {schema['maxItems']:,}, each " if "maxItems" in schema else ""
            return f"list of {most}{self._kind(schema['items'])}"
        return f"{kind}{_bounds(schema)}"


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th scope=col>{text}</th>" for text in heads)
    body = "\n".join(
        f"<tr><th scope=row>{first}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for first, *cells in rows
    )
    return f"<table>\n<caption>{escape(caption)}</caption>\n<tr>{head}</tr>\n{body}\n</table>"


def _bounds(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f", {schema['minimum']:,} to {schema['maximum']:,}"
    above = f", above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""
    least = f", {schema['minimum']:,} or more" if "minimum" in schema else ""
    return f"{above}{least}" + (f", up to {schema['maximum']:,}" if "maximum" in schema else "")


def _shown(value: object) -> str:
    return "" if value is None else f"<code>{escape(json.dumps(value))}</code>"


def _text(text: str) -> str:
    """A text of the document, in which backticks mark code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
