"""Child B, which audits several checks: what it keeps of one counts against none of the others."""

from __future__ import annotations

import json
import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest

from verify_workers.kernel import children, zygote
from verify_workers.kernel.zygote import SessionServer

REQUEST = {"same_text": True, "negated": False, "export": False, "timeout": 5.0, "memory": 1 << 20}


class Auditors:
    """Stand-ins of child B; each says, for each of its audits in turn, how it ended."""

    def __init__(self, *ends: list[str]) -> None:
        self._ends, self.started, self.stopped = list(map(list, ends)), 0, 0

    def serve(self, handle: object, memory: int) -> Any:
        self.started += 1
        return SimpleNamespace(ends=self._ends.pop(0), memory=memory, ended=None, signal=0, data=b"")

    def ask(self, child: Any, question: bytes, seconds: float, owner: object) -> None:
        child.ended = child.ends.pop(0)
        child.data = json.dumps({"status": "refused" if child.ended == "refused" else "ok"}).encode() + b"\n"
        child.ended = "ok" if child.ended == "refused" else child.ended

    def stop(self, child: Any) -> None:
        self.stopped += 1


@pytest.mark.parametrize(
    ("ends", "told", "started"),
    [
        ([["ok", "ok", "memory"], ["ok"]], ["ok", "ok", "ok"], 2),
        ([["ok", "crash"], ["ok"]], ["ok", "ok"], 2),
        ([["ok", "memory"], ["memory"], ["ok"]], ["ok", "memory", "ok"], 3),  # it is this check's own
        ([["memory"], ["ok"]], ["memory", "ok"], 2),  # a fresh one is not asked twice
        ([["ok", "timeout"], ["ok"]], ["ok", "timeout", "ok"], 2),
        ([["ok", "refused"], ["ok"]], ["ok", "refused", "ok"], 2),
    ],
)
def test_memory_of_earlier_audits_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, ends: list[list[str]], told: list[str], started: int
) -> None:
    auditors = Auditors(*ends)
    for name in ("serve", "ask", "stop"):
        monkeypatch.setattr(children, name, getattr(auditors, name))
    server = SessionServer(cast(Any, None), cast(Any, None), cast(socket.socket, None))
    assert [server._judge(b"[]", b"[]", ["goal"], REQUEST)["status"] for _ in told] == told
    assert auditors.started == started and zygote.REUSE > 1
