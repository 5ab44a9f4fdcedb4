"""Records that are appended as they are made, beside the file that they will be in: what an interrupted command has is not asked again."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Generic

from pydantic import ValidationError

from synth.store.arrow import R
from verify_workers.errors import UserError


class Journal(Generic[R]):
    """The journal of the file `target`: `.NAME.journal`, a JSON record a line.  Each is in the kernel's hands when `write` returns."""

    def __init__(self, target: Path, model: type[R]) -> None:
        self.path, self.model = target.with_name(f".{target.name}.journal"), model

    def read(self) -> Iterator[R]:
        """The records so far; a line that a kill tore in two is passed over."""
        for _, record in self.places():
            yield record

    def places(self) -> Iterator[tuple[int, R]]:
        """The records so far, each with its place, for `at`."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            place = 0
            for line in lines:
                with contextlib.suppress(ValidationError):
                    yield place, self.model.model_validate_json(line)
                place += len(line)

    def at(self, place: int) -> R:
        """The record at a place."""
        with self.path.open("rb") as file:
            file.seek(place)
            return self.model.model_validate_json(file.readline())

    def write(self, record: R) -> int:
        """Append one record; its place.  What has no UTF-8 form (half a character that Lean echoes) is replaced."""
        text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                # A torn last line must not swallow this one.
                before = b"\n" if file.tell() else b""
                place = file.tell() + len(before)
                file.write(before + text.encode("utf-8", "replace"))
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({os.strerror(error.errno or 0).lower()})") from error
        return place

    def remove(self) -> None:
        """When the file itself holds everything."""
        self.path.unlink(missing_ok=True)
