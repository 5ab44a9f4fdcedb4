"""The service on Ray: Ray Serve takes HTTP, the node pools check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve

from verify_workers.errors import UserError
from verify_workers.pool.client import PoolClient
from verify_workers.pool.node import node_pools
from verify_workers.ray_session import ray_session
from verify_workers.serve.app import make_app
from verify_workers.serve.config import ServeConfig

NAME = "proof-synth"


def run(config: ServeConfig, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let what is under way finish.  `announce` gets the address once it answers.

    Raises UserError if the port is taken or no Lean worker can be started.
    """
    _free(config.host, config.port)
    with ray_session():
        pools = node_pools(config.pool)
        try:
            asyncio.run(PoolClient(pools).warm())
            with _serving(pools, config), _end_signals() as ended:
                announce(f"http://{config.host}:{config.port}")
                ended.wait()
        finally:
            for pool in pools.values():
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
def _serving(pools: Mapping[str, Any], config: ServeConfig) -> Any:
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


def application(pools: Mapping[str, Any], config: ServeConfig) -> FastAPI:
    """The routes over the pools of all nodes."""
    client = PoolClient(pools)
    return make_app(client.verify, client.stats, config)


def _free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host and --port") from None
