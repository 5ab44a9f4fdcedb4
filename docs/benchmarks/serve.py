r"""The service's own share: what HTTP, the pool and the talk with a REPL cost beside what Lean takes.

    python docs/benchmarks/serve.py compare [--work 0 10] [--rounds 5] [--workers 2] [--peer 'COMMAND' --peer-port 8000]
    python docs/benchmarks/serve.py real    [--checks 300]             `synth serve` with real Lean: start, idle share, single requests

`compare` has a stand-in for the REPL, which speaks its protocol and takes `--work` milliseconds (asleep) for each command but the
header's.  Per round, each server is asked for one batch and then for single snippets, by the same client; servers and rounds take
turns.  "bare" is the stand-in asked from `--workers` threads with no server.  Ours is the service as it is, front to pool, with one
difference: it keeps a REPL from snippet to snippet, as the peer does, where the real one gives every snippet a process of its own
(docs/verification.md, "The service").

A peer is started by the reader's command, in an environment with a `lake` on PATH that starts what it is told to, and the
stand-in's place in REPL.  For the Kimina Lean server 2.0.0, in its folder and its environment:

    --peer 'LEAN_SERVER_REPL_PATH=$REPL LEAN_SERVER_PROJECT_DIR=/tmp LEAN_SERVER_MAX_REPLS=2 LEAN_SERVER_MAX_REPL_MEM=12G \
            LEAN_SERVER_MAX_WAIT=300 python -m server'

LEAN_SERVER_ENVIRONMENT=prod LEAN_SERVER_LOG_LEVEL=CRITICAL silence it: otherwise it prints every snippet in colours.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx
import psutil

from verify_workers.backends.conversation import HEADER_MEMORY, Conversation
from verify_workers.backends.repl import ask
from verify_workers.config import PoolConfig
from verify_workers.lean import embedded
from verify_workers.pool.asking import MachinePool
from verify_workers.records import Check, Message, Outcome, Verdict
from verify_workers.serve.app import make_app
from verify_workers.serve.config import ServeConfig
from verify_workers.serve.front import HttpServer
from verify_workers.serve.service import Service

IDLE_SECONDS = 5.0
READY_SECONDS = 120.0
SINGLES = 40
REPL = """#!{python} -IS
import json, sys, time
text, made = "", 0
for line in sys.stdin:
    if line.strip():
        text += line
        continue
    if not text.strip():
        continue
    command = json.loads(text)
    if "env" in command:
        time.sleep({work})
    reply = {{"env": made}}
    if "#check" in command["cmd"]:
        place = {{"pos": {{"line": 1, "column": 0}}, "endPos": {{"line": 1, "column": 6}}}}
        reply["messages"] = [{{"severity": "info", "data": "Nat : Type"}} | place]
    made, text = made + 1, ""
    print(json.dumps(reply) + "\\n", flush=True)
"""


class StandIn:
    """A backend that asks a stand-in for the REPL and believes it: for figures alone."""

    name, lean, library = "stand-in", "4.0.0", "none"

    def __init__(self, folder: Path) -> None:
        self._conversation = Conversation(embedded(), [str(folder / "repl")], str(folder), HEADER_MEMORY)
        ask(self._conversation, {"cmd": "import Init"}, 60.0, HEADER_MEMORY)

    @property
    def processes(self) -> list[int]:
        return [self._conversation.pid]

    def check(self, check: Check) -> Verdict:
        begun = time.monotonic()
        reply = ask(self._conversation, {"cmd": check.code, "env": 0}, check.timeout, HEADER_MEMORY)
        messages = [Message(severity="info", line=1, column=0, text=row["data"]) for row in reply.get("messages", [])]
        return Verdict(id=check.id, outcome=Outcome.ELABORATED, messages=messages, seconds=time.monotonic() - begun, backend=self.name)

    def close(self) -> None:
        self._conversation.close()


def write_stand_in(folder: Path, milliseconds: float) -> None:
    """`repl`, and a `lake` that starts what it is told to."""
    for name, text in (
        ("repl", REPL.format(python=sys.executable, work=milliseconds / 1000)),
        ("lake", '#!/bin/sh\nshift\nexec "$@"\n'),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)


def ours(port: int, workers: int, folder: Path) -> None:
    """The service, with stand-ins for its Lean, until SIGTERM."""
    listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    config = ServeConfig(port=port, pool=PoolConfig(workers=workers))
    service, ended = Service(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    http = HttpServer(make_app(service.verify, service.stats, config, lambda: service.pools is not None), listener, 1.0)
    pool = MachinePool(config.pool, lambda: StandIn(folder))
    service.pools = pool
    ended.wait()
    http.close(ended)
    pool.close()


def own_cpu(pid: int) -> float:
    """Processor seconds of a process's living threads, to the nanosecond (psutil's are hundredths of seconds)."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


