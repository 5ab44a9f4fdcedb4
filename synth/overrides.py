"""`--set a.b=c` and validation messages for a tree of pydantic models: a line for each mistake, with the nearest valid key."""

from __future__ import annotations

import copy
import difflib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from verify_workers.errors import UserError, all_of, in_our_words

M = TypeVar("M", bound=BaseModel)


def apply_overrides(model: type[M], data: Mapping[str, Any], overrides: Iterable[str], where: str = "configuration") -> M:
    """The model made of `data` (as read from YAML) with `a.b=c` items put over it.

    The value of an item is read as YAML (`3`, `true`, `[1, 2]`, `null`), or taken as it is where the field is a string.
    Raises UserError, for each mistake a line that names `where` or the item, the key, and the nearest valid key or what is wrong.
    """
    tree, items = copy.deepcopy(dict(data)), list(overrides)
    wrong = [f"{where}: unknown key `{key}`{_nearest(model, key)}" for key in _take_unknown(model, tree, "")]
    for item in items:
        try:
            tree = _with(model, tree, item)
        except UserError as error:
            wrong.append(str(error))
    try:
        made = model.model_validate(tree)
    except ValidationError as error:
        raise all_of([*wrong, *(f"{_from(key, items) or where}: {line}" for key, line in _explained(error))]) from None
    if wrong:
        raise all_of(wrong)
    return made


def explain(error: ValidationError, options: bool = False) -> str:
    """A validation error as one line: key (or, with `options`, `--key`), what is wrong, what was given; at most three of them."""
    problems = [line for _, line in _explained(error, options)]
    more = len(problems) - 3
    return "; ".join(problems[:3]) + (f"; and {more} more" if more > 0 else "")


def _from(key: str, items: Iterable[str]) -> str:
    """The last `--set` that the value of `key`, or a part of it, is from; '' if none."""
    for item in reversed(list(items)):
        name, equals, _ = item.partition("=")
        if equals and f"{key}.".startswith(f"{name.strip()}."):
            return f"--set {item}"
    return ""


def _explained(error: ValidationError, options: bool = False) -> list[tuple[str, str]]:
    """The key of each mistake, and what is said of it."""
    problems = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"] if part != "[key]")  # pydantic's word for the keys of a mapping
        message = said(item)
        given = item.get("input")
        shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool | None) and item["type"] != "missing" else ""
        name = f"--{key.replace('_', '-')}" if options else f"`{key}`"
        problems.append((key, f"{name}: {message[:1].lower()}{message[1:]}{shown}" if key else message))
    return problems


def said(problem: ErrorDetails) -> str:
    """What a validation error says of a value, in our own words where they are ours."""
    return in_our_words(problem["msg"])


def dotted_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every key of the tree in dotted form, sections not included."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        keys.extend(dotted_keys(section, f"{prefix}{name}.") if section else [f"{prefix}{name}"])
    return keys


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model behind an annotation (`M`, `M | None`, `Annotated[M, …]`), or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return next((found for part in typing.get_args(annotation) if (found := _section(part))), None)
    return None


def _take_unknown(model: type[BaseModel], tree: dict[Any, Any], prefix: str) -> Iterator[str]:
    """The keys of `tree` that there are not, which are taken out of it."""
    for name, value in list(tree.items()):
        field = model.model_fields.get(str(name))
        if field is None:
            del tree[name]
            yield f"{prefix}{name}"
        elif (section := _section(field.annotation)) and isinstance(value, dict):
            yield from _take_unknown(section, value, f"{prefix}{name}.")


def _nearest(model: type[BaseModel], key: str) -> str:
    """`; the nearest key is …`: one that goes on where this one ends, else a similar one, else one in another section."""
    keys = dotted_keys(model)
    sections = sorted({key.rsplit(".", depth)[0] for key in keys for depth in range(1, key.count(".") + 1)})
    found = [name for name in keys if name.startswith(f"{key}_")][:1] or difflib.get_close_matches(key, keys + sections, n=1, cutoff=0.6)
    if not found:
        last = {k.rsplit(".", 1)[-1]: k for k in reversed(keys)}
        found = [last[name] for name in difflib.get_close_matches(key.rsplit(".", 1)[-1], list(last), n=1, cutoff=0.6)]
    if found:
        twins = _twins(found[0], keys, key)
        if len(twins) > 1:
            return f"; the nearest valid keys are {', '.join(f'`{name}`' for name in twins)}"
        return f"; the nearest valid key is `{found[0]}`"
    return f"; the keys at the top are {', '.join(model.model_fields)}"


def _twins(found: str, keys: list[str], key: str) -> list[str]:
    """The keys that differ from `found` in their middle section alone (a model's role), unless `key` names that section."""
    match found.split("."):
        case [top, section, last] if section not in key.split("."):
            return [name for name in keys if name.startswith(f"{top}.") and name.endswith(f".{last}") and name.count(".") == 2]
    return [found]


def _with(model: type[BaseModel], before: dict[str, Any], item: str) -> dict[str, Any]:
    """A tree with the `a.b=c` of `item` put over it."""
    key, equals, text = item.partition("=")
    key = key.strip()
    if not equals or not key:
        raise UserError(f"--set {item}: give KEY=VALUE, such as --set {dotted_keys(model)[0]}=…")
    whole = tree = dict(before)
    section: type[BaseModel] | None = model
    parts = key.split(".")
    annotation: Any = None
    for depth, part in enumerate(parts):
        if section is not None:
            field = section.model_fields.get(part)
            if field is None:
                raise UserError(f"--set {item}: unknown key `{key}`{_nearest(model, key)}")
            annotation, section = field.annotation, _section(field.annotation)
        elif annotation is not None and typing.get_origin(annotation) is dict:
            annotation = typing.get_args(annotation)[1]
        else:
            raise UserError(f"--set {item}: `{'.'.join(parts[:depth])}` is a value and has no keys below it")
        if depth < len(parts) - 1:
            inner = tree.get(part)
            tree[part] = inner = dict(inner) if isinstance(inner, Mapping) else {}
            tree = inner
    tree[parts[-1]] = _value(text, annotation, item)
    return whole


def _value(text: str, annotation: Any, item: str) -> Any:
    if annotation is str:
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise UserError(f"--set {item}: the value is not valid YAML; quote it") from None
