"""Which files a path means, on any fsspec filesystem.

A folder is read as `datasets.load_dataset` reads it: where the names of its files say splits, those of one split; what is hidden
or only describes the data is no file of rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import fsspec

from verify_workers.errors import UserError

Format = Literal["auto", "jsonl", "json", "csv", "parquet", "arrow", "datasets"]
ENDINGS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow",
}  # fmt: skip
_PACKED = (".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd", ".lz4", ".zip")
_SAVED = frozenset({"state.json", "dataset_dict.json"})  # what `save_to_disk` leaves in a folder
_ABOUT = frozenset(  # no rows in these
    {"dataset_info.json", "dataset_infos.json", "export.json", "croissant.json", "config.json", "package.json"}
)
# The words by which `datasets` knows a split in the name of a file or folder (its data_files.py).
SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
EVERY_SPLIT = "all"


@dataclass
class Files:
    """The files of a path: those to read, in the order of their names, and the others with the reason."""

    fs: Any
    path: str
    chosen: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    is_file: bool = False  # the path is the one file


def locate(path: str, format: Format, split: str) -> Files | None:
    """The files of `path`, or None where it is a data set for `datasets` to load.  UserError where there is nothing to read."""
    try:
        fs, name = fsspec.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise UserError(f"{path}: cannot be opened ({error}); install the fsspec driver for it, or copy the file here") from None
    files = Files(fs, path)
    if fs.isdir(name):
        if format == "auto" and is_saved(fs, name):
            return None
        _folder(files, name, format, split)
        if not files.chosen:
            raise UserError(f"{path}: {_nothing(files)}")
    elif fs.exists(name):
        files.chosen, files.is_file = [name], True
    elif any(sign in name for sign in "*?["):
        for entry in sorted(str(entry) for entry in fs.glob(name) if not fs.isdir(entry)):
            _take(files, entry, entry.rsplit("/", 1)[-1], format)
        if not files.chosen:
            raise UserError(f"{path}: no file matches; check the path")
    elif format == "auto" and _hub_name(path):
        return None
    else:
        raise UserError(f"{path}: no such file; check the path")
    return files


def _folder(files: Files, root: str, format: Format, split: str) -> None:
    """Sort out the files of a folder: first by name, then by split."""
    inside = {str(name): str(name).removeprefix(root).lstrip("/") for name in sorted(files.fs.find(root))}
    for name, relative in inside.items():
        _take(files, name, relative, format)
    names = {name: split_of(inside[name]) for name in files.chosen}
    if split == EVERY_SPLIT or not any(names.values()):
        return
    wanted = split_named(split)
    if wanted not in names.values():
        found = sorted({name for name in names.values() if name})
        raise UserError(f"{files.path}: no file of the split `{split}`; set problems.split to one of {', '.join(found)}, or {EVERY_SPLIT}")
    files.chosen = [name for name in files.chosen if names[name] == wanted]
    files.skipped |= {name: f"split {found}" if found else "of no split" for name, found in names.items() if found != wanted}


def _take(files: Files, name: str, relative: str, format: Format) -> None:
    """Choose a file or say why not."""
    if any(part.startswith((".", "_")) for part in relative.split("/")):
        files.skipped[name] = "hidden"
    elif (last := relative.rsplit("/", 1)[-1].lower()) in _ABOUT or last.startswith(("readme", "license", "licence")):
        files.skipped[name] = "describes the data"
    elif not by_name(name, format):
        files.skipped[name] = "no rows by its name"
    elif not files.fs.exists(name):
        files.skipped[name] = "a link to nothing"
    elif files.fs.size(name) == 0:
        files.skipped[name] = "empty"
    else:
        files.chosen.append(name)


def _nothing(files: Files) -> str:
    if "empty" in files.skipped.values():
        return "every file in it is empty; give a folder or file that holds problems"
    return "no .jsonl, .json, .csv, .parquet or .arrow file in this folder; give the folder or file that holds the problems"


def split_of(relative: str) -> str:
    """The split that a file belongs to by its name or, failing that, by its folders' names; '' = it does not say."""
    for part in reversed(relative.lower().split("/")):
        for split, words in SPLITS.items():
            if re.search(rf"(?:^|[-._ 0-9])(?:{'|'.join(words)})(?=[-._ 0-9]|$)", part):
                return split
    return ""


def split_named(name: str) -> str:
    """The usual name of a split: `validation` for `valid`, `dev` and `val`."""
    return next((split for split, words in SPLITS.items() if name.lower() in words), name)


def by_name(name: str, format: Format) -> str:
    """The format of a file, '' where its name does not say (`zip`: the name inside does)."""
    if format not in ("auto", "datasets"):
        return format
    path = PurePosixPath(name.partition("?")[0].lower() if "://" in name else name.lower())
    while path.suffix in _PACKED:
        if path.suffix == ".zip" and PurePosixPath(path.stem).suffix not in ENDINGS:
            return "zip"
        path = path.with_suffix("")
    return ENDINGS.get(path.suffix, "")


def is_saved(fs: Any, folder: str) -> bool:
    """Whether `save_to_disk` wrote this folder."""
    return bool(_SAVED & {str(entry).rsplit("/", 1)[-1] for entry in fs.ls(folder, detail=False)})


def _hub_name(path: str) -> bool:
    """Whether a path that does not exist here may name a data set on the hub: `owner/name`, and not a file's name."""
    known = {*ENDINGS, *_PACKED}
    return bool(re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", path)) and PurePosixPath(path).suffix.lower() not in known