class Server:
    """A server that runs, and how long it took to its first answer (seconds)."""

    def __init__(self, command: str | list[str], port: int, environment: dict[str, str]) -> None:
        begun = time.monotonic()
        self.port = port
        self.process = subprocess.Popen(
            command,
            shell=isinstance(command, str),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300)
        while True:
            with contextlib.suppress(httpx.TransportError):
                if self.client.post("/api/check", json=batch(1, "first")).status_code == 200:
                    break
            if self.process.poll() is not None or time.monotonic() - begun > READY_SECONDS:
                self.close()
                sys.exit(f"no answer from {command}")
            time.sleep(0.02)
        self.started, self.start_cpu = time.monotonic() - begun, self.cpu(lean=True)

    def cpu(self, lean: bool = False) -> float:
        """Processor seconds that the server's living processes have used; `lean`: with the REPLs, or Lean."""
        total, first = 0.0, psutil.Process(self.process.pid)
        for process in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error, OSError):
                if lean or process.pid == first.pid or "repl" not in " ".join(process.cmdline()):
                    total += own_cpu(process.pid)
        return total

    @property
    def begun(self) -> str:
        return f"first answer after {self.started:.1f} s ({self.start_cpu:.1f} s of CPU)"

    def close(self) -> None:
        self.client.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def batch(count: int, name: str) -> dict[str, Any]:
    """A request for so many snippets, each with a text of its own."""
    return {"snippets": [{"id": f"{name}{n}", "code": f"#check Nat -- {name} {n}"} for n in range(count)], "timeout": 60}


def in_batch(server: Server, count: int, name: str) -> tuple[float, float]:
    """Snippets a second, and ms of the server's processor time for each."""
    cpu, begun = server.cpu(), time.monotonic()
    results = server.client.post("/api/check", json=batch(count, name)).json()["results"]
    wall = time.monotonic() - begun
    assert len(results) == count and all("response" in row for row in results), results[:2]
    return count / wall, 1000 * (server.cpu() - cpu) / count


def single(server: Server, name: str) -> float:
    """Median ms of a single snippet."""
    took = []
    for n in range(SINGLES):
        begun = time.monotonic()
        server.client.post("/api/check", json=batch(1, f"{name}.{n}.")).raise_for_status()
        took.append(1000 * (time.monotonic() - begun))
    return statistics.median(took)


def bare(folder: Path, workers: int, count: int) -> float:
    """Snippets a second of stand-ins that threads ask, with nothing between."""
    backends = [StandIn(folder) for _ in range(workers)]

    def work(backend: StandIn) -> None:
        for n in range(count // workers):
            backend.check(Check(id="x", statement="theorem x : True", code=f"#check Nat -- {n}", timeout=60))

    threads = [threading.Thread(target=work, args=(backend,)) for backend in backends]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - begun
    for backend in backends:
        backend.close()
    return count // workers * workers / wall


def idle(server: Server) -> float:
    """Share of a core that all of it uses when nobody asks."""
    cpu = server.cpu(lean=True)
    time.sleep(IDLE_SECONDS)
    return (server.cpu(lean=True) - cpu) / IDLE_SECONDS


@contextmanager
def servers(folder: Path, options: argparse.Namespace) -> Iterator[dict[str, Server]]:
    """Ours, and the peer where one is named."""
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "REPL": str(folder / "repl")}
    commands: dict[str, tuple[str | list[str], int]] = {
        "ours": (
            [sys.executable, __file__, "ours", "--folder", str(folder), "--workers", str(options.workers), "--port", str(options.port)],
            options.port,
        )
    }
    if options.peer:
        commands["peer"] = options.peer, options.peer_port
    running: dict[str, Server] = {}
    try:
        for name, (command, port) in commands.items():
            running[name] = Server(command, port, environment)
        yield running
    finally:
        for server in running.values():
            server.close()


