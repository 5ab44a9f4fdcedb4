"""Strategy: a fixed list of tactics made from the statement's variables and the definitions that it rests on, no model.

Each script unfolds the definitions of the preamble that the statement speaks of, splits cases, does induction on one
variable or follows a function's own recursion, and ends in `omega`.  Cheap ones come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synth.config import SearchConfig
from synth.prompts import Proof
from synth.prompts.declarations import declarations
from synth.records import Problem, Statement
from synth.search.base import History, Proposal, Side
from synth.search.binders import Binder, leading
from synth.services import Tools
from verify_workers.text.lexer import Kind, tokens

LEMMAS = "Nat.pow_succ, Nat.mul_comm, Nat.mul_left_comm, Nat.add_mul, Nat.mul_add, Nat.mul_assoc"
# For statements that rest on no definition: a term or a formula of a recursion, an extremal value, yes or no.
PLAIN = (
    "intros; simp_all",
    "intros; induction ‹Nat› <;> simp_all <;> omega",
    "intros; induction ‹Nat› <;> simp_all [Nat.mul_add, Nat.add_mul] <;> omega",
    f"intros; induction ‹Nat› <;> simp_all [{LEMMAS}] <;> omega",
    "constructor <;> (try constructor) <;> intros <;> omega",
    "simp; intros; omega",
    "refine ⟨by decide, fun _ _ => Nat.le_of_not_lt fun k => ?_⟩; have := Nat.mul_le_mul k k; omega",
)
FINISH = ("omega", "(repeat' split) <;> simp_all <;> omega", "(repeat' split) <;> omega")
PER_WAVE = 4  # scripts
VARIABLES = 3  # on which induction is tried


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Induction:
    """For `loop.STRATEGIES`."""
    return Induction(tuple(scripts(statement)))


@dataclass(frozen=True)
class Induction:
    """Scripts for the statement itself, a wave at a time; its negation is for `counterexample`."""

    scripts: tuple[str, ...]
    name: str = "induction"
    one_shot: bool = False

    async def propose(self, statement: Statement, sides: list[Side], history: History, n: int, wave: int) -> list[Proposal]:
        scripts = self.scripts[wave * PER_WAVE : (wave + 1) * PER_WAVE]
        return [Proposal(side, Proof("proof", f"by {script}"), self.name) for side in sides if not side.negated for script in scripts]


def scripts(statement: Statement) -> Iterator[str]:
    """The scripts for a statement, cheap ones first."""
    binders = leading(statement.text)
    defined = used_definitions(statement)
    unfolded = ", ".join(defined)
    introduced = [b for b in binders if not b.bound]
    start = f"intro {' '.join(b.name for b in introduced)}; " if introduced else ""
    if not defined:
        yield from PLAIN
    yield f"{start}simp_all{_these(unfolded)}"
    yield f"{start}intros; simp_all{_these(unfolded)} <;> omega"
    if defined:
        yield f"intros; simp only [{unfolded}] <;> (repeat' split) <;> omega"
        yield f"intros; simp_all only [{unfolded}] <;> (repeat' split) <;> simp_all <;> omega"
        yield f"intros; unfold {' '.join(defined)}; (repeat' split) <;> simp_all <;> omega"
    for variable in [b for b in binders if not b.hypothesis and _inductive(b)][:VARIABLES]:
        others = [b.name for b in binders if b.name != variable.name and not b.hypothesis]
        for more in ([], others) if others else ([],):
            do = f"{start}induction {variable.name}{' generalizing ' + ' '.join(more) if more else ''}"
            for finish in FINISH:
                yield f"{do} <;> simp_all{_these(unfolded)} <;> {finish}"
            yield f"{do} <;> simp_all{_these(unfolded, LEMMAS)} <;> omega"
            if ": Bool" in statement.preamble:
                yield f"{do} <;> simp_all{_these(unfolded, '← Bool.not_eq_true')} <;> omega"
            yield f"{do} <;> simp{_these(unfolded)} <;> (repeat' split) <;> simp_all <;> omega"
    yield from (f"{start}intros; fun_induction {name} <;> simp_all{_these(unfolded)} <;> omega" for name in defined)
    for name in defined:
        yield f"{start}intros; fun_cases {name} <;> simp_all{_these(unfolded)} <;> omega"


def used_definitions(statement: Statement) -> list[str]:
    """The definitions of the preamble on which the statement rests, those that it names itself first."""
    code = statement.preamble
    bodies = {
        d.name: {mark.text for mark in tokens(code[d.start : d.end]) if mark.kind is Kind.IDENT} for d in declarations(code) if d.name
    }
    found: list[str] = []
    waiting = [mark.text for mark in tokens(statement.text) if mark.kind is Kind.IDENT]
    while waiting:
        name = waiting.pop(0)
        if name in bodies and name not in found:
            found.append(name)
            waiting += sorted(bodies[name])
    return found


def _inductive(binder: Binder) -> bool:
    return binder.type in ("Nat", "ℕ") or binder.type.startswith("List")


def _these(*lists: str) -> str:
    named = ", ".join(filter(None, lists))
    return f" [{named}]" if named else ""
