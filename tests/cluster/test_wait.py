"""Waiting for nodes: until they are there, no longer than asked, and a cluster that does not answer has none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.wait import alive, wait

ROOT = Path(__file__).parents[2]


def test_it_returns_when_the_nodes_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = iter([0, 1, 1, 3])
    assert wait(lambda: next(found), 3, seconds=60, pause=0) == 3
    assert capsys.readouterr().err.splitlines() == ["0 of 3 nodes are there", "1 of 3 nodes are there", "3 of 3 nodes are there"]


def test_it_gives_up_in_time() -> None:
    assert wait(lambda: 1, 3, seconds=0.05, pause=0.01) == 1


def test_where_nothing_answers_there_is_no_node() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert alive(f"127.0.0.1:{free.getsockname()[1]}") == 0  # bound, and nobody listens


def test_too_few_nodes_are_one_line() -> None:
    command = [sys.executable, "-m", "cluster.wait", "--nodes", "2", "--address", "127.0.0.1:1", "--seconds", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "only 0 of 2 nodes are there after 0 s; look at the logs of the others"
