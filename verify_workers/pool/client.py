"""Checks to the pools of all nodes.

An actor that dies takes no check with it: every chunk is kept until its verdicts are there and handed to another actor, or
to the same one once Ray has started it again.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from verify_workers.errors import UserError
from verify_workers.pool.runner import infra
from verify_workers.records import Check, Verdict

log = logging.getLogger("verify_workers.pool")

ACTOR_TRIES = 5  # deaths of an actor that a chunk survives before its checks are answered `infra`
RESTART_SECONDS = 1.0  # pause before a chunk is sent to an actor that has just died


def stream(pools: Sequence[Any], checks: Iterable[Check], chunk: int = 64, in_flight: int = 4) -> Iterator[Verdict]:
    """Verdicts as they come, exactly one per check, from `NodePool` actors.

    Each actor has at most `in_flight` chunks of `chunk` checks; `checks` is read only as actors take more, so a
    slow cluster slows its source.  A chunk whose actor dies goes to the next free actor; after `ACTOR_TRIES`
    deaths its checks are answered `infra`.
    """
    source = iter(checks)
    failed: deque[tuple[list[Check], int]] = deque()  # chunks to send again, with their deaths so far
    running: dict[Any, tuple[int, list[Check], int]] = {}  # reference -> pool, chunk, deaths
    load = [0] * len(pools)
    ready_at = [0.0] * len(pools)  # clock, seconds: when an actor that died may be used again
    more = True
    while more or failed or running:
        now = time.monotonic()
        for _ in range(in_flight * len(pools)):
            free = [index for index in range(len(pools)) if load[index] < in_flight and ready_at[index] <= now]
            if not free or not (more or failed):
                break
            batch, deaths = failed.popleft() if failed else (list(islice(source, chunk)), 0)
            if not batch:
                more = False
                break
            index = min(free, key=load.__getitem__)
            load[index] += 1
            # Retried here rather than by Ray, so that another node can take over at once.
            reference = pools[index].verify.options(max_task_retries=0).remote(batch)
            running[reference] = (index, batch, deaths)
        if not running:
            if failed:
                time.sleep(0.05)
            continue
        done, _ = ray.wait(list(running), num_returns=1, timeout=RESTART_SECONDS)
        for reference in done:
            index, batch, deaths = running.pop(reference)
            load[index] -= 1
            try:
                verdicts = ray.get(reference)
            except RayTaskError as error:
                # What the actor itself raised means that no chunk can be checked; a user's error keeps its one line.
                raise (error.cause if isinstance(error.cause, UserError) else error) from error
            except RayActorError as error:
                log.warning("the pool on node %d died (%s); its %d checks go elsewhere", index, type(error).__name__, len(batch))
                ready_at[index] = time.monotonic() + RESTART_SECONDS * 2**deaths
                if deaths + 1 < ACTOR_TRIES:
                    # In halves, so that a check that kills actors takes few others with it.
                    half = (len(batch) + 1) // 2
                    failed.extend((part, deaths + 1) for part in (batch[:half], batch[half:]) if part)
                else:
                    yield from (infra(check.id, f"the pool died: {error}") for check in batch)
                continue
            yield from verdicts
