"""`python -m cluster.wait --nodes 4`: return when a Ray cluster has as many nodes as a run is to begin with.

A run makes its pools of Lean workers on the nodes that are there when it starts.
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
import time
from collections.abc import Callable

SECONDS = 1800.0  # that nodes may take: machines that are started for the run, images that are pulled


def wait(count: Callable[[], int], nodes: int, seconds: float, pause: float = 2.0) -> int:
    """What `count` says as soon as that is `nodes` or more, or when the seconds are over; more nodes are told as they come."""
    until, told = time.monotonic() + seconds, -1
    while True:
        found = count()
        if found != told:
            print(f"{found} of {nodes} nodes are there", file=sys.stderr)
            told = found
        if found >= nodes or time.monotonic() >= until:
            return found
        time.sleep(pause)


def alive(address: str) -> int:
    """Nodes of the Ray cluster at `address` (HOST:PORT, or auto) that are alive; 0 where none answers yet."""
    import ray

    if address != "auto":  # Ray itself would wait for ever
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), 5.0).close()
        except OSError:
            return 0
    try:
        if not ray.is_initialized():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
        return sum(bool(node["Alive"]) for node in ray.nodes())
    except (ConnectionError, RuntimeError):
        ray.shutdown()
        return 0


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m cluster.wait", description=__doc__)
    options.add_argument("--nodes", type=int, required=True, help="nodes to wait for, the head among them")
    options.add_argument("--address", default="auto", help="HOST:PORT of the cluster; auto: the one on this machine")
    options.add_argument("--seconds", type=float, default=SECONDS, help="that they may take")
    given = options.parse_args()
    found = wait(lambda: alive(given.address), given.nodes, given.seconds)
    if found < given.nodes:
        print(f"only {found} of {given.nodes} nodes are there after {given.seconds:.0f} s; look at the logs of the others", file=sys.stderr)
    return 0 if found >= given.nodes else 1


if __name__ == "__main__":
    sys.exit(main())
