"""The whole ancestry of a pair: problem, statement, what was asked of which weights, Lean's verdict, and a file that re-verifies.

Prompts are made again from the records by the templates that the run names; the hash that an attempt carries says whether
these are still the ones that asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent
from typing import Any, TypeVar

from synth.config import RunConfig
from synth.llm.config import ASKED, ROLES, ModelRole
from synth.prompts import Prompt, PromptSet, load_prompts
from synth.prompts.answers import pose
from synth.records import Attempt, Pair, Problem, Statement, VerdictRow, above
from synth.search.outcome import KINDS
from synth.show.recorded import recorded_config
from synth.store.lineage import opening
from synth.store.rundir import RunDir
from verify_workers.errors import UserError

R = TypeVar("R", Statement, Attempt)


@dataclass(frozen=True)
class Asked:
    """A prompt made again; `why` says why there is none."""

    role: str = ""
    model: ModelRole | None = None
    prompt: Prompt | None = None
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        if self.prompt is None:
            return {"why": self.why}
        shown = {"system": self.prompt.system, "text": self.prompt.text, "prefill": self.prompt.prefill}
        return {"role": self.role, "model_role": self.model, "chat": self.prompt.chat} | {k: v for k, v in shown.items() if v}


class Prompts:
    """The templates of a run, found again by the hashes that its records carry."""

    def __init__(self, config: RunConfig) -> None:
        self._known: dict[str, tuple[ModelRole, str, PromptSet]] = {}
        for model in ROLES:
            prompts = load_prompts(config.models.source(model).preset or config.models.prover.preset)
            for template in sorted(prompts.folder.glob("*.jinja")):
                if ASKED.get(template.stem, "prover") == model:
                    self._known[prompts.hash(template.stem)] = (model, template.stem, prompts)

    def of_attempt(self, attempt: Attempt, statement: Statement, problem: Problem | None) -> Asked:
        """What was asked for `attempt`."""
        if not attempt.prompt:
            return Asked(why="no model was asked")
        if attempt.prompt not in self._known:
            return Asked(why=f"template {attempt.prompt}: none of the presets that the run names has it now")
        model, role, prompts = self._known[attempt.prompt]
        if role == "prove":
            own = problem is not None and problem.id == statement.problem_id and statement.origin not in KINDS
            words = problem.text if problem and own and not attempt.negated else ""
            side = statement.negation if attempt.negated else statement.text
            return Asked(role, model, prompts.prove(side, statement.header, statement.preamble, words))
        if not attempt.shown:
            return Asked(why=f"the strategy {attempt.strategy} keeps no record of what {role} showed")
        return Asked(role, model, prompts.ask(role, {}, **attempt.shown))

    def of_statement(self, statement: Statement, problem: Problem | None) -> Asked:
        """What was asked for `statement`."""
        if statement.variant:
            return Asked(why=f"made by the rule {statement.variant}" + "".join(f", {k} {v}" for k, v in statement.shown.items()))
        if not statement.prompt or (problem is None and not statement.shown):
            return Asked(why="given, not asked for" if statement.origin == "given" else "not kept")
        if statement.prompt not in self._known:
            return Asked(why=f"template {statement.prompt}: none of the presets that the run names has it now")
        model, role, prompts = self._known[statement.prompt]
        if statement.shown:
            return Asked(role, model, prompts.ask(role, {}, **statement.shown))
        if role == "pose" and problem is not None:
            return Asked(role, model, pose(prompts, problem.text, problem.header))
        if role != "formalize" or problem is None:
            return Asked(why=f"the records do not hold what {role} showed")
        return Asked(role, model, prompts.formalize(problem.text, above(problem.header, problem.preamble)))


def trace(store: RunDir, name: str) -> dict[str, Any]:
    """Everything about the pair `name` (its id, or a beginning of it that no other has), as plain data.  UserError if there is none."""
    pair = _pair(store, name)
    statements = list(_line(store, "statements", Statement, pair.statement_id))
    places = [pair.problem_id, *(s.problem_id for s in statements)]  # a conjecture stands for itself: its line ends at a problem
    known = store.find("problems", Problem, places)
    problem = next((known[id] for id in places if id in known), None)
    attempts = list(_line(store, "attempts", Attempt, pair.attempt_id))
    verdicts = store.find("verdicts", VerdictRow, [attempt.id for attempt in attempts])
    config = recorded_config(store)
    prompts = Prompts(config) if config else None
    missing = Asked(why="the run directory has no readable config.yaml, which names the templates")
    subject = statements[0] if statements else None
    return {
        "pair": pair.model_dump(mode="json"),
        "problem": problem.model_dump(mode="json") if problem else None,
        "statements": [
            {**s.model_dump(mode="json"), "asked": (prompts.of_statement(s, problem) if prompts else missing).as_json()} for s in statements
        ],
        "attempts": [
            {
                **attempt.model_dump(mode="json"),
                "answered_by": _weights(config, attempt),
                "asked": (prompts.of_attempt(attempt, subject, problem) if prompts and subject else missing).as_json(),
                "verdict": verdicts[attempt.id].model_dump(mode="json") if attempt.id in verdicts else None,
            }
            for attempt in attempts
        ],
        "check": check_row(pair),
        "lean_file": lean_file(pair),
    }


def lean_file(pair: Pair) -> str:
    """The whole file that proves the pair's statement."""
    if pair.form == "proof":
        return f"{opening(pair)} {pair.proof.strip()}\n"
    return "\n\n".join(part.strip() for part in (pair.header, pair.preamble, pair.proof) if part.strip()) + "\n"


