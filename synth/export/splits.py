"""Train, validation and test, so that no problem is in two of them, and neither is a statement that two problems share.

Problems that share a proved statement (by its normal form, on the side that was proved) are one group, and a group is where the
smallest hash of its problems and the seed put it: the same in every form of export, with any filters, and, as long as its group
does not grow, in later exports of a run that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.keys import NOWHERE, Hashes, places
from verify_workers.errors import UserError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Shares:
    validation: float = 0.01
    test: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise UserError(f"--validation {self.validation} --test {self.test}: shares from 0 that leave something to train on")

    def of(self, hashes: Hashes) -> NDArray[np.uint8]:
        """The split of each hash, as its place in `SPLITS`."""
        mixed = _mixed(hashes ^ _mixed(np.array([self.seed], np.uint64)))
        at = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
        return np.where(at < self.test, 2, np.where(at < self.test + self.validation, 1, 0)).astype(np.uint8)


class Groups:
    """Problems, put together by what their pairs prove."""

    def __init__(self, problems: Hashes, problem: NDArray[np.uint32], form: NDArray[np.uint32]) -> None:
        """`problems` are sorted hashes; `problem` and `form` say, pair by pair, which of them and which form it is of."""
        self._problems, self._least = problems, problems.copy()
        while len(problem):
            forms = np.full(int(form.max()) + 1, np.iinfo(np.uint64).max, np.uint64)
            np.minimum.at(forms, form, self._least[problem])
            before = self._least.copy()
            np.minimum.at(self._least, problem, forms[form])
            if np.array_equal(before, self._least):
                break

    def split(self, hashes: Hashes, shares: Shares) -> NDArray[np.uint8]:
        """Of problems by their hashes; one that has no pairs is its own group."""
        at = places(self._problems, hashes)
        return shares.of(np.where(at == NOWHERE, hashes, self._least[at] if len(self._least) else hashes))


def _mixed(values: Hashes) -> Hashes:
    """SplitMix64's last step: bits that look independent of those that they were made from."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
