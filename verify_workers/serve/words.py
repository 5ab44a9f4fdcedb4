"""What is wrong with a request, in plain words: the field, what was expected, what was given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from verify_workers.errors import in_our_words

SHOWN = 5  # problems of one request that are told
GIVEN = 60  # characters of a value that are said again
# By the type of a problem as pydantic names it; one that is not here keeps pydantic's words.
EXPECTED = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number that is finite",
}
KINDS: dict[type, str] = {bool: "a truth value", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}


def told(problems: Sequence[Mapping[str, Any]]) -> str:
    """The problems of one request as one line."""
    said = list(dict.fromkeys(line(problem) for problem in problems))  # a union names a value once for each of its sides
    more = f"; and {len(said) - SHOWN:,} more" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more


def line(problem: Mapping[str, Any]) -> str:
    """One problem."""
    kind, place = problem["type"], [part for part in problem["loc"] if part != "body"]
    if kind == "json_invalid":
        at = f" at character {place[0] + 1}" if place and isinstance(place[0], int) else ""
        return f"the body is not JSON ({str(problem.get('ctx', {}).get('error', 'cut off')).lower()}{at})"
    if kind == "missing" and not place:
        return "the body is empty: send a JSON object"
    where = f"field `{_path(place)}`" if place else "the body"
    if kind == "missing":
        return f"{where} is missing"
    if kind in EXPECTED:
        return f"{where} must be {EXPECTED[kind]}, not {_given(problem.get('input'))}"
    message = in_our_words(str(problem["msg"]))
    if kind == "value_error":
        return f"{where}: {message}" if place else message
    if kind == "too_short":
        return f"{where} must have at least {problem['ctx']['min_length']} entry, and has {problem['ctx']['actual_length']}"
    if message.startswith("Input should be "):
        return f"{where} must be {message.removeprefix('Input should be ')}, not {_given(problem.get('input'))}"
    return f"{where}: {message[:1].lower()}{message[1:]}"


def _path(place: Sequence[int | str]) -> str:
    """`snippets[2].code`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def _given(value: Any) -> str:
    if value is None:
        return "null"
    text = json.dumps(value, default=str)
    kind = KINDS.get(type(value), type(value).__name__)
    return kind if isinstance(value, list | dict) else f"{kind} ({text if len(text) <= GIVEN else text[:GIVEN] + '…'})"
