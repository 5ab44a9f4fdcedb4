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
    """The journal of the file `target`: `.NAME.journal`, a JSON record a line.  Each is in the kernel's hands when `write` returns.

    Another process may write to the same file: what it has appended is not removed with what is ours.
    """

    def __init__(self, target: Path, model: type[R]) -> None:
        self.path, self.model = target.with_name(f".{target.name}.journal"), model
        self._end: int | None = None  # of what we have read or written
        self._shared = False

    def read(self) -> Iterator[R]:
        """The records so far; a line that a kill tore in two is passed over."""
        for _, record in self.places():
            yield record

    def places(self) -> Iterator[tuple[int, R]]:
        """The records so far, each with its place, for `at`."""
        self._end = 0
        try:
            lines = self.path.open("rb")
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(f"{self.path}: cannot be read ({os.strerror(error.errno or 0).lower()}); remove it to begin anew") from error
        with lines:
            for line in lines:
                place, self._end = self._end, self._end + len(line)
                with contextlib.suppress(ValidationError):
                    yield place, self.model.model_validate_json(line)

    def at(self, place: int) -> R | None:
        """The record at a place; None where there is none by now, as another process has taken the file away or written to it."""
        with contextlib.suppress(OSError, ValidationError), self.path.open("rb") as file:
            file.seek(place)
            return self.model.model_validate_json(file.readline())
        return None

    def write(self, record: R) -> int:
        """Append one record; its place.  What has no UTF-8 form (half a character that Lean echoes) is replaced."""
        text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                # A torn last line must not swallow this one.
                begun = file.tell()
                line = (b"\n" if begun else b"") + text.encode("utf-8", "replace")
                self._shared = self._shared or (self._end is not None and begun != self._end)
                place, self._end = begun + bool(begun), begun + len(line)
                file.write(line)
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({os.strerror(error.errno or 0).lower()})") from error
        return place

    def remove(self) -> None:
        """When the file itself holds everything."""
        with contextlib.suppress(FileNotFoundError):
            if not self._shared and (self._end is None or self.path.stat().st_size == self._end):
                self.path.unlink()
