"""The Ray that a command works on.

One of our own is for this machine alone: it listens on the loopback interface and asks for a token that is in no file.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray._private import ray_constants
from ray._private import services as ray_services
from ray._private import utils as ray_utils
from ray._raylet import AuthenticationTokenLoader  # type: ignore[attr-defined]

from verify_workers.errors import UserError
from verify_workers.processes import children

log = logging.getLogger("verify_workers.ray")
T = TypeVar("T")

ANSWER_SECONDS = 10.0  # that a cluster may take to answer at all
START_SECONDS = 120.0  # that a node of Ray may take to be up
STARTS = 2  # times that a Ray of our own is started before we give up on a machine too busy for it
SHORT_FOLDER = "/tmp"
# Below its folder Ray makes sockets with names like session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store.
LONGEST_FOLDER = 107 - 70  # bytes; a socket's path has at most 107
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # how a client of gRPC begins: preface, empty SETTINGS
TOO_SLOW = "timed out during startup"  # what Ray says then
SETTINGS = 4  # the kind of frame with which a server of gRPC answers


@contextmanager
def ray_session() -> Iterator[None]:
    """The cluster that RAY_ADDRESS or a Ray job names, else a Ray of our own that ends with us.

    Raises UserError, one line, when that cluster does not answer.
    """
    if ray.is_initialized():
        yield
        return
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS")
    with ExitStack() as stack:
        if address is None or address == "local":
            # Actors here share the cores: what they reserve is a matter of the configuration, not of Ray.
            # Without an address Ray would join whatever runs on this machine already.
            settings |= {"address": "local", "num_cpus": max(4, os.cpu_count() or 1), "include_dashboard": False}
            stack.enter_context(_for_us_alone())
            folder = stack.enter_context(_folder())
            settings |= {"_temp_dir": folder} if folder else {}
        elif address != "auto":
            _await_answer(address)
        try:
            with _our_signals():
                patiently(lambda: ray.init(**settings))
        except (ConnectionError, ValueError, RuntimeError) as error:
            if address is None:
                raise
            raise UserError(
                f"RAY_ADDRESS={address}: {' '.join(str(error).split())[:300]}; unset it to work on this machine alone"
            ) from error
        try:
            yield
        finally:
            ray.shutdown()


def patiently(start: Callable[[], T]) -> T:
    """What `start` returns, which starts nodes of Ray; tried again where the machine was too busy for one to be up in time."""
    for left in reversed(range(STARTS)):
        before = children(os.getpid())
        try:
            with _more_time():
                return start()
        except Exception as error:  # Ray raises the bare class
            if TOO_SLOW not in str(error):
                raise
            log.warning("Ray was too slow to start on this machine; once more")
            ray.shutdown()
            _end_others(before)
            if not left:
                raise UserError(
                    f"Ray did not start in {STARTS} tries of {START_SECONDS:.0f} s: this machine is too busy or has too little memory; "
                    "try again later"
                ) from error
    raise AssertionError("there is at least one try")


@contextmanager
def _more_time() -> Iterator[None]:
    """Give a node of Ray START_SECONDS to be up, not the half minute that is fixed in Ray: on a busy machine starting anew takes longer."""
    look = ray_services.get_node

    def patient(*args: Any) -> Any:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return look(*args)
            except RuntimeError:  # not there yet
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    ray_services.get_node = patient
    try:
        yield
    finally:
        ray_services.get_node = look


def _end_others(kept: list[int]) -> None:
    """End the processes of a Ray that was not up in time: Ray lets them run on until we exit, in the way of the next try."""
    for pid in set(children(os.getpid())).difference(kept):
        with suppress(OSError):
            if b"ray" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


@contextmanager
def _our_signals() -> Iterator[None]:
    """Have SIGTERM go on coming to whoever handles it here while Ray starts.

    Ray's own handler raises SystemExit wherever the program is, also where Python drops it (in the callback of a weak reference):
    a service that was told to end while it started then ran on.  Where nobody handles SIGTERM, Ray's handler is better than none.
    """
    ours = signal.getsignal(signal.SIGTERM)
    if ours in (signal.SIG_DFL, None) or threading.current_thread() is not threading.main_thread():
        yield
        return
    theirs = ray_utils.set_sigterm_handler
    ray_utils.set_sigterm_handler = lambda handler: None
    try:
        yield
    finally:
        ray_utils.set_sigterm_handler = theirs
        signal.signal(signal.SIGTERM, ours)  # its C++ part has set one that aborts, for the last moment of its start


@contextmanager
def _folder() -> Iterator[str]:
    """A short folder for Ray, which goes away again, where the one of its own choice is too long for its sockets; '' where it is not."""
    chosen = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or SHORT_FOLDER
    if len(os.fsencode(Path(chosen, "ray").absolute())) <= LONGEST_FOLDER:
        yield ""
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="ray-", dir=SHORT_FOLDER, ignore_cleanup_errors=True)
    except OSError as error:
        raise UserError(f"the folder for temporary files is too long for Ray ({chosen}): set RAY_TMPDIR to a shorter one") from error
    with folder as name:
        yield name


@contextmanager
def _for_us_alone() -> Iterator[None]:
    """Have the Ray that starts now listen on loopback only, and keep its token out of ~/.ray, where a Lean process might read it.

    Ray 2.60 listens everywhere even with `_node_ip_address="127.0.0.1"`, which it replaces by the machine's address, unless it is
    told that there are no clusters here (a switch made for other systems).  A token or mode that the user chose stays.
    """
    changes = {ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR: "0"}
    if not any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")):
        changes["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    before = {name: os.environ.get(name) for name in changes}
    clusters = ray_constants.ENABLE_RAY_CLUSTER
    os.environ.update(changes)
    ray_constants.ENABLE_RAY_CLUSTER = False  # what the variable says, which Ray read when it was imported
    AuthenticationTokenLoader.instance().reset_cache()
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = clusters
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        AuthenticationTokenLoader.instance().reset_cache()


def _await_answer(address: str) -> None:
    """Return when a Ray answers at `address`; Ray itself would wait for ever."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal() or "/" in host:  # http://… is the dashboard, where jobs are submitted
        raise UserError(f"RAY_ADDRESS={address}: not an address; it is HOST:PORT, or unset it to work on this machine alone")
    end = time.monotonic() + ANSWER_SECONDS
    while not _answers(host.strip("[]"), int(port), max(1.0, end - time.monotonic())):
        if time.monotonic() > end:
            raise UserError(f"no Ray cluster answers at RAY_ADDRESS={address}: start one there, or unset it to work on this machine alone")
        time.sleep(0.5)


def _answers(host: str, port: int, seconds: float) -> bool:
    """Whether a server of gRPC, as Ray's are, is there (one that wants TLS only has to take the connection)."""
    with suppress(OSError, OverflowError), socket.create_connection((host, port), seconds) as line:
        if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
            return True
        line.settimeout(seconds)
        line.sendall(HELLO)
        answer = b""
        while len(answer) < 9 and (piece := line.recv(9 - len(answer))):
            answer += piece
        return len(answer) == 9 and answer[3] == SETTINGS
    return False
