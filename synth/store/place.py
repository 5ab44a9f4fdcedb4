"""A folder on any fsspec filesystem, whose files appear whole or not at all; what stands in the way is one line."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from synth.store.lease import Lease
from verify_workers.errors import UserError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

# Protocols whose files appear whole with the request that puts them.
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss"})

_NO_PLACE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG}


class Place:
    """`path` is where it is, as the user wrote it; `url` says the same in any process, whatever its working directory.

    Cheap to make, and safe to send to another process.
    """

    def __init__(self, url: str | Path) -> None:
        self.path = str(url)
        try:
            self.fs, self.root = fsspec.url_to_fs(self.path)
        except (ImportError, ValueError) as error:
            raise UserError(f"{self.path}: cannot be opened ({error}); give a folder, or install the fsspec driver for it") from None
        self.local = isinstance(self.fs, LocalFileSystem)
        self.url = self.path if "::" in self.path else str(self.fs.unstrip_protocol(self.root))
        self._lock: IO[bytes] | Lease | None = None

    def __reduce__(self) -> tuple[type[Place], tuple[str]]:
        return type(self), (self.url,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    def address(self, name: str) -> str:
        """Where a file of this run is, for people: a path, or a whole URL on another filesystem."""
        return self.file(name) if self.local else f"{self.url.rstrip('/')}/{name}"

    @property
    def _object_store(self) -> bool:
        protocols = (self.fs.protocol,) if isinstance(self.fs.protocol, str) else self.fs.protocol
        return bool(_OBJECT_STORES & set(protocols))

    def file(self, name: str) -> str:
        """The path of a file of this run, as its filesystem knows it."""
        return f"{self.root}/{name}"

    def local_path(self, name: str = "") -> Path:
        """A file or folder of this run as a local path, for tools that need one (checkpoints); UserError on a remote filesystem."""
        if not self.local:
            raise UserError(f"{self.path}: this step needs a local run directory")
        return Path(self.root, name)

    def exists(self, name: str) -> bool:
        self.fs.invalidate_cache()
        with self.reading():
            return bool(self.fs.exists(self.file(name)))

    def read_bytes(self, name: str) -> bytes:
        with self.reading():
            data: bytes = self.fs.cat_file(self.file(name))
        return data

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write a whole file so that it appears complete or not at all."""
        if not self._object_store:
            self.write_chunks(name, [data])
            return
        self._check_lease()
        with self._writing(self.file(name)):
            self.fs.pipe_file(self.file(name), data)

    def write_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        """The same of a file that comes in pieces, and need not fit in memory."""
        self._check_lease()
        target, temporary = self.file(name), self.file(f".tmp/{uuid.uuid4().hex}")
        with self._writing(target):
            if self._object_store:
                with tempfile.NamedTemporaryFile() as whole:
                    whole.writelines(chunks)
                    whole.flush()
                    self.fs.put_file(whole.name, target)
                return
            try:
                for path in (temporary, target):
                    self.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
                with self.fs.open(temporary, "wb") as file:
                    for chunk in chunks:
                        file.write(chunk)
                    file.flush()
                    if self.local:
                        os.fsync(file.fileno())
                if self.local:
                    os.replace(temporary, target)
                else:
                    self.fs.mv(temporary, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    self.fs.rm_file(temporary)
                raise

    def _check_lease(self) -> None:
        if isinstance(self._lock, Lease) and self._lock.lost:
            raise UserError(f"{self.path}: another `synth run` has taken this run directory over; let it go on, or give another --run-dir")

    def write_text(self, name: str, text: str) -> None:
        self.write_bytes(name, text.encode("utf-8", "replace"))

    def write_json(self, name: str, value: Any) -> None:
        self.write_text(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, name: str, default: Any = None) -> Any:
        """The JSON file's value, or `default` where there is no such file; UserError where it is damaged."""
        try:
            return json.loads(self.read_bytes(name))
        except FileNotFoundError:
            return default
        except ValueError as error:
            raise UserError(f"{self.file(name)}: damaged JSON ({error}); remove the file and run the same command again") from None

    @contextlib.contextmanager
    def _writing(self, place: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise UserError(
                    f"{place}: {os.strerror(error.errno).lower()}; free some space and run the same command to continue"
                ) from error
            if error.errno in _NO_PLACE:
                reason = os.strerror(error.errno).lower()
                raise UserError(f"{place}: cannot be written ({reason}); choose another run directory with --run-dir") from error
            self._unreachable(error)
            raise
        except UserError:
            raise
        except Exception as error:
            self._unreachable(error)
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, ValueError, UserError):
            raise
        except PermissionError as error:
            self._unreachable(error)
            raise UserError(
                f"{error.filename or self.path}: no permission to read it; ask its owner for it (chmod -R a+rX), or do this as its owner"
            ) from error
        except Exception as error:
            self._unreachable(error)
            raise

    def _unreachable(self, error: Exception) -> None:
        """UserError for whatever a remote filesystem's driver raises: it means the address, the network or the credentials."""
        if not self.local:
            reason = (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
            raise UserError(
                f"{self.path}: not reachable ({reason}); check the address and your credentials, and run the same command to continue"
            ) from error

    def put_folder(self, name: str, folder: Path) -> None:
        """Copy what lies in the local `folder` into this run's folder `name`."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.write_bytes(f"{name}/{path.relative_to(folder)}", path.read_bytes())

    def list_files(self, folder: str) -> list[str]:
        self.fs.invalidate_cache()
        try:
            with self.reading():
                return sorted(self.fs.ls(self.file(folder), detail=False))
        except FileNotFoundError:
            return []
