"""The service on Ray: Ray Serve takes HTTP, the node pools check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayActorError, RayTaskError

from verify_workers.errors import UserError
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session
from verify_workers.records import Check, Outcome, Verdict
from verify_workers.serve.app import make_app
from verify_workers.serve.config import ServeConfig

NAME = "proof-synth"
CHUNK = 32  # checks that go to one node at a time: small, so that a large request uses all nodes


def run(config: ServeConfig, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let what is under way finish.  `announce` gets the address once it answers.

    Raises UserError if the port is taken or no Lean worker can be started.
    """
    _free(config.host, config.port)
    with ray_session():
        pools = node_pools(config.pool)
        try:
            _warm(pools)
            with _serving(pools, config), _end_signals() as ended:
                announce(f"http://{config.host}:{config.port}")
                ended.wait()
        finally:
            for pool in pools:
                ray.kill(pool)


@contextlib.contextmanager
def _end_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set.  To be entered after Ray's start, which takes SIGTERM for itself (and aborts on it)."""
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _serving(pools: Sequence[Any], config: ServeConfig) -> Any:
    """Ray Serve with our application, drained at the end."""
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(http_options={"host": config.host, "port": config.port, "request_timeout_s": None}, logging_config={"log_level": "WARNING"})
    deployment: Any = serve.deployment(
        max_ongoing_requests=config.max_waiting, graceful_shutdown_timeout_s=config.drain, graceful_shutdown_wait_loop_s=0.2
    )(serve.ingress(lambda: application(pools, config))())
    try:
        serve.run(deployment.options(ray_actor_options={"num_cpus": 0}).bind(), name=NAME, route_prefix="/")
        yield
    finally:
        serve.delete(NAME)  # no new requests; waits for those under way
        serve.shutdown()


def application(pools: Sequence[Any], config: ServeConfig) -> FastAPI:
    """The routes over the pools of all nodes."""
    load = [0] * len(pools)

    async def part(checks: list[Check]) -> list[Verdict]:
        node = min(range(len(pools)), key=load.__getitem__)
        load[node] += len(checks)
        try:
            verdicts: list[Verdict] = await pools[node].verify.remote(checks)
            return verdicts
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, UserError) else error) from error
        except RayActorError as error:
            return [Verdict(id=check.id, outcome=Outcome.INFRA, reason=f"the pool died: {error}") for check in checks]
        finally:
            load[node] -= len(checks)

    async def verify(checks: Sequence[Check]) -> list[Verdict]:
        parts = await asyncio.gather(*(part(list(checks[i : i + CHUNK])) for i in range(0, len(checks), CHUNK)))
        return [verdict for verdicts in parts for verdict in verdicts]

    async def stats() -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(pool.stats.remote() for pool in pools)))

    return make_app(verify, stats, config)


def _warm(pools: Sequence[Any]) -> None:
    """One check on every node, so that what cannot work is told before anyone asks."""
    check = Check(id="warm", statement="theorem warm : True", proof="trivial", timeout=60)
    try:
        for (verdict,) in ray.get([pool.verify.remote([check]) for pool in pools]):
            if not verdict.accepted:
                raise UserError(f"the Lean workers do not work here ({verdict.reason}); run `synth doctor`")
    except RayTaskError as error:
        raise (error.cause if isinstance(error.cause, UserError) else error) from error


def _free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host and --port") from None
