"""The page at `/docs`: the interface in words and with calls to try, from its OpenAPI description; it fetches nothing."""

from __future__ import annotations

import json
from html import escape
from typing import Any

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{border-top:1px solid #ccc;padding-top:1rem}pre{background:#f4f4f4;padding:.7rem;overflow:auto}code{background:#f4f4f4}
td,th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}"""


def page(description: dict[str, Any], address: str, locked: bool) -> str:
    """HTML of an OpenAPI `description`, with calls of `address`; `locked`: they need a key."""
    about = description["info"]
    parts = [f"<h1>{escape(about['title'])}</h1>", _paragraphs(about.get("description", ""))]
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            parts += [
                f"<h2><code>{method.upper()} {escape(path)}</code> {escape(route.get('summary', ''))}</h2>",
                _paragraphs(route.get("description", "")),
                *_body(description, route),
                f"<pre>{escape(_call(description, method, address + path, route, locked and path != '/health'))}</pre>",
            ]
    parts.append('<p>The same for programs: <a href="openapi.json">openapi.json</a>.</p>')
    body = "\n".join(filter(None, parts))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(about["title"])}</title>'
    return f"<!doctype html><html lang=en><head>{head}<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{_marked(piece)}</p>" for piece in text.strip().split("\n\n") if piece)


def _marked(text: str) -> str:
    """With `code` and *stress*."""
    pieces = escape(" ".join(text.split())).split("`")
    plain = ["".join(f"<em>{part}</em>" if place % 2 else part for place, part in enumerate(piece.split("*"))) for piece in pieces[::2]]
    code = [f"<code>{piece}</code>" for piece in pieces[1::2]]
    return "".join(part for pair in zip(plain, [*code, ""], strict=False) for part in pair)


def _schema(description: dict[str, Any], route: dict[str, Any]) -> dict[str, Any]:
    """What the route wants in its body; {} for nothing."""
    schema: dict[str, Any] = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return _resolved(description, schema)


def _resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = description["components"]["schemas"][name] if name else schema
    return found


def _body(description: dict[str, Any], route: dict[str, Any]) -> list[str]:
    schema = _schema(description, route)
    if not schema:
        return []
    needed = schema.get("required", [])
    rows = [
        f"<tr><td><code>{escape(name)}</code></td><td>{_marked(_type(description, field))}</td>"
        f"<td>{'needed' if name in needed else _marked('default: `' + json.dumps(field.get('default')) + '`')}</td>"
        f"<td>{_marked(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    ]
    return [f"<table>{''.join(rows)}</table>"]


def _type(description: dict[str, Any], field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(description, side) for side in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "$ref" in field:
        return "{" + ", ".join(f"`{name}`" for name in _resolved(description, field).get("properties", {})) + "}"
    if field.get("type") == "array":
        return f"list of {_type(description, field.get('items', {})) or 'objects'}"
    return str(field.get("type", "object" if "properties" in field else ""))


def _call(description: dict[str, Any], method: str, url: str, route: dict[str, Any], locked: bool) -> str:
    """A command line that asks the route."""
    key = " -H 'Authorization: Bearer KEY'" if locked else ""
    example = next(iter(_schema(description, route).get("examples", [])), None)
    if method != "post":
        return f"curl{key} {url}"
    body = json.dumps(example, indent=1, ensure_ascii=False).replace("'", "'\\''")
    return f"curl{key} {url} -H 'Content-Type: application/json' -d '{body}'"
