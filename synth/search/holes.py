"""The holes of a skeleton: a proof in which `sorry` stands for what is still to be proved.

Lean prints the goal at each hole with its local context, and the goal becomes a closed theorem (`goals.py`).  Nothing rests on what
Lean prints there, which a skeleton, being a model's text, could forge: that a skeleton follows from exactly these theorems is a check
without any `sorry` (`fitting`), which the verifier answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.records import Statement
from synth.search.goals import NAME, Goal, read_goal
from verify_workers.records import Check, Message, Snippet
from verify_workers.text.lexer import Kind, Lines, Token, tokens
from verify_workers.text.statement import parse_theorem, source

_MARK = "hole:"
# In the probe a `sorry` says whether Lean reads it as a tactic or as a term, and prints the goals there.
_PROBE = f"""set_option pp.funBinderTypes true
set_option format.width 100000
{{options}}macro_rules | `(tactic| sorry) => `(tactic| (trace "{_MARK} tactic"; trace_state; exact sorryAx _ false))
macro_rules | `(sorry) => `(by trace "{_MARK} term"; trace_state; exact sorryAx _ false)
"""
# How goals are printed: as people write them, or with the types that printed numbers and coercions do not show.
PRINTINGS = ("", "set_option pp.numericTypes true\nset_option pp.coercions.types true\n")


@dataclass(frozen=True)
class Hole:
    """A `sorry` of a skeleton, and what is to be proved there: several goals where it stands behind `<;>` and the like.

    Offsets are of the word and, `by` being all that it belongs to, of `by sorry`.
    """

    start: int
    end: int
    by: int
    term: bool = False
    goals: tuple[Goal, ...] = ()

    def closed_by(self, lemmas: Sequence[str]) -> str:
        """What stands in the hole when its goals follow from these theorems, on one line."""
        tactics = [goal.closed_by(lemma) for goal, lemma in zip(self.goals, lemmas, strict=True)]
        tactic = tactics[0] if len(tactics) == 1 else "first " + " ".join(f"| ({each})" for each in tactics)
        return f"(by {tactic})" if self.term else f"({tactic})"


def find_holes(skeleton: str) -> list[Hole]:
    """The holes of a skeleton, in order."""
    marks, found = tokens(skeleton), []
    for i, mark in enumerate(marks):
        if mark.kind is Kind.IDENT and mark.text in ("sorry", "admit"):
            alone = i > 0 and marks[i - 1].text == "by" and not _goes_on(skeleton, marks[i:])
            found.append(Hole(mark.start, mark.end, marks[i - 1].start if alone else mark.start))
    return found


def _goes_on(text: str, marks: Sequence[Token]) -> bool:
    """Whether the block of tactics that the first of `marks` begins has another one."""
    if len(marks) < 2:
        return False
    place = Lines(text)
    (line, column), (next_line, next_column) = place.at(marks[0].start), place.at(marks[1].start)
    return marks[1].text in (";", "<;>") or (next_line > line and next_column == column)


@dataclass(frozen=True)
class Probe:
    """The question what is to be proved at the holes of `skeleton`, a proof of `statement` in the setting of `subject`."""

    subject: Statement
    statement: str
    skeleton: str
    hidden: tuple[frozenset[str], ...] = ()
    """For each hole the hypotheses, by name, that it is to be proved without; () = none anywhere."""

    def snippet(self, id: str, timeout: float, printing: str = "") -> Snippet:
        code = f"{self._front(printing)}{self._head}{self.skeleton}\n"
        return Snippet(id=id, header=self.subject.header, code=code, timeout=timeout)

    def _front(self, printing: str) -> str:
        """What stands between header and theorem."""
        return f"{self.subject.preamble.rstrip()}\n{_PROBE.format(options=printing)}".lstrip("\n")

    @property
    def _head(self) -> str:
        return f"{source(parse_theorem(self.statement))} := "

    def read(self, messages: Sequence[Message], printing: str = "") -> list[Hole]:
        """The holes with the goals that Lean's messages on the snippet give them; without goals where there are none."""
        before, head, place = self._front(printing).count("\n"), self._head, Lines(self._head + self.skeleton)
        said: dict[tuple[int, int], str] = {}
        for message in messages:
            if message.text.startswith(_MARK):
                key = (message.line - before, message.column)
                said[key] = f"{said[key]}\n{message.text}" if key in said else message.text
        holes, found, universes = [], find_holes(self.skeleton), parse_theorem(self.statement).universes
        for hole, hidden in zip(found, self.hidden or [frozenset[str]()] * len(found), strict=True):
            text = said.get(place.at(len(head) + hole.start), "")
            goals = [read_goal(printed) for printed in re.split(rf"^{_MARK} (?:tactic|term)\n", text, flags=re.M)[1:]]
            distinct = tuple(dict.fromkeys(replace(goal.without(hidden), universes=universes) for goal in goals if goal))
            holes.append(replace(hole, term=text.startswith(f"{_MARK} term"), goals=distinct if all(goals) else ()))
        return holes

    def fitting(self, id: str, holes: Sequence[Hole], timeout: float) -> Check:
        """The question whether the skeleton follows from the closed theorems of its holes, given to it as hypotheses."""
        theorem = parse_theorem(self.statement)
        goals = [goal for hole in holes for goal in hole.goals]
        given = " ".join(f"({name(i)} : {goal.proposition})" for i, goal in enumerate(goals))
        return Check(
            id=id,
            statement=source(replace(theorem, goal=f"{given} {theorem.goal}")),
            header=self.subject.header,
            preamble=self.subject.preamble,
            proof=filled(self.skeleton, holes),
            timeout=timeout,
        )


def name(index: int, prefix: str = NAME) -> str:
    """What the theorem of the goal at place `index` of a skeleton is called."""
    return f"{prefix}_{index + 1}"


def filled(skeleton: str, holes: Sequence[Hole], prefix: str = NAME) -> str:
    """The skeleton with the theorems of its goals used in their holes."""
    count, texts = 0, []
    for hole in holes:
        texts.append(hole.closed_by([name(count + i, prefix) for i in range(len(hole.goals))]))
        count += len(hole.goals)
    return _replaced(skeleton, [(hole.start, hole.end, text) for hole, text in zip(holes, texts, strict=True)])


def inlined(skeleton: str, holes: Sequence[Hole], proofs: Sequence[str]) -> str:
    """The skeleton with proofs (what follows `:=`) in its holes, which have one goal each, indented for where they stand."""
    return _replaced(skeleton, [_inline(skeleton, hole, proof.strip()) for hole, proof in zip(holes, proofs, strict=True)])


def _inline(skeleton: str, hole: Hole, proof: str) -> tuple[int, int, str]:
    line = skeleton[skeleton.rfind("\n", 0, hole.start) + 1 :]
    margin = "\n" + " " * (len(line) - len(line.lstrip(" ")))
    proof = proof.replace("\n", margin)
    tactics = proof if proof.startswith("by") else f"by exact {proof}"
    if renaming := hole.goals[0].renaming:
        tactics = f"by{margin}  {renaming}{margin}  exact ({proof})"
    if hole.by < hole.start:
        return hole.by, hole.end, tactics
    return hole.start, hole.end, f"({tactics if renaming else proof})" if hole.term else f"exact ({tactics})"


def _replaced(text: str, pieces: Sequence[tuple[int, int, str]]) -> str:
    found, at = [], 0
    for start, end, piece in pieces:
        found += [text[at:start], piece]
        at = end
    return "".join(found) + text[at:]
