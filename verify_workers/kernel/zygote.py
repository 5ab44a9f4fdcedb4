"""The zygote: imports a header once, then forks a session for every worker that asks.  Standard library only.

Started by `client` as a process of its own with one end of a socket pair as descriptor 0; a byte on it, with a socket
attached, asks for a session there.  All sessions share the zygote's memory, copy on write: the header is imported once
for all workers.  A session answers one request at a time; every request has a sequence number that its reply repeats.
Per check it forks:

    S   elaborates the trusted statement (once per statement: the exported type is kept)     jailed
    A   elaborates the candidate and exports what its theorem rests on                       jailed, hostile
    B   rebuilds both, replays, pins, walks the axioms; never elaborates any text            jailed, decides

S and A run at the same time; B only when both have delivered.  What A prints is feedback, never the verdict.

A kernel environment is a value: what B adds for one check is not there for the next.  So one B may audit several
checks, as long as all it has seen was in order; after anything that it did not accept, and after `REUSE` checks, it
is ended and the next audit gets a fresh one.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn

from verify_workers.kernel import abi, children, export, jail, ndjson, normal, probe, wire
from verify_workers.kernel import elaborate as frontend
from verify_workers.kernel.abi import Key
from verify_workers.kernel.children import Child
from verify_workers.kernel.elaborate import World
from verify_workers.kernel.export import Refused
from verify_workers.kernel.gathered import gather
from verify_workers.kernel.judge import Axioms, judge
from verify_workers.kernel.replay import MalformedExport, Terms, replay
from verify_workers.kernel.resident import make_resident
from verify_workers.kernel.wanted import PIN, Wanted
from verify_workers.lean.special import KERNEL_COMPUTED
from verify_workers.text.messages import MORE, rank

Report = dict[str, Any]

STACK = 8 << 20  # bytes
KEPT_STATEMENTS, KEPT_BYTES = 2048, 32 << 20  # whichever is reached first
REUSE = 50
MAX_EXPORT = children.MAX_OUTPUT - (1 << 20)  # bytes of a closure
MAX_MESSAGES, MAX_MESSAGE = 40, 4000  # feedback: messages per check, characters per message


@dataclass
class SessionServer:
    """What one worker's checks are answered by; `owner` is the socket to that worker."""

    world: World
    axioms: Axioms
    owner: socket.socket
    statements: OrderedDict[tuple[str, str], tuple[bytes, Report]] = field(default_factory=OrderedDict)
    """What S exported of each, and its report."""
    kept: int = 0  # bytes of them
    auditor: Child | None = None  # child B
    audits: int = 0  # that it has done
    ready: list[Child] = field(default_factory=list)  # forked ahead, in the jail, and nothing asked of them yet
    used: list[Child] = field(default_factory=list)  # of the last check, not reaped yet where they have answered

    def check(self, request: Report) -> Report:
        """One check: reports of the children that ran, under `statement`, `candidate` and `judge`.

        `prefix` is what stands between the imports and both the statement and the candidate's `source`.
        Without a statement only the candidate is elaborated.
        """
        prefix, statement, target = (
            request["prefix"],
            request["statement"],
            tuple(request["target"]),
        )
        source = (prefix + request["source"]).encode()
        reply: Report = {}
        if not statement:
            child = self._given("snippet", source, target, 0, request)
            children.finish([child], self.owner)
            return {"candidate": _report(child)[0]}
        known = self.statements.get((prefix, statement))
        running = {"candidate": self._given("candidate", source, target, 0, request)}
        if known is None:
            trusted = f"{prefix}{statement} := sorry\n".encode()
            running["statement"] = self._given("statement", trusted, target, len(prefix.encode()), request)
        children.finish(list(running.values()), self.owner)
        exported = b""
        for role, child in running.items():
            reply[role], body = _report(child)
            if role == "candidate":
                exported = body
            elif reply[role]["status"] == "ok":
                known = self.statements[prefix, statement] = body, reply[role]
                self.kept += len(body) + len(trusted)
                while self.statements and (len(self.statements) > KEPT_STATEMENTS or self.kept > KEPT_BYTES):
                    (above, text), (old, _) = self.statements.popitem(last=False)
                    self.kept -= len(old) + len(f"{above}{text} := sorry\n".encode())
        if known is None:
            return reply
        trusted_type, reply["statement"] = known
        if reply["candidate"]["status"] != "ok":
            return reply
        reply["judge"] = self._judge(trusted_type, exported, reply["candidate"].get("target"), request)
        return reply

    def _given(self, role: str, source: bytes, target: Key, place: int, request: Report) -> Child:
        """A child at work on `source` in a role: one that was forked ahead, if there is one."""
        child = None
        while self.ready and child is None:
            child = self.ready.pop()
            if not children.alive(child):
                children.stop(child)
                child = None
        child = child or children.prepare(self._work, self._ahead)
        self.used.append(child)
        children.give(child, json.dumps([role, target, place]).encode() + b"\n" + source, request["timeout"], request["memory"])
        return child

    def prepare(self) -> None:
        """Between two checks: end the children of the last one, and fork as many ahead of the next."""
        used, self.used = self.used, []
        for child in used:
            children.stop(child)
        while len(self.ready) < len(used):
            self.ready.append(children.prepare(self._work, self._ahead))

    def _judge(self, statement: bytes, exported: bytes, root: Any, request: Report) -> Report:
        """Child B's report."""
        head = json.dumps([root, request["same_text"], request["negated"], len(statement), request["export"]]).encode()
        question = head + b"\n" + statement + exported
        report, audits = self._audited(question, request)
        if audits > 1 and report["status"] in ("memory", "crash"):  # what it kept of earlier checks counts against none
            report, _ = self._audited(question, request)
        return report

    def _audited(self, question: bytes, request: Report) -> tuple[Report, int]:
        """What child B said, and how many audits it had done by then."""
        if self.auditor is None:
            self.auditor, self.audits = children.serve(_answering(self._audit), request["memory"]), 0
        auditor = self.auditor
        self.audits += 1
        auditor.memory = request["memory"]
        children.ask(auditor, question, max(request["timeout"], wire.WHOLE_SECONDS if request["export"] == "whole" else 5.0), self.owner)
        report, closure = _report(auditor)
        if closure:
            report["export"] = closure.decode("utf-8", "surrogatepass")
        if report["status"] != "ok" or self.audits >= REUSE:
            children.stop(auditor)
            self.auditor = None
        return report, self.audits

    def learn(self, reply: Report) -> None:
        """After the reply is sent: walk what child B had to walk, so that later checks need not."""
        self.axioms.learn([tuple(k) for k in reply.get("judge", {}).pop("walked", [])])

    # ---- in the children ----

    def _ahead(self) -> None:
        """What S, A and the child of a snippet do before they are asked."""
        self.world.lean.start_tasks(1)

    def _work(self, request: bytes) -> bytes:
        """What S, A or the child of a snippet answers."""
        head, _, source = request.partition(b"\n")
        role, target, place = json.loads(head)
        work = {
            "candidate": lambda: self._candidate(source, tuple(target)),
            "statement": lambda: self._statement(source, place, tuple(target)),
            "snippet": lambda: self._snippet(source),
        }
        return _reported(work[role])()

    def _candidate(self, source: bytes, target: Key) -> tuple[Report, bytes]:
        done = frontend.elaborate(self.world, source, lazy=b"kernel" not in source)
        messages, errors = _feedback(done.messages)
        if errors:
            return {"status": "refused", "reason": "elaboration", "messages": messages}, b""
        root = export.find_target(self.world, done.kernel, target)
        if root is None:
            raise Refused("wrong_statement", f"no theorem {abi.show(target)} was declared")
        order = export.closure(self.world, done.kernel, [root])
        return {"status": "ok", "messages": messages, "target": root}, export.declarations(self.world, done.kernel, order)

    def _snippet(self, source: bytes) -> tuple[Report, bytes]:
        messages, errors = _feedback(frontend.elaborate(self.world, source).messages)
        return {"status": "refused", "reason": "elaboration", "messages": messages} if errors else {
            "status": "ok",
            "messages": messages,
        }, b""

    def _statement(self, source: bytes, place: int, target: Key) -> tuple[Report, bytes]:
        """What the statement says that begins at the byte `place`, where its command has to begin."""
        done = frontend.elaborate(self.world, source)
        messages, errors = _feedback(done.messages)
        if errors:
            return {"status": "refused", "reason": "statement", "messages": messages}, b""
        if done.last != place:
            raise Refused("statement", "what stands before the statement takes it for a part of itself")
        if self.world.lean.find(done.before, target) is not None:  # what stands before the statement took its place
            raise Refused("statement", f"{abi.show(target)} is declared before the statement")
        exported = export.statement(self.world, done.kernel, target, done.before)
        world = self.world
        said = normal.said(exported, lambda k: export.proposition(world, k), lambda k: export.type_of_things(world, k))
        return {"status": "ok", **asdict(said)}, exported

    def _audit(self, request: bytes) -> tuple[Report, bytes]:
        os.environ["LEAN_ABORT_ON_PANIC"] = "1"
        head, _, rest = request.partition(b"\n")
        root, same_text, negated, length, exporting = json.loads(head)
        if not isinstance(root, list) or not all(type(part) in (str, int) for part in root):
            raise MalformedExport("the target is no name")
        wanted = Wanted(self.world, rest[:length], negated=negated, same_text=same_text)
        candidate = replay(self.world, rest[length:], wanted.kernel, wanted.given)
        axioms, walked, pinned = judge(self.axioms, candidate, tuple(root), wanted)
        own = b""
        if exporting:
            kept = self.world.kernel if exporting == "own" else None  # "whole": the library's with it
            own = ndjson.document(self.world, pinned, [PIN], lambda k: kept is not None and self.world.lean.find(kept, k) is not None)
            own = own if len(own) <= MAX_EXPORT else b""
        return {"status": "ok", "axioms": axioms, "walked": walked}, own


