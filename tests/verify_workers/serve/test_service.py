"""`synth serve` as its users run it: real Lean, Kimina's own client, and an end that drains."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from kimina_client import AsyncKiminaClient, KiminaClient, Snippet
from kimina_client.models import SnippetStatus

from tests.verify_workers.serve.real_service import KEY, ROOT, Service, free_port, serving, start, until_first_answer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", params=["machine", "ray"])
def checking(request: pytest.FixtureRequest) -> str:
    """Who checks: the pool in the service's own process, or node pools on Ray, as on a cluster."""
    return str(request.param)


@pytest.fixture(scope="module")
def service(home: Path, checking: str) -> Iterator[Service]:
    with serving(home=home, ray=checking == "ray") as service:
        yield service


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


def test_kiminas_client_works_unchanged(service: Service) -> None:
    url = service.url
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


def test_until_it_is_ready_it_says_when_to_come_again(service: Service) -> None:
    assert [path for path, _, _ in service.early] == ["/health", "/api/check", "/verify", "/v1/verify"]
    assert {(status, again) for _, status, again in service.early} == {(503, "2")}


def test_nothing_of_it_listens_on_a_network(service: Service, home: Path, checking: str) -> None:
    listening = []
    for process in (psutil.Process(service.process.pid), *psutil.Process(service.process.pid).children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # Lean's processes come and go
            listening += [c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert len(listening) > 5 if checking == "ray" else len(listening) == 1  # Ray's own among them
    assert {address.ip.removeprefix("::ffff:") for address in listening} <= {"127.0.0.1", "::1"}
    assert not list(home.rglob("auth_token"))  # nor does Ray's token lie where a Lean process might read it


def test_our_own_interface(service: Service) -> None:
    url = service.url
    assert httpx.get(f"{url}/health", timeout=60).json() == {"status": "ok"}
    body = {"checks": [{"id": str(n), "statement": f"theorem x : {n} + {n} = {2 * n + n % 2}", "proof": "by rfl"} for n in range(80)]}
    assert httpx.post(f"{url}/v1/verify", json=body, timeout=60).status_code == 401
    answer = httpx.post(f"{url}/v1/verify", json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
    results = answer.json()["results"]
    assert [row["id"] for row in results] == [str(n) for n in range(80)]
    assert [row["outcome"] == "accepted" and row["audit"] == "kernel" for row in results] == [n % 2 == 0 for n in range(80)]


def test_a_taken_port_is_told_in_one_line(service: Service) -> None:
    second = start(service.port)
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 2 and "cannot listen on 127.0.0.1" in errors and "Traceback" not in errors


def test_neither_a_language_model_nor_ray_is_loaded() -> None:
    heavy = ("ray", "pyarrow", "numpy", "torch", "vllm", "transformers", "deepspeed")
    code = f"import sys, verify_workers.serve.service; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def under_way(url: str) -> bool:
    """Whether a pool has a check that it has not answered yet."""
    status = httpx.get(f"{url}/v1/status", headers={"Authorization": f"Bearer {KEY}"}, timeout=60).json()
    return any(node.get("outstanding") for node in status["nodes"])


@pytest.mark.parametrize(("number", "status", "ray"), [(signal.SIGTERM, 143, True), (signal.SIGINT, 130, False)])
def test_a_signal_before_it_is_ready_ends_it_at_once_and_leaves_nothing(number: signal.Signals, status: int, ray: bool) -> None:
    port = free_port()
    process = start(port, "--api-key", KEY, ray=ray)
    assert {said for _, said, _ in until_first_answer(process, port)} == {503}
    service, end = psutil.Process(process.pid), time.monotonic() + 60
    while not service.children(recursive=True):  # Ray's, or Lean's
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.01)
    children = service.children(recursive=True)
    process.send_signal(number)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output, errors) == (status, "", "synth: interrupted\n")
    assert not psutil.wait_procs(children, timeout=60)[1]


def test_what_is_under_way_finishes_before_the_end(service: Service) -> None:
    """The last test of this file: it ends the service."""
    url, process = service.url, service.process
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
