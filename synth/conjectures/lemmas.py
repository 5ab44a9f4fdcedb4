"""The lemmas that a proof uses: theorems of its own file, and those of the library that it names.

Read from the proof's text, since a verdict does not say on which constants a proof rests; what a tactic such as `simp` finds by
itself is not seen.  Lean says which names are theorems, and what they state.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from synth.prompts import Proof
from synth.prompts.conjecture import own_proof
from synth.prompts.declarations import THEOREMS, declarations, tokens
from synth.records import Pair
from synth.services import Verify
from verify_workers.records import Snippet
from verify_workers.text.lexer import Kind
from verify_workers.text.statement import parse_theorem

MOST = 16  # names of one proof that are looked at
SECONDS = 20.0  # of Lean for the names of one header
_NAME = re.compile(r"[^\W\d][\w'!?]*(?:\.[^\W\d][\w'!?]*)*")
_MADE = re.compile(r"\.(?:rec|recOn|casesOn|below|brecOn|induct|induction)$")

Front = tuple[str, str]
"""Header and preamble."""
Lemma = tuple[str, str]
"""A lemma's name, and its theorem as Lean code without a proof."""


def named(proof: str) -> list[str]:
    """What may be names of library theorems in a proof: `Nat.pow_succ`, `mul_comm`."""
    marks = [mark.text for mark in tokens(proof) if mark.kind is Kind.IDENT and _NAME.fullmatch(mark.text)]
    found = [name for name in dict.fromkeys(marks) if ("_" in name.strip("_") or ("." in name and name[0].isupper()))]
    return [name for name in found if not _MADE.search(name)][:MOST]


def library_names(pair: Pair) -> list[str]:
    """What may be names of library theorems in the proof of the pair's own theorem."""
    return named(own_proof(pair.statement, Proof(pair.form, pair.proof)))


def own_lemmas(pair: Pair) -> list[Lemma]:
    """The lemmas of a pair that is a whole file, but for its theorem."""
    if pair.form != "code":
        return []
    theorem = parse_theorem(pair.statement).name
    found = [d for d in declarations(pair.proof) if d.keyword in THEOREMS and d.name and d.name != theorem]
    return [(d.name, f"theorem {d.name} {pair.proof[slice(*d.goal)].strip()}") for d in found]


def uses(pair: Pair, lemma: str) -> bool:
    """Whether a proof names `lemma`, or something by way of it (`Nat.add_comm.symm`); that its file states it is no use of it."""
    named_there = sum(mark.text == lemma or mark.text.startswith(f"{lemma}.") for mark in tokens(pair.proof) if mark.kind is Kind.IDENT)
    return named_there > (lemma in dict(own_lemmas(pair)))


async def lemmas_of(pairs: Iterable[Pair], verify: Verify) -> dict[str, list[Lemma]]:
    """The lemmas that each pair's proof uses, by the pair's id, those of its own file first."""
    listed = list(pairs)
    asked: dict[Front, dict[str, None]] = defaultdict(dict)
    for pair in listed:
        asked[pair.header, pair.preamble] |= dict.fromkeys(library_names(pair))
    known = await signatures(asked, verify)
    found: dict[str, list[Lemma]] = {}
    for pair in listed:
        own = dict(own_lemmas(pair))
        theirs = known.get((pair.header, pair.preamble), {})
        library = {name: theirs[name] for name in library_names(pair) if name in theirs and name not in own}
        found[pair.id] = [*own.items(), *library.items()]
    return found


async def signatures(names: Mapping[Front, Collection[str]], verify: Verify) -> dict[Front, dict[str, str]]:
    """What the theorems among `names` state, by the header and preamble below which they are meant."""
    fronts = [front for front, each in names.items() if each]
    listed = [list(names[front]) for front in fronts]
    checks = [_question(front, each, str(place)) for place, (front, each) in enumerate(zip(fronts, listed, strict=True))]
    verdicts = await verify(list(checks)) if checks else []
    found: dict[Front, dict[str, str]] = {}
    for front, each, verdict in zip(fronts, listed, verdicts, strict=True):
        first = _above(front).count("\n") + 1
        said, wrong = defaultdict[int, list[str]](list), set[int]()
        for message in verdict.messages:
            said[message.line].append(message.text)
            if message.severity == "error":
                wrong.add(message.line)
        found[front] = {}
        for place, name in enumerate(each):
            line = first + 2 * place
            text = " ".join(" ".join(said.get(line, [])).split())
            head = f".{text.split(' ')[0].partition('.{')[0]}"
            if {line, line + 1}.isdisjoint(wrong) and said.get(line + 1) and head.endswith(f".{name}") and "Sort" not in text:
                found[front][name] = f"theorem {text}"
    return found


def _question(front: Front, names: Iterable[str], id: str) -> Snippet:
    """Two lines a name: what it states, and whether that is a proposition."""
    lines = [line for name in names for line in (f"#check {name}", f"#check (type_of% @{name} : Prop)")]
    return Snippet(id=id, header=front[0], code=_above(front) + "\n".join(lines) + "\n", timeout=SECONDS)


def _above(front: Front) -> str:
    return f"{front[1].rstrip()}\n" if front[1].strip() else ""
