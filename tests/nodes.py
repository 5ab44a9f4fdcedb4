"""Ray nodes of one's own on this machine: what their ports are, and whether they answer."""

from __future__ import annotations

import contextlib
import socket

AGENTS = ("dashboard-agent-listen-port", "dashboard-agent-grpc-port", "runtime-env-agent-port", "metrics-export-port")
"""Ports of a node's agents, as options of `ray start`: given ones need not be waited for, which on a busy machine fails."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def answers(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def agents() -> dict[str, int]:
    """Ports for a node's agents, as `ray.cluster_utils` takes them."""
    names = ("dashboard_agent_listen_port", "metrics_agent_port", "runtime_env_agent_port", "metrics_export_port")
    return dict(zip(names, free_ports(len(names)), strict=True))