def _answering(work: Callable[[bytes], tuple[Report, bytes]]) -> Callable[[bytes], bytes]:
    return lambda request: _reported(lambda: work(request))()


def _reported(work: Callable[[], tuple[Report, bytes]]) -> Callable[[], bytes]:
    """A child's work as bytes: one line of JSON, then the body."""

    def run() -> bytes:
        try:
            report, body = work()
        except Refused as refusal:
            report, body = {"status": "refused", "reason": refusal.reason, "detail": str(refusal)[:500]}, b""
        except MalformedExport as problem:
            report, body = {"status": "refused", "reason": "kernel", "detail": f"malformed export: {problem}"[:500]}, b""
        return json.dumps(report, separators=(",", ":")).encode() + b"\n" + body

    return run


def _report(child: Child) -> tuple[Report, bytes]:
    """What a child said, if it said it properly; a hostile child can only make itself refused."""
    if child.ended != "ok":
        return {"status": child.ended, "signal": child.signal}, b""
    head, newline, body = child.data.partition(b"\n")
    try:
        report = json.loads(head, parse_int=_number)
        if newline and isinstance(report, dict) and report.get("status") in ("ok", "refused"):
            return report, body
    except (ValueError, RecursionError):
        return {"status": "crash", "signal": 0}, b""
    return {"status": "crash", "signal": 0}, b""