def compare(options: argparse.Namespace) -> None:
    """The table for each amount of work."""
    for work in options.work:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_stand_in(folder, work)
            count = options.snippets or (400 if work else 2000)
            with servers(folder, options) as running:
                rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in running}
                limits = []
                for turn in range(options.rounds):
                    limits.append(bare(folder, options.workers, count))
                    for who, server in running.items():
                        rate, cpu = in_batch(server, count, f"{who}{turn}.")
                        rows[who].append((rate, cpu, single(server, f"{who}{turn}s")))
                limit = statistics.median(limits)
                print(f"{work:g} ms of work, {options.workers} workers, {options.rounds} rounds of {count}: bare {limit:,.0f} snippets/s")
                for who, found in rows.items():
                    rate, cpu, alone = (statistics.median(column) for column in zip(*found, strict=True))
                    ratio = statistics.median(row[0] / one for row, one in zip(found, limits, strict=True))
                    server = running[who]
                    rates = f"{rate:,.0f} snippets/s ({ratio:.3f} of bare), {cpu:.3f} ms of its CPU each in batches; single {alone:.1f} ms"
                    print(f"  {who}: {rates}; idle {idle(server):.1%} of a core; {server.begun}", flush=True)


def real(options: argparse.Namespace) -> None:
    """`synth serve` with real Lean."""
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    command = [sys.executable, "-m", "synth", "serve", "--port", str(options.port), "--workers", str(options.workers)]
    server = Server(command, options.port, environment | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])})
    try:

        def asked(count: int, name: str) -> Callable[[], httpx.Response]:
            rows = [{"id": str(n), "statement": "theorem t (n : Nat) : n + 0 = n", "proof": f"by simp -- {name}{n}"} for n in range(count)]
            return lambda: server.client.post("/v1/verify", json={"checks": rows})

        asked(8 * options.workers, "warm")()
        took = []
        for n in range(SINGLES):
            begun = time.monotonic()
            asked(1, f"s{n}.")().raise_for_status()
            took.append(1000 * (time.monotonic() - begun))
        cpu, begun = own_cpu(server.process.pid), time.monotonic()
        results = asked(options.checks, "b")().json()["results"]
        wall, cpu = time.monotonic() - begun, own_cpu(server.process.pid) - cpu
        assert all(row["outcome"] == "accepted" and row["audit"] == "kernel" for row in results)
        lean = statistics.median(1000 * row["seconds"] for row in results)
        rates = f"{options.checks / wall:.0f}/s, {1000 * cpu / options.checks:.2f} ms of the service's CPU each (Lean's wall {lean:.1f} ms)"
        print(f"real Lean, {options.workers} workers: {server.begun}; idle {idle(server):.1%} of a core")
        print(f"  single {statistics.median(took):.1f} ms; {options.checks} one-liners in a batch: {rates}")
    finally:
        server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("compare", "real", "ours"))
    parser.add_argument("--work", type=float, nargs="*", default=[0.0, 10.0], help="ms of the stand-in for each command")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--snippets", type=int, default=0, help="of a batch; 0: 2000 without work, 400 with")
    parser.add_argument("--checks", type=int, default=300)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--peer", default="", help="command line that starts the other server")
    parser.add_argument("--peer-port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "ours":
        ours(options.port, options.workers, options.folder)
    elif options.what == "real":
        real(options)
    else:
        compare(options)


if __name__ == "__main__":
    main()
