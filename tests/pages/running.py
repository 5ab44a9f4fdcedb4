"""The commands of a page run as they stand there, one after the other, in a fresh folder."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.pages.blocks import ROOT, Block, Command
from tests.pages.world import World

ELSEWHERE = {
    r"^make |^git clone |^\. |^pip install ": "set-up: it has made what runs this test (tests/test_packaging.py, .ci/run)",
    r"^ray job submit ": "a cluster: tests/test_cluster_run.py",
    r"\.endpoint=": "a server with a model of billions: tests/test_presets_end_to_end.py, with a server of ours",
    r"--project |verify\.project=": "a lake project with Mathlib: tests/verify_workers/lean and backends, with a project of ours",
    r"sampler\.gpus=": "a GPU: tests/synth/llm/test_placement.py, docs/benchmarks/gpu.py",
    r"--role formalizer": "needs pairs that `synth informalize` kept, and the demo's small model, which was not made for it, gives none",
    r"owner/name": "a data set on the Hub: tests/synth/problems/test_files.py",
    r"^synth ablate ": "trains for an hour: tests/test_ablate_end_to_end.py, smaller",
    r"^synth run (my\.yaml|cluster/configs/(?!embedded))": "needs what that configuration names",
}
"""What does not run here, why, and what tests it; every command is still read by its own parser (commands.py)."""
QUICK = r"^(synth cluster render|synth check-programs examples|synth verify proofs|synth serve|synth run .*--dry-run|curl|cut|echo)\b"
"""What takes seconds: blocks of nothing else run with every commit."""
SERVES = "synth serve"
PORT = "8000"


def elsewhere(command: Command) -> str:
    """Why a command does not run here; '' where it does."""
    return next((why for pattern, why in ELSEWHERE.items() if re.search(pattern, command.text)), "")


def here(block: Block) -> list[Command]:
    """The commands of a console block that run here."""
    return [command for command in block.commands() if not elsewhere(command)] if block.language == "console" else []


def quick(block: Block) -> bool:
    return bool(here(block)) and all(re.search(QUICK, command.text) for command in here(block))


def run(blocks: Sequence[Block], world: World) -> dict[str, str]:
    """The output of each command of these blocks, by its text.

    AssertionError at the first that fails, or says something else than its page.
    """
    said: dict[str, str] = {}
    with contextlib.ExitStack() as servers:
        port = _free_port()
        for block in blocks:
            for command in here(block):
                world.give(command.text)
                script = (
                    world.script(command.text).replace(f"localhost:{PORT}", f"localhost:{port}").replace(f"--port {PORT}", f"--port {port}")
                )
                if command.text.startswith(SERVES):
                    servers.enter_context(_serving(script, world.folder, port))
                    continue
                done = subprocess.run(
                    ["bash", "-e", "-c", script],
                    cwd=world.folder,
                    env=environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, f"{block.place}: {script}\n{done.stdout[-3000:]}"
                said[command.text] = done.stdout
                lacks = _lacking(command.output, [world.shown(line) for line in done.stdout.splitlines()])
                assert not lacks, f"{block.place}: {command.text}: the page shows {lacks!r}, which it did not say:\n{done.stdout[-3000:]}"
    return said


def _lacking(shown: Sequence[str], said: Sequence[str]) -> str:
    """The first line that a page shows and the command did not say, in this order; `…` stands for any lines."""
    rest = iter([line.rstrip() for line in said])
    return next((line for line in shown if line != "…" and line.rstrip() not in rest), "")


def environment() -> dict[str, str]:
    """With `synth` on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "WANDB_MODE": "offline", "COLUMNS": "160"}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def _serving(script: str, folder: Path, port: int) -> Iterator[None]:
    """The service, until the page's end; it ends well."""
    server = subprocess.Popen(
        ["bash", "-c", f"exec {script}"], cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10):
                break
            assert server.poll() is None, server.communicate()[0]
            time.sleep(0.2)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        said = server.communicate(timeout=60)[0]
        assert server.returncode in (0, 130), said
