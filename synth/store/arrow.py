"""Records as Arrow tables and Parquet parts, and back."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from synth.records import SCHEMA_VERSION

_SCALARS: dict[Any, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}

GROUP = 16_384  # rows of a part that are read together

R = TypeVar("R", bound=BaseModel)


def _arrow_type(annotation: Any) -> pa.DataType | None:
    """The Arrow type of a field, or None where the value is kept as JSON text (mappings and anything unusual)."""
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _arrow_type(type(args[0])) if len({type(a) for a in args}) == 1 else None
    if origin in (typing.Union, types.UnionType):
        inner = {_arrow_type(a) for a in args if a is not type(None)}
        return inner.pop() if len(inner) == 1 else None
    if origin is list:
        item = _arrow_type(args[0])
        return None if item is None else pa.list_(item)
    if isinstance(annotation, type) and issubclass(annotation, str):
        return pa.string()
    return None


def arrow_schema(model: type[BaseModel]) -> pa.Schema:
    """The Arrow schema of a record; its metadata carries the record's name and `SCHEMA_VERSION`."""
    fields = []
    for name, field in model.model_fields.items():
        kind = _arrow_type(field.annotation)
        fields.append(pa.field(name, kind) if kind is not None else pa.field(name, pa.string(), metadata={"encoding": "json"}))
    return pa.schema(fields, metadata={"record": model.__name__, "schema_version": str(SCHEMA_VERSION)})


def _is_json(field: pa.Field) -> bool:
    return bool(field.metadata) and field.metadata.get(b"encoding") == b"json"


def to_table(records: Iterable[BaseModel], model: type[BaseModel]) -> pa.Table:
    """Records of one model as an Arrow table; text that is not valid Unicode is kept with its bad halves replaced."""
    schema = arrow_schema(model)
    rows = [record.model_dump(mode="json") for record in records]
    encoded = [field.name for field in schema if _is_json(field)]
    for row in rows:
        for name in encoded:
            row[name] = json.dumps(row[name], ensure_ascii=False, sort_keys=True)
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except UnicodeEncodeError:
        return pa.Table.from_pylist([_clean(row) for row in rows], schema=schema)


def _clean(value: Any) -> Any:
    """The value with lone surrogates (which no file format takes) replaced by `?`."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value


def from_table(table: pa.Table, model: type[R]) -> Iterator[R]:
    """The records of a table; fields that an older writer did not have get their defaults."""
    ours = {field.name for field in arrow_schema(model) if _is_json(field)}  # `datasets` keeps no metadata of fields
    encoded = [field.name for field in table.schema if _is_json(field) or field.name in ours]
    for batch in table.to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            for name in encoded:
                row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
            yield model.model_validate({key: value for key, value in row.items() if value is not None})


def part_bytes(records: Iterable[BaseModel], model: type[BaseModel], key: str) -> tuple[bytes, int]:
    """A whole Parquet part (zstd) of `records`, with `key` in its metadata, and its number of rows."""
    table = to_table(records, model)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"key": key.encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=GROUP)
    return sink.getvalue().to_pybytes(), table.num_rows
