"""Canned rows that must come out right on this machine before the kernel audit may decide anything."""

from __future__ import annotations

from typing import Any, NamedTuple

from verify_workers.kernel.client import Session

SECONDS, MEMORY = 10.0, 1 << 30


class CannedRow(NamedTuple):
    what: str
    statement: str
    text: str
    want: str  # "accepted", or the child and the status or reason with which it must stop
    seconds: float = SECONDS


_TRUE = "theorem goal (a b : Nat) : a + b = b + a"
_FALSE = "theorem goal : 1 = 2"
_LARGE = f"2 ^ 70 * 3 ^ 40 + 1 = {2**70 * 3**40 + 1}"
ROWS = (
    CannedRow("a true statement", _TRUE, f"{_TRUE} := Nat.add_comm a b", "accepted"),
    CannedRow("a false statement", _FALSE, f"{_FALSE} := rfl", "candidate elaboration"),
    CannedRow("sorry", _FALSE, f"{_FALSE} := sorry", "judge sorry"),
    CannedRow("another statement", _FALSE, "theorem goal : 1 = 1 := rfl", "judge wrong_statement"),
    CannedRow("a new axiom", _FALSE, f"axiom cheat : 1 = 2\n{_FALSE} := cheat", "candidate axiom"),
    CannedRow("no kernel check", _FALSE, f"set_option debug.skipKernelTC true in\n{_FALSE} := by decide +kernel", "judge kernel"),
    CannedRow(
        "a name that the kernel computes",
        _FALSE,
        "def Nat.land (n m : Nat) : Nat := 5\n"
        "theorem a : Nat.land 8 8 = 8 := by decide +kernel\n"
        "theorem b (n m : Nat) : Nat.land n m = 5 := rfl\n"
        f"{_FALSE} := absurd ((b 8 8).symm.trans a : (5 : Nat) = 8) (by decide)",
        "refused",
    ),
    CannedRow(
        "a nested inductive type",
        "theorem goal : 2 = 2",
        "inductive CannedRow (α : Type) where\n  | nil : CannedRow α\n  | cons : α → CannedRow α → CannedRow α\n"
        "inductive Tree where\n  | node : CannedRow Tree → Tree\n"
        "theorem same (t : Tree) : t = t := by cases t with | node row => rfl\n"
        "theorem goal : 2 = 2 := (fun (_ : Tree.node .nil = .node .nil) => rfl) (same _)",
        "accepted",
    ),
    CannedRow("large numbers", f"theorem goal : {_LARGE}", f"theorem goal : {_LARGE} := by decide", "accepted"),
    CannedRow("a wrong large number",
              f"theorem goal : {_LARGE}1", f"theorem goal : {_LARGE}1 := by decide +kernel", "candidate elaboration"),
    CannedRow("a crash", _FALSE, f"{_FALSE} := by exact " + "(" * 20000, "candidate crash"),
    CannedRow("a time-out", _FALSE, f"set_option maxHeartbeats 0 in\n{_FALSE} := by repeat (first | skip | rfl)", "candidate timeout", 0.1),
)  # fmt: skip


def outcome(reply: dict[str, Any]) -> str:
    """The reports of one check in a word or two."""
    for child in ("statement", "candidate", "judge"):
        report = reply.get(child)
        if report is None:
            if child == "statement":
                continue
            return f"{child} missing"
        if report["status"] != "ok":
            return f"{child} {report['reason'] if report['status'] == 'refused' else report['status']}"
    return "accepted"


def run(session: Session) -> str:
    """'' if every row comes out as it must, else which did not and how."""
    if session.hello["missing"]:
        return f"the library does not declare {', '.join(session.hello['missing'])}, which the kernel computes"
    for row in ROWS:
        reply = session.check(row.statement, ("goal",), row.text + "\n", timeout=row.seconds, memory=MEMORY)
        got = outcome(reply)
        if got != row.want and not (row.want == "refused" and got != "accepted"):
            return f"{row.what}: wanted {row.want}, got {got}: {str(reply)[:600]}"
    return ""