def check_row(pair: Pair) -> dict[str, str]:
    """The pair as a row for `synth verify`."""
    return {"id": pair.id, "statement": pair.statement, "header": pair.header, "preamble": pair.preamble, pair.form: pair.proof}


def _pair(store: RunDir, name: str) -> Pair:
    found = {pair.id: pair for pair in store.read("pairs", Pair) if pair.id.startswith(name)} if name else {}
    if name in found:
        return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise UserError(f"{store.path}: {len(found)} pairs begin with {name!r} ({', '.join(sorted(found)[:3])}, …); give more of the id")
    raise UserError(f"{store.path}: no pair {name!r} (it has {store.count('pairs'):,}; their ids are in pairs/ and in exports)")


def _line(store: RunDir, kind: str, model: type[R], id: str) -> Iterator[R]:
    """A record, the one that it was made from (an attempt: that it repairs), and so on."""
    seen = set[str]()
    while id and id not in seen:
        seen.add(id)
        record = store.find(kind, model, [id]).get(id)
        if record is None:
            return
        yield record
        id = record.parent


def _weights(config: RunConfig | None, attempt: Attempt) -> str:
    """Which weights answered, in words."""
    if not attempt.model:
        return "no model"
    prover = config.models.prover if config else None
    own = prover is not None and not prover.endpoint and (attempt.version > 0 or not prover.path)
    served = config is not None and config.train.lora is not None and config.train.lora.serve and attempt.version > 0
    place = f", rounds/{attempt.version:03d}/training/{'adapter' if served else 'model'}" if own else ""
    return f"weights {attempt.model}, version {attempt.version}{place}"


# ---- as text ---------------------------------------------------------------------------------------------------------


def text(found: dict[str, Any]) -> str:
    """A trace for people to read."""
    pair, problem = found["pair"], found["problem"]
    side = "the negation of its statement" if pair["negated"] else "its statement"
    parts = [f"pair {pair['id']}: proves {side} ({pair['kind']}), found in round {pair['round']} by {pair['strategy']}"]
    if problem:
        parts.append(_block(f"problem {problem['id']}, from {problem['source'] or 'unknown'}", problem["text"] or "(no plain language)"))
    for statement in found["statements"]:
        how = f"{statement['origin']}, {statement['votes']} votes" + (f", grade {statement['grade']}" if statement["grade"] else "")
        parts.append(_block(f"statement {statement['id']}: {how}", statement["text"]))
        parts.append(_asked(statement))
    for place, attempt in enumerate(found["attempts"]):
        what = "attempt" if not place else "which repairs attempt"
        negated = ", of the negation" if attempt["negated"] else ""
        parts.append(_block(f"{what} {attempt['id']}: {attempt['strategy']}, {attempt['answered_by']}{negated}", attempt["proof"]))
        parts.append(_asked(attempt))
        parts.append(_verdict(attempt["verdict"]))
    if pair["original_proof"]:
        parts.append(_block(f"shortened from {len(pair['original_proof'])} to {len(pair['proof'])} characters, to", pair["proof"]))
    parts.append(_block("Lean file", found["lean_file"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(title: str, body: str) -> str:
    return f"{title}\n{indent(body.rstrip(), '    ', lambda _: True)}"


def _asked(record: dict[str, Any]) -> str:
    asked = record["asked"]
    if "why" in asked:
        return f"  prompt: {asked['why']}"
    sampling = f"temperature {record['temperature']:g}, top-p {record['top_p']:g}, {record['max_tokens']} tokens, seed {record['seed']}"
    body = "\n\n".join(asked[name] for name in ("system", "text", "prefill") if name in asked)
    return _block(f"  prompt {record['prompt']}: {asked['role']}, asked of the {asked['model_role']}; {sampling}", body)


def _verdict(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return "  verdict: none on disk"
    line = f"  verdict: {verdict['outcome']}" + (f" ({verdict['reason']})" if verdict["reason"] else "")
    if verdict["outcome"] == "accepted":
        axioms = ", ".join(verdict["axioms"]) or "no axioms"
        line += f", {axioms}, audit {verdict['audit']}"
    if verdict["lean"]:
        place = f"Lean {verdict['lean']}, library {verdict['library'] or 'core'}, backend {verdict['backend']}"
        line += f", {place}, {verdict['seconds']:.3f} s"
    errors = "\n".join(f"line {e['line']}: {e['text']}" for e in verdict["errors"]) or verdict["message"]
    return f"{line}\n{indent(errors, '    ')}" if errors else line
