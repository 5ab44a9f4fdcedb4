"""Proofs checked from Python: the pool of this machine, behind two methods and their `async` twins.

from verify_workers import Checker
with Checker() as lean:
    print(lean.check("theorem t : 2 + 2 = 4", "by decide").accepted)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from verify_workers.config import PoolConfig
from verify_workers.pool.local import LocalPool
from verify_workers.records import Check, Verdict


class Checker:
    """Lean workers of this process, which start with the first check and end with `close`, a `with` block, or the process.

    `settings` are those of the pool (`PoolConfig`), such as `project="mathlib"`, `audit="strict"` or `workers=4`; without any
    the embedded Lean checks, one worker for each core.  `header` stands before every statement that comes without one.
    May be used from many threads and tasks at once.  Raises `UserError` where no Lean can be started here, and pydantic's
    ValidationError (a ValueError) for a setting that there is not.

    >>> with Checker() as lean:
    ...     right = lean.check("theorem t (n : Nat) : n + 0 = n", "by simp")
    ...     wrong = lean.check("theorem t (n : Nat) : n + 1 = n", "by simp")
    >>> right.accepted, wrong.accepted, str(wrong.outcome)
    (True, False, 'rejected')
    """

    def __init__(self, header: str = "", timeout: float = 60.0, **settings: Any) -> None:
        """`timeout`: seconds of Lean that a check may take, where it does not say itself."""
        longest = max(timeout, PoolConfig.model_fields["timeout_last"].default)
        self.config = PoolConfig.model_validate({"timeout_last": longest, **settings})
        self.header, self.timeout = header, timeout
        self._pool = LocalPool(self.config)

    def check(
        self,
        statement: str,
        proof: str | None = None,
        *,
        code: str | None = None,
        negated: bool = False,
        header: str | None = None,
        preamble: str = "",
        timeout: float | None = None,
    ) -> Verdict:
        """Whether `proof` (what follows `:=`), or the whole file `code`, proves the theorem `statement`; `negated`: its negation.

        `preamble` are definitions of yours that the statement needs.  A verdict of `infra` or `timeout` says nothing of the proof.
        """
        question = Check(
            id="check",
            statement=statement,
            negated=negated,
            header=self.header if header is None else header,
            preamble=preamble,
            proof=proof,
            code=code,
            timeout=timeout or self.timeout,
        )
        return self._pool.verify([question])[0]

    def check_all(self, checks: Iterable[Check | tuple[str, str]]) -> list[Verdict]:
        """One verdict for each check, or pair of a statement and a proof, in their order; all workers are used.

        A verdict has its check's id, that of a pair is its number.
        """
        header, limit = self.header, self.timeout
        asked = [
            one if isinstance(one, Check) else Check(id=str(number), statement=one[0], proof=one[1], header=header, timeout=limit)
            for number, one in enumerate(checks)
        ]
        verdicts = self._pool.verify([one.model_copy(update={"id": str(number)}) for number, one in enumerate(asked)])
        return [verdict.model_copy(update={"id": one.id}) for verdict, one in zip(verdicts, asked, strict=True)]

    async def acheck(self, statement: str, proof: str | None = None, **how: Any) -> Verdict:
        """As `check`, without holding up the event loop."""
        return await asyncio.to_thread(self.check, statement, proof, **how)

    async def acheck_all(self, checks: Iterable[Check | tuple[str, str]]) -> list[Verdict]:
        """As `check_all`, without holding up the event loop."""
        return await asyncio.to_thread(self.check_all, checks)

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Checker:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self.close)
