"""The service: HTTP in this process, and who checks: the pool of this machine, or where a Ray cluster is named its node pools.

HTTP answers from the first moment on, with 503 until the Lean workers are there, so that a client that waits for the service
needs to know one kind of answer.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from verify_workers.config import PoolConfig
from verify_workers.errors import UserError
from verify_workers.pool.asking import MachinePool, Pools
from verify_workers.records import Check, Verdict
from verify_workers.serve.app import make_app
from verify_workers.serve.config import ServeConfig
from verify_workers.serve.front import HttpServer

SIGNALS = (signal.SIGINT, signal.SIGTERM)
MAX_FILES = 65536


def run(config: ServeConfig, announce: Callable[[str], None], leave: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let what is under way finish.  `announce` gets the address once checks are answered.

    A signal before that goes to `leave`, from a thread of its own: it has to end the process, as nothing is under way and a Ray may take
    half a minute to start and end in order.  Raises UserError if the port is taken or no Lean worker can be started.
    """
    with EndSignals(leave) as signals, _listener(config.host, config.port) as listener:
        _allow_connections()
        service = Service()
        http = HttpServer(make_app(service.verify, service.stats, config, lambda: service.pools is not None), listener, config.drain)
        try:
            with checkers(config.pool) as pools:
                _serve(config, service, pools, http, signals, announce)
        finally:
            http.close(signals.at_once)


def on_ray() -> bool:
    """Whether the checks go through Ray: a cluster is named, or somebody has connected this process to one."""
    ray = sys.modules.get("ray")
    return "RAY_ADDRESS" in os.environ or (ray is not None and bool(ray.is_initialized()))


@contextmanager
def checkers(config: PoolConfig) -> Iterator[Pools]:
    """Who checks, until the end; only on a cluster anything of Ray is loaded."""
    if not on_ray() and not config.nodes:
        pool = MachinePool(config)
        try:
            yield pool
        finally:
            pool.close()
        return
    import ray

    from verify_workers.pool.client import PoolClient
    from verify_workers.pool.node import node_pools
    from verify_workers.ray_session import ray_session

    with ray_session():
        pools = node_pools(config)
        try:
            yield PoolClient(pools)
        finally:
            for actor in pools.values():
                ray.kill(actor)


class Service:
    """What the routes ask: the pools, once there are any."""

    pools: Pools | None = None

    async def verify(self, checks: Sequence[Check]) -> list[Verdict]:
        return await self._there.verify(checks)

    async def stats(self) -> list[dict[str, Any]]:
        return await self._there.stats()

    @property
    def _there(self) -> Pools:
        if self.pools is None:
            raise RuntimeError("a request was let in before the service was ready")
        return self.pools


class EndSignals:
    """SIGINT and SIGTERM as events: the first sets `ended`, the second `at_once`.  Until `started` is set they go to `leave`.

    Python's handlers wait for the main thread, which may be deep in Ray's start; `leave` is called from another one, at once.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        self.ended, self.at_once, self.started = threading.Event(), threading.Event(), threading.Event()
        self._leave = leave

    def __enter__(self) -> EndSignals:
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number in SIGNALS:
            signal.signal(number, self._note)
        self._seen, self._told = socket.socketpair()
        self._told.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="serve-signals", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        self._told.close()  # which ends the thread
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _watch(self) -> None:
        with self._seen:
            while number := self._seen.recv(1):
                if number[0] in SIGNALS and not self.started.is_set():
                    self._leave(number[0])

    def _note(self, number: int, frame: FrameType | None) -> None:
        (self.at_once if self.ended.is_set() else self.ended).set()


def _serve(
    config: ServeConfig, service: Service, pools: Pools, http: HttpServer, signals: EndSignals, announce: Callable[[str], None]
) -> None:
    """Warm the pools, answer until a signal, and drain."""
    asyncio.run_coroutine_threadsafe(pools.warm(), http.loop).result()
    signals.started.set()
    service.pools = pools
    announce(f"http://[{config.host}]:{config.port}" if ":" in config.host else f"http://{config.host}:{config.port}")
    signals.ended.wait()
    http.close(signals.at_once)


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens there; its connections wait until someone takes them."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise UserError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host and --port") from None
    return listener


def _allow_connections() -> None:
    """More open files than the usual 1,024: every connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES if most == resource.RLIM_INFINITY else min(most, MAX_FILES), most))
