"""Releases of Lean whose kernel is known to be unsound: a proof of a false statement that it accepts has been published.

The table is `advisories.json`: each fault with the first release without it and who says so, and the commits of releases, as
`lean --version` gives them in public logs (the embedded one from the library itself).  A commit that is known counts for more than
the version, which a build can give itself.  What is not in the table has no known fault, which is all that can be said of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Version = tuple[int, int, int]
SHORT = 12  # digits of a commit that `lean --version` may give
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-\S*)?")


@dataclass(frozen=True)
class Fault:
    """`fixed`: the first release without it; `source` and `url`: who says so."""

    id: str
    fixed: Version
    what: str
    source: str
    url: str


@dataclass(frozen=True)
class Table:
    """`sound`: the first release without any of the faults; `builds`: the release of each known commit."""

    as_of: str
    sound: str
    faults: tuple[Fault, ...]
    builds: dict[str, str]


@cache
def table() -> Table:
    """The shipped table."""
    data = json.loads((files("verify_workers.lean") / "advisories.json").read_text(encoding="utf-8"))
    known = tuple(Fault(**{**fault, "fixed": _release(fault["fixed"])}) for fault in data["faults"])
    return Table(data["as_of"], data["sound"], known, data["builds"])


def faults(version: str, githash: str = "") -> tuple[Fault, ...]:
    """What is known against the kernel of this Lean ("4.15.0", "4.34.0-rc1"), by its commit where that is known."""
    found = _VERSION.fullmatch((_release_of(githash) or version).strip())
    if found is None:
        return ()
    release = (int(found[1]), int(found[2]), int(found[3]))
    return tuple(fault for fault in table().faults if release < fault.fixed or (found[4] and _before(release, fault.fixed)))


def advisory(version: str, githash: str = "") -> str:
    """The same in one line with the remedy; '' where nothing is known."""
    known = faults(version, githash)
    if not known:
        return ""
    is_it = _release_of(githash)
    named = f"{version} (a build of {is_it})" if is_it and is_it != version.strip().removeprefix("v") else version
    return f"the kernel of Lean {named} is known to be unsound ({'; '.join(f.what for f in known)}): use {table().sound} or newer"


def ids(known: Sequence[Fault]) -> list[str]:
    return [fault.id for fault in known]


def _before(release: Version, fixed: Version) -> bool:
    """Whether what precedes a release may lack what came with `fixed`: that release, or a patch of the minor one before it."""
    return release == fixed or (fixed[2] > 0 and release == (fixed[0], fixed[1] + 1, 0))


def _release_of(githash: str) -> str:
    """The release that a commit is known to be; '' for others."""
    if len(githash) < SHORT:
        return ""
    builds = table().builds.items()
    return next((version for commit, version in builds if commit.startswith(githash) or githash.startswith(commit)), "")


def _release(text: str) -> Version:
    major, minor, patch = text.split(".")
    return int(major), int(minor), int(patch)
