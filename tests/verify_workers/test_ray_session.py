"""The Ray of a command: one line where a cluster does not answer, and sockets in a folder that is short enough."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify_workers import ray_session as module
from verify_workers.errors import UserError
from verify_workers.ray_session import ray_session

ROOT = Path(__file__).parents[2]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "no.such.host.invalid:6379"])
def test_a_cluster_that_is_not_there_is_one_line(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    monkeypatch.setenv("RAY_ADDRESS", address)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    with pytest.raises(UserError) as error, ray_session():
        pass
    assert (
        str(error.value) == f"no Ray cluster answers at RAY_ADDRESS={address}: start one there, or unset it to work on this machine alone"
    )


@pytest.mark.parametrize("address", ["head-node", "http://127.0.0.1:8265", "head:port"])
def test_what_is_no_address_is_one_line(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    with pytest.raises(UserError, match=f"RAY_ADDRESS={address}: not an address; it is HOST:PORT"), ray_session():
        pass


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"])
def test_only_what_speaks_as_ray_does_is_a_cluster(says: bytes, listener: socket.socket) -> None:
    def answer() -> None:
        line, _ = listener.accept()
        with line:
            line.recv(1000)
            line.sendall(says)

    thread = threading.Thread(target=answer)
    thread.start()
    assert module._answers(*listener.getsockname(), 10.0) == says.startswith(b"\x00")
    thread.join()


def test_one_that_takes_the_connection_and_is_silent_is_none(listener: socket.socket) -> None:
    started = time.monotonic()
    assert not module._answers(*listener.getsockname(), 0.2)
    assert time.monotonic() - started < 60


def test_a_real_ray_answers(ray_local: None) -> None:
    import ray

    host, _, port = ray.get_runtime_context().gcs_address.rpartition(":")
    assert module._answers(host, int(port), 30.0)


@pytest.mark.parametrize("variable", ["TMPDIR", "RAY_TMPDIR"])
def test_a_long_folder_for_temporary_files_is_gone_around(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.setenv(variable, f"{module.SHORT_FOLDER}/x")
    with module._folder() as folder:
        assert folder == ""
    monkeypatch.setenv(variable, str(tmp_path / ("x" * 80)))
    with module._folder() as folder:
        assert len(os.fsencode(folder)) <= module.LONGEST_FOLDER and Path(folder).is_dir()
    assert not Path(folder).exists()
    monkeypatch.setattr(module, "SHORT_FOLDER", str(tmp_path / "none"))
    with pytest.raises(UserError, match="set RAY_TMPDIR to a shorter one"), module._folder():
        pass


def test_it_works_under_a_long_folder_and_leaves_signals_to_whoever_handles_them(tmp_path: Path) -> None:
    """Both in one process: a start of Ray takes many seconds."""
    long = tmp_path / ("job-of-a-batch-system-" * 4)
    long.mkdir()
    code = (
        "import os, signal, ray\nfrom ray._private import utils\nfrom verify_workers.ray_session import ray_session\n"
        "start, setter = ray._private.node.Node, utils.set_sigterm_handler\n"
        "def node(*settings, **more):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"  # Ray's own handler would be in place by now
        "    return start(*settings, **more)\n"
        "ray._private.node.Node = node\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('ours'))\n"
        "with ray_session():\n"
        "    print(ray.get(ray.remote(lambda: 7).remote()), utils.set_sigterm_handler is setter)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = in_a_process(code, TMPDIR=str(long))
    assert (done.returncode, done.stdout) == (0, "ours\n7 True\nours\n"), done.stderr[-2000:]


def in_a_process(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)


def test_a_start_that_failed_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ray.shutdown", lambda: None)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    other = subprocess.Popen(sleep)
    made = list[subprocess.Popen[bytes]]()

    def start() -> str:
        if made:
            return "up"
        made.extend(subprocess.Popen([*sleep, name]) for name in ("ray::raylet", "another"))
        while b"raylet" not in Path(f"/proc/{made[0].pid}/cmdline").read_bytes():  # not there yet at the very moment of exec
            time.sleep(0.01)
        raise Exception("timed out during startup")

    try:
        assert module.patiently(start) == "up"
        assert made[0].wait(60) == -9 and made[1].poll() is None and other.poll() is None
    finally:
        for process in (*made, other):
            process.kill()
            process.wait()


def test_a_machine_that_is_too_busy_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[None] = []
    monkeypatch.setattr("ray.shutdown", lambda: ended.append(None))
    tries = iter([Exception("The current node timed out during startup. This could"), "up"])

    def start() -> str:
        result = next(tries)
        if isinstance(result, Exception):
            raise result
        return result

    assert module.patiently(start) == "up" and len(ended) == 1
    tries = iter([Exception("no space left"), "up"])
    with pytest.raises(Exception, match="no space left"):
        module.patiently(start)
    tries = iter([Exception("timed out during startup")] * 9)
    with pytest.raises(UserError, match="Ray did not start in 2 tries of 120 s"):
        module.patiently(start)
    assert len(list(tries)) == 9 - module.STARTS


def test_a_node_may_take_longer_than_the_half_minute_that_is_fixed_in_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[str]()

    def get_node(address: str, node: str) -> dict[str, str]:
        looks.append(address)
        if len(looks) < 4 or address == "never":
            raise RuntimeError(f"no node {node}")
        return {"node_id": node}

    monkeypatch.setattr(module.ray_services, "get_node", get_node)
    monkeypatch.setattr(module, "START_SECONDS", 30.0)
    assert module.patiently(lambda: module.ray_services.get_node("here", "n")) == {"node_id": "n"} and len(looks) == 4
    assert module.ray_services.get_node is get_node, "only while it starts"
    monkeypatch.setattr(module, "START_SECONDS", 0.2)
    with pytest.raises(RuntimeError, match="no node n"):
        module.patiently(lambda: module.ray_services.get_node("never", "n"))
