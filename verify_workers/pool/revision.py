"""Which verifier gives the verdicts: a hash of this package's own code."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parents[1]  # the whole verifier, not the pool alone


@functools.cache
def verifier_revision() -> str:
    """Hash of the package's own code: a verdict of another policy or checker is never recalled from the cache."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
