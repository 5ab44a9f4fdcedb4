"""A real `synth serve`, for the tests that ask it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]
KEY = "a key"
READY_SECONDS = 300.0  # that a start may take on a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(port: int, *options: str, home: Path | None = None, ray: bool = False) -> subprocess.Popen[str]:
    """`synth serve` on a port, with one worker; `home` in place of the user's, but for the Lean that is built there.

    `ray`: its checks go through a Ray of its own, as on a cluster, in place of the pool in its own process.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | {"PYTHONPATH": str(ROOT)}
    if ray:
        environment["RAY_ADDRESS"] = "local"
    if home is not None:
        environment.setdefault("PROOF_SYNTH_CACHE", str(Path.home() / ".cache" / "proof-synth"))
        environment["HOME"] = str(home)
    command = [sys.executable, "-m", "synth", "serve", "--port", str(port), "--workers", "1", *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@dataclass
class Service:
    """A service that is ready; `early` is what it answered before: (path, status, Retry-After)."""

    port: int
    process: subprocess.Popen[str]
    early: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, key: str = KEY, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.request(method, f"{self.url}{path}", headers={**headers, **more.pop("headers", {})}, timeout=120, **more)

    def waiting(self) -> int:
        return int(self.ask("GET", "/v1/status").json()["waiting"])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


def ask_early(port: int) -> list[tuple[str, int, str]]:
    """What each kind of route answers now; nothing while the port is closed."""
    said = list[tuple[str, int, str]]()
    for method, path in (("GET", "/health"), ("POST", "/api/check"), ("POST", "/verify"), ("POST", "/v1/verify")):
        try:
            answer = httpx.request(method, f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
        except httpx.TransportError:
            return []
        said.append((path, answer.status_code, answer.headers.get("Retry-After", "")))
    return said


def until_first_answer(process: subprocess.Popen[str], port: int) -> list[tuple[str, int, str]]:
    end = time.monotonic() + READY_SECONDS
    while not (said := ask_early(port)):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.05)
    return said


@contextmanager
def serving(*options: str, home: Path | None = None, ray: bool = False) -> Iterator[Service]:
    """A service with `KEY` as its key, from before its first answer until it has ended."""
    port = free_port()
    process = start(port, "--api-key", KEY, *options, home=home, ray=ray)
    try:
        early = until_first_answer(process, port)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving on "), process.communicate(timeout=60)
        yield Service(port, process, early)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
