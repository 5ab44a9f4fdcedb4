"""What a pool remembers of earlier questions: the verdict cache, by all that a verdict depends on."""

from __future__ import annotations

import functools
import uuid

from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.kernels.panel import named
from verify_workers.pool.cache import VerdictCache
from verify_workers.pool.revision import Loads, verifier_revision
from verify_workers.pool.runner import Identity
from verify_workers.pool.schedule import Item
from verify_workers.records import Verdict


class Recall:
    """Verdicts on the questions of `Item`s under `config`.  Safe to call from many threads."""

    def __init__(self, config: PoolConfig) -> None:
        self._config, self._loads = config, Loads(config)
        self._cache = VerdictCache(config.cache.path, config.cache.size_mb) if config.cache.path else None

    def loads(self, item: Item) -> str:
        """What the item's header loads now; for after the first worker has started."""
        return self._loads.of(item.check)

    def get(self, item: Item, who: Identity | None, loads: str) -> Verdict | None:
        """What `who` would answer to an item that has not run yet, if that is known."""
        if self._cache is None or item.key is None or item.runs > 1:
            return None
        if who is None:
            raise RuntimeError("the cache is asked before the first worker has started")
        return self._cache.get(self._key(item, who, loads), item.last, self._config.memory_mb)

    def put(self, item: Item, who: Identity, loads: str, verdict: Verdict) -> None:
        """Keep the answer of `who`, unless what the header loads has changed meanwhile."""
        if self._cache is not None and item.key and self._loads.still(item.check, loads):
            self._cache.put(self._key(item, who, loads), verdict, item.last, self._config.memory_mb)

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()

    @functools.cached_property
    def _judges(self) -> list[str]:
        """The kernels by their contents too."""
        try:
            return named(self._config.kernels, self._config.project)
        except UserError:  # one was taken away: what it said before is nobody's
            return [uuid.uuid4().hex]

    def _key(self, item: Item, who: Identity, loads: str) -> str:
        library = f"{who.library} {loads}" if loads else who.library
        config = self._config
        kernels = f"{self._judges} {config.kernels_quorum} {config.kernels_sample} " if config.kernels else ""
        return "/".join((who.backend, config.audit, kernels + verifier_revision(), item.check.key(who.lean, library)))