def _number(text: str) -> int:
    """A number of a report; ValueError for one that nobody could mean and not every reader could read."""
    if len(text) > 18:
        raise ValueError("a number without measure")
    return int(text)


def _feedback(messages: list[bytes]) -> tuple[list[Report], bool]:
    """Lean's messages, errors and each `sorry` first, cut to a sensible length and number; whether one of them is an error."""
    rows = [json.loads(m) for m in messages]
    rows.sort(key=lambda row: rank(row["severity"], row["data"]))
    short = [
        {"severity": {"information": "info"}.get(row["severity"], row["severity"]), "line": row["pos"]["line"],
         "column": row["pos"]["column"], "text": row["data"][:MAX_MESSAGE],
         "end_line": (row.get("endPos") or {}).get("line"), "end_column": (row.get("endPos") or {}).get("column")}
        for row in rows[:MAX_MESSAGES]
    ]  # fmt: skip
    if len(rows) > MAX_MESSAGES:
        note = {"severity": "info", "text": f"{MORE}{len(rows) - MAX_MESSAGES + 1}", "end_line": None, "end_column": None}
        short[-1] |= note
    return short, bool(rows) and rows[0]["severity"] == "error"


def practise(world: World) -> None:
    """Export and rebuild some of the header's own theorems, so that children inherit an interpreter that is warmed up."""
    lean = world.lean
    for k in (("Nat", "add_assoc"), ("Nat", "add_mul"), ("Int", "add_assoc"), ("Nat", "mod_add_div"), ("Nat", "sub_add_cancel")):
        info = lean.find(world.kernel, k)
        if info is None or abi.tag(info) != abi.THEOREM:
            continue
        for _ in range(3):
            Wanted(world, export.statement(world, world.kernel, k, world.kernel)).type_over(abi.constant(info)[1])
            writer = export.Writer()
            writer.expression(abi.body(info))
            Terms(lean, json.loads(json.dumps(writer.rows)))


