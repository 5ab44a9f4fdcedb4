"""Files that are not joined with others."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from verify_workers.lean import LeanInstall, merge
from verify_workers.lean.olean import Unreadable


def test_a_file_with_fewer_names_than_constants_is_not_joined(lean: LeanInstall, tmp_path: Path) -> None:
    source, target = Path(lean.path) / "Init" / "Cases.olean", tmp_path / "x.olean"
    data, part = bytearray(source.read_bytes()), merge._Part(source.read_bytes())
    at = part.pointer(part.root, merge.NAMES) - part.base + 8
    struct.pack_into("<Q", data, at, len(merge.read(source).constants) - 1)
    target.write_bytes(data)
    with pytest.raises(Unreadable):
        merge.read(target)
