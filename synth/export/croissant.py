"""Croissant metadata (MLCommons, version 1.0) of a data set of Parquet files: what it is, its files with their hashes, its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from synth.export.schema import COLUMNS
from synth.export.write import Written

VERSION = "http://mlcommons.org/croissant/1.0"
PARQUET = "application/x-parquet"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"bool": "sc:Boolean", "int64": "sc:Integer", "double": "sc:Float"}  # anything else is text


def croissant(
    name: str, about: str, licence: str, made: str, version: str, files: Mapping[str, Sequence[Written]], schema: pa.Schema
) -> dict[str, Any]:
    """The JSON-LD of a data set; `files` by split, `made` its date."""
    listed = [file for some in files.values() for file in some]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": name,
        "description": about,
        "citeAs": f"{name}, a corpus of verified Lean 4 proofs made with proof-synth, {made}",
        "version": version,
        "datePublished": made,
        **({"license": licence} if licence else {}),
        "distribution": [_file(file) for file in listed] + [_set(split) for split in files],
        "recordSet": [_records(split, schema) for split in files],
    }


def _file(file: Written) -> dict[str, Any]:
    own = {"name": file.name, "contentUrl": file.name, "contentSize": f"{file.bytes} B"}
    return {"@type": "cr:FileObject", "@id": file.name, **own, "encodingFormat": PARQUET, "sha256": file.sha256}


def _set(split: str) -> dict[str, Any]:
    """The files of a split; what `containedIn` would name is for archives."""
    own = {"name": f"{split} files", "encodingFormat": PARQUET, "includes": f"{split}-*.parquet"}
    return {"@type": "cr:FileSet", "@id": f"{split}-files", **own}


def _records(split: str, schema: pa.Schema) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "key": {"@id": f"{split}/id"},
        "field": [_field(split, one) for one in schema],
    }


def _field(split: str, field: pa.Field) -> dict[str, Any]:
    kind = field.type.value_type if (several := pa.types.is_list(field.type)) else field.type
    source = {"fileSet": {"@id": f"{split}-files"}, "extract": {"column": field.name}}
    own = {"name": field.name, "description": COLUMNS[field.name], "dataType": _TYPES.get(str(kind), "sc:Text"), "source": source}
    return {"@type": "cr:Field", "@id": f"{split}/{field.name}", **own, **({"repeated": True} if several else {})}
