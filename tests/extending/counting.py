"""A backend: the reference, with a count of its checks."""

from __future__ import annotations

from typing import ClassVar

from verify_workers.backends.base import Place
from verify_workers.backends.process import ProcessBackend
from verify_workers.records import Check, Verdict


def make(place: Place) -> CountingBackend:
    return CountingBackend(place.lean, place.memory_mb << 20)


class CountingBackend(ProcessBackend):
    """See `verify_workers.backends.base.Backend`."""

    name: ClassVar[str] = "counting"
    checks = 0

    def check(self, check: Check) -> Verdict:
        type(self).checks += 1
        return super().check(check)
