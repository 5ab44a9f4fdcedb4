"""`synth serve` as its users run it: Ray Serve, real Lean, Kimina's own client, and an end that drains."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kimina_client import AsyncKiminaClient, KiminaClient, Snippet
from kimina_client.models import SnippetStatus

ROOT = Path(__file__).resolve().parents[3]
KEY = "a key"


def start(port: int, *options: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "synth", "serve", "--port", str(port), "--workers", "1", *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start(port, "--api-key", KEY)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving on "), process.communicate(timeout=60)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


SNIPPETS = [
    Snippet(id="good", code="theorem x (n : Nat) : n + 0 = n := by\n  simp"),
    Snippet(id="bad", code="theorem x : 1 = 2 := by\n  rfl"),
    Snippet(id="sorry", code="theorem x : 1 = 2 := by\n  sorry"),
    Snippet(id="mathlib", code="import Mathlib\ntheorem x : 1 = 1 := rfl"),
    *(Snippet(id=f"n{n}", code=f"theorem x : {n} + 1 = {n + 1} := rfl") for n in range(12)),
]
EXPECTED = {
    "good": SnippetStatus.valid,
    "bad": SnippetStatus.lean_error,
    "sorry": SnippetStatus.sorry,
    "mathlib": SnippetStatus.server_error,
}


def test_kiminas_client_works_unchanged(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    KiminaClient(api_url=url, api_key=KEY).test()  # its own: `#check Nat`
    answers = KiminaClient(api_url=url, api_key=KEY).check(SNIPPETS, timeout=20, batch_size=5, show_progress=False)

    async def again() -> list[object]:
        client = AsyncKiminaClient(api_url=url, api_key=KEY)
        try:
            return list((await client.check(SNIPPETS, timeout=20, batch_size=5, show_progress=False)).results)
        finally:
            await client.close()

    for results in (answers.results, asyncio.run(again())):
        statuses = {row.id: row.analyze().status for row in results}
        assert statuses == {s.id: EXPECTED.get(s.id, SnippetStatus.valid) for s in SNIPPETS}


def test_our_own_interface(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    assert httpx.get(f"{url}/health", timeout=60).json() == {"status": "ok"}
    body = {"checks": [{"id": str(n), "statement": f"theorem x : {n} + {n} = {2 * n + n % 2}", "proof": "by rfl"} for n in range(80)]}
    assert httpx.post(f"{url}/v1/verify", json=body, timeout=60).status_code == 401
    answer = httpx.post(f"{url}/v1/verify", json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
    results = answer.json()["results"]
    assert [row["id"] for row in results] == [str(n) for n in range(80)]
    assert [row["outcome"] == "accepted" and row["audit"] == "kernel" for row in results] == [n % 2 == 0 for n in range(80)]


def test_a_taken_port_is_told_in_one_line(service: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = service
    second = start(int(url.rpartition(":")[2]))
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 2 and "cannot listen on 127.0.0.1" in errors and "Traceback" not in errors


def test_no_language_model_is_loaded() -> None:
    code = (
        "import sys, verify_workers.serve.service; print([m for m in ('torch', 'vllm', 'transformers', 'deepspeed') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def under_way(url: str) -> bool:
    """Whether a pool has a check that it has not answered yet."""
    status = httpx.get(f"{url}/v1/status", headers={"Authorization": f"Bearer {KEY}"}, timeout=60).json()
    return any(node.get("outstanding") for node in status["nodes"])


def test_what_is_under_way_finishes_before_the_end(service: tuple[str, subprocess.Popen[str]]) -> None:
    """The last test of this file: it ends the service."""
    url, process = service
    slow = {"id": "slow", "statement": "theorem x : True", "proof": "by\n  repeat (first | skip; skip)", "timeout": 6}
    answers = list[httpx.Response]()

    def ask() -> None:
        answers.append(httpx.post(f"{url}/v1/verify", json={"checks": [slow]}, headers={"Authorization": f"Bearer {KEY}"}, timeout=60))

    asking = threading.Thread(target=ask)
    asking.start()
    end = time.monotonic() + 60
    while not under_way(url):
        assert time.monotonic() < end
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    asking.join()
    assert answers[0].status_code == 200 and answers[0].json()["results"][0]["outcome"] == "timeout"
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