def serve(owner: socket.socket) -> None:
    """Boot as the first frame says, then fork a session for every socket that comes, until the owner hangs up."""
    boot = wire.receive(owner)
    try:
        world = frontend.boot(boot["libraries"], boot["imports"], boot["accepted"])
    except (abi.AbiMismatch, abi.LeanError, OSError) as error:
        wire.send(owner, {"error": str(error), "kind": type(error).__name__})
        return
    different = probe.differs(world)
    if different:
        wire.send(owner, {"error": f"this Lean has {different} of another form than the kernel audit reads", "kind": "AbiMismatch"})
        return
    resident = sum(map(make_resident, boot["libraries"]))
    gathered = gather(boot.get("memory", 0))
    practise(world)
    escaped = children.escaped(owner)
    if escaped:
        wire.send(owner, {"error": f"the jail does not hold: its children could {escaped}", "kind": "Jail"})
        return
    missing = sorted(n for n in KERNEL_COMPUTED if world.lean.find(world.kernel, tuple(n.split("."))) is None)
    gc.collect()
    gc.freeze()
    gc.disable()
    if world.threads > 0:
        problem = "the header's modules start threads, which a fork would lose: use another backend, such as worker"
        wire.send(owner, {"error": problem, "kind": "Threads"})
        return
    hello = {"githash": world.lean.githash(), "missing": missing}
    wire.send(owner, {**hello, "resident": resident, "gathered": gathered})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # sessions are reaped by the kernel
    zygote = os.getpid()
    while True:
        _await_request(owner)
        asked, sockets, _, _ = socket.recv_fds(owner, 1, 1)
        if not asked or len(sockets) != 1:
            raise wire.Closed("no request for a session")
        pid = os.fork()
        if pid == 0:
            owner.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _session(world, socket.socket(fileno=sockets[0]), zygote)
        handle = os.pidfd_open(pid)
        socket.send_fds(owner, [b"+"], [handle])
        os.close(handle)
        os.close(sockets[0])


def _session(world: World, owner: socket.socket, zygote: int) -> NoReturn:
    """Answer the checks of one worker until it hangs up or the zygote ends."""
    try:
        jail.die_with(zygote)
        session = SessionServer(world, Axioms(world), owner)
        wire.send(owner, {"pid": os.getpid()})
        while True:
            _await_request(owner)
            request = wire.receive(owner)
            reply = session.check(request)
            wire.send(owner, {"seq": request["seq"], **{k: {f: v for f, v in r.items() if f != "walked"} for k, r in reply.items()}})
            session.learn(reply)
            session.prepare()
    except (wire.Closed, children.OwnerGone):
        os._exit(0)  # the owner is gone; no child is left
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _await_request(owner: socket.socket) -> None:
    """Wait for a frame; Closed once the owner is gone, even if some other process still holds its end of the socket."""
    poll = select.poll()
    poll.register(owner, select.POLLIN)
    parent = os.getppid()
    while not poll.poll(1000):
        if os.getppid() != parent:
            raise wire.Closed("the owner is gone")


def _bound_stack() -> None:
    """A deep recursion must end as such: without a bound (`ulimit -s unlimited` is common on clusters) it would eat the memory."""
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (STACK if hard == resource.RLIM_INFINITY else min(STACK, hard), hard))


def main() -> None:
    owner = socket.socket(fileno=fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3))  # not one of the streams that follow, should they be closed
    _bound_stack()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2) if "--quiet" in sys.argv else (0, 1):
        os.dup2(null, fd)
    try:
        serve(owner)
    except wire.Closed:
        os._exit(0)  # the owner is gone


if __name__ == "__main__":
    main()
