"""What a verdict depends on beside its question: this package's own code, and the compiled files that the question's header loads."""

from __future__ import annotations

import functools
import hashlib
import uuid
from pathlib import Path

from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.lean.modules import Modules
from verify_workers.records import Check, Snippet
from verify_workers.text.context import KEPT, split_context
from verify_workers.text.header import split

PACKAGE = Path(__file__).parents[1]  # the whole verifier, not the pool alone


@functools.cache
def verifier_revision() -> str:
    """Hash of the package's own code: a verdict of another policy or checker is never recalled from the cache."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def judges(config: PoolConfig) -> str:
    """Whose Lean, library and kernels judge, for what is kept for a later call: changes with any compiled file and any program.

    '' where the embedded Lean judges alone, which `verifier_revision` names.  Where this machine does not have them, as nodes of a
    cluster may, nobody knows, and no two answers are alike.
    """
    if config.project is None and not config.kernels:
        return ""
    from verify_workers.kernels.panel import named
    from verify_workers.lean.project import discover

    try:
        kernels = named(config.kernels, config.project)
        if config.project is None:
            return " ".join(kernels)
        project = discover(config.project, config.repl, need_repl=False)
    except UserError:
        return uuid.uuid4().hex
    return " ".join((project.revision, project.modules.everything(), *kernels))


class Loads:
    """What the headers of checks load, as hashes; '' throughout on the embedded Lean, whose library is one revision."""

    def __init__(self, config: PoolConfig) -> None:
        self._config = config

    def of(self, check: Check) -> str:
        """What `check`'s header loads, at most about a second ago; for after the first worker has started."""
        if self._config.project is None:
            return ""
        return self._modules.state(header_imports(check))

    def still(self, check: Check, state: str) -> bool:
        """Whether that is what it loads now, as far as the project's own files go."""
        return self._config.project is None or self._modules.still(header_imports(check), state)

    @functools.cached_property
    def _modules(self) -> Modules:
        from verify_workers.lean.project import discover

        assert self._config.project is not None
        return discover(self._config.project, self._config.repl, need_repl=False).modules


def header_imports(check: Check) -> tuple[str, ...]:
    """The modules that a check's file imports: a whole file that is to prove a statement has its header's, if there is one."""
    if isinstance(check, Snippet):
        return (*_split(check.header), *_split(check.code or ""))
    header = split_context(check.header, check.preamble, check.statement).header
    return _split(header if header.strip() else check.code or "")


def _split(text: str) -> tuple[str, ...]:
    return _kept_imports(text) if len(text) <= KEPT else split(text).imports


@functools.lru_cache(maxsize=1024)
def _kept_imports(text: str) -> tuple[str, ...]:
    return split(text).imports
