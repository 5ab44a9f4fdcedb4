"""A Lean session for the tests of the core library: the embedded Lean, built once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verify_workers.lean import LeanInstall, embedded

Messages = list[dict[str, Any]]
RunLean = Callable[[str], Messages]


@pytest.fixture(scope="session")
def install() -> LeanInstall:
    return embedded()


@pytest.fixture
def run_lean(install: LeanInstall, tmp_path: Path) -> RunLean:
    """Lean's messages on a text; fails unless Lean reached the end of it (a crash must not look like silence)."""

    def run(text: str) -> Messages:
        path = tmp_path / "test.lean"
        path.write_text(f"{text}\n#check «end of the text»\n", encoding="utf-8")
        done = subprocess.run(
            [*install.command(), "-D", "maxErrors=0", "--json", str(path)],
            env=install.environment(),
            capture_output=True,
            text=True,
            timeout=300,
        )
        messages: Messages = [json.loads(line) for line in done.stdout.splitlines()]
        assert messages and "end of the text" in messages[-1]["data"], (done.returncode, done.stderr[-2000:], messages[-3:])
        return messages[:-1]

    return run
