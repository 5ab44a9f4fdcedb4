"""Does an annotation come back?  Statements are formalized again and compared, proofs are written again and checked (Herald §3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from synth.annotations import Unpaired
from synth.config import RunConfig
from synth.informal.printing import printed_alike
from synth.informal.units import Unit
from synth.llm.types import Completion
from synth.prompts import Formalization, Prompt, Unread, read_proof, read_statement
from synth.prompts.annotate import follow, formalize_back, match
from synth.prompts.declarations import tokens
from synth.services import Tools
from synth.statements.faithfulness import canonical
from synth.statements.filters.elaborates import UNDECIDED
from synth.statements.filters.faithful import varied, votes_in
from synth.statements.text import UNPROVED, normalized
from verify_workers.records import Check, Outcome, Reason, Verdict


@dataclass(frozen=True)
class Back:
    """What came back of one annotation: `fields` are those of the `Annotation`; `reason` is empty where it is kept."""

    reason: Unpaired | None = None
    detail: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def recovered(self) -> float:
        return float(self.fields.get("recovered", -1.0))


@dataclass
class _Candidate:
    """One distinct formalization, and how it was found the same ('' = it was not)."""

    text: str
    header: str
    count: int
    how: str = ""
    verdict: Verdict | None = None


async def statement_back(unit: Unit, text: str, vocabulary: str, form: str, config: RunConfig, tools: Tools) -> Back:
    """Formalize `text` and compare with the unit's statement, whose normal form is `form` ('' = the backend has none)."""
    settings, formalizer = config.informalize, tools.formalizer
    prompt = formalize_back(formalizer.prompts, text, unit.header, unit.preamble, vocabulary)
    (answer,) = await formalizer.ask([prompt], varied(formalizer, prompt.role, settings.back, tools.request_seed("back", unit.key, text)))
    if isinstance(answer, str):
        return Back(Unpaired.PROMPT_TOO_LONG, f"to formalize: {answer}")
    about = {"back_model": answer[0].weights.hash, "back_prompt": formalizer.prompts.hash(prompt.role)} if answer else {}
    found, why = _candidates(prompt, answer, unit)
    if not found:
        reason = Unpaired.NO_ANSWER if all(c.fault for c in answer) else Unpaired.NOT_FORMALIZED
        return Back(reason, f"no formalization could be read: {why}", {**about, "recovered": 0.0})
    await _compared(found, unit, form, config, tools)
    votes = {"same": 0, "judged": 0}
    unjudged = ""
    if settings.check == "judge" or (settings.check == "auto" and not form and not any(one.how for one in found)):
        unjudged = await _judged([one for one in found if _stands(one)], unit, config, tools, votes)
    again = sum(one.count for one in found if one.how)
    share = again / len(answer)
    shown = next((one for one in found if one.how), found[0])
    fields = {**about, **votes, "recovered": round(share, 4), "back": shown.text, "checked": shown.how}
    if share >= settings.share:
        return Back(None, "", fields)
    fields["checked"] = ""
    if any(one.verdict is not None and one.verdict.outcome in UNDECIDED for one in found):
        return Back(Unpaired.UNDECIDED, "Lean did not decide whether a formalization is a statement", fields)
    if not any(_stands(one) for one in found):
        error = next((one.verdict.first_error for one in found if one.verdict is not None), "")
        return Back(Unpaired.NOT_FORMALIZED, f"Lean accepts none of its {len(found)} formalizations as a statement: {error}", fields)
    if unjudged and not again:
        return Back(Unpaired.UNJUDGED, unjudged, fields)
    return Back(Unpaired.NOT_RECOVERED, f"{again} of {len(answer)} formalizations are the statement again", fields)


def _candidates(prompt: Prompt, answer: Sequence[Completion], unit: Unit) -> tuple[list[_Candidate], str]:
    """The distinct formalizations, most frequent first; and why others could not be read."""
    found: dict[str, _Candidate] = {}
    unread: list[str] = []
    for completion in answer:
        read = Unread("empty") if completion.fault else read_statement(prompt, completion.text, completion.finished)
        if isinstance(read, Unread):
            unread.append(read.reason)
            continue
        key = normalized(read.statement)
        if key in found:
            found[key].count += 1
        else:
            found[key] = _Candidate(read.statement, _header(unit, read), 1)
    return sorted(found.values(), key=lambda one: -one.count), ", ".join(sorted(set(unread)))


def _header(unit: Unit, read: Formalization) -> str:
    """What the answer opens beside the header, its statement may need."""
    return "\n".join(part for part in (unit.header, read.opens) if part)


async def _compared(found: Sequence[_Candidate], unit: Unit, form: str, config: RunConfig, tools: Tools) -> None:
    """Marks the candidates that Lean finds the same (unless the judge alone is to say), and gives all others their verdicts."""
    lean = config.informalize.check != "judge"
    for one in found:
        if lean and canonical(one.text) == canonical(unit.lean):
            one.how = "text"
    others = [one for one in found if not one.how]
    checks = [
        Check(id=str(place), statement=one.text, header=one.header, preamble=unit.preamble, proof=UNPROVED, timeout=config.filters.timeout)
        for place, one in enumerate(others)
    ]
    verdicts = {verdict.id: verdict for verdict in await tools.verify(checks)} if checks else {}
    for place, one in enumerate(others):
        one.verdict = verdicts[str(place)]
        if lean and form and one.verdict.form == form:
            one.how = "form"
    if lean and not form and (plain := [one for one in others if _stands(one)]):
        alike = await printed_alike(unit.lean, [one.text for one in plain], plain[0].header, unit.preamble, tools.verify)
        for one, same in zip(plain, alike or (), strict=False):
            one.how = "printed" if same and one.header == plain[0].header else ""


def _stands(one: _Candidate) -> bool:
    """Whether Lean accepts the candidate as a statement."""
    verdict = one.verdict
    if one.how or verdict is None:
        return bool(one.how)
    return verdict.outcome in (Outcome.ACCEPTED, Outcome.REJECTED) and verdict.reason != Reason.STATEMENT


async def _judged(found: Sequence[_Candidate], unit: Unit, config: RunConfig, tools: Tools, votes: dict[str, int]) -> str:
    """Marks the candidates that the judge finds the same, counting its `votes`; why none of them could be read, if so."""
    judge, back = tools.judge, config.filters.back
    prompts = [match(judge.prompts, unit.lean, one.text, unit.header, unit.preamble) for one in found]
    sampling = varied(judge, "match", back.votes, tools.request_seed("match", unit.key))
    answers = await judge.ask(prompts, sampling) if prompts else []
    readable, why = 0, ""
    for one, prompt, answer in zip(found, prompts, answers, strict=True):
        if isinstance(answer, str):
            why = answer
            continue
        told = votes_in(prompt, answer)
        readable += told.known
        votes["same"] += told.same
        votes["judged"] += told.asked
        why = why or told.why
        if told.known and told.pass_by(back):
            one.how = "judge"
    return "" if readable or not found else f"no verdict of the judge: {why}"


async def proof_back(unit: Unit, text: str, steps: str, config: RunConfig, tools: Tools) -> Back:
    """Have a proof written from `steps`, and ask Lean about it.  One that names the declaration itself is none."""
    formalizer = tools.formalizer
    prompt = follow(formalizer.prompts, unit.lean, text, steps, unit.header, unit.preamble)
    seed = tools.request_seed("follow", unit.key, steps)
    (answer,) = await formalizer.ask([prompt], varied(formalizer, "follow", config.informalize.back, seed))
    if isinstance(answer, str):
        return Back(Unpaired.PROMPT_TOO_LONG, f"to formalize: {answer}")
    about = {"back_model": answer[0].weights.hash, "back_prompt": formalizer.prompts.hash("follow")} if answer else {}
    read = [Unread("empty") if c.fault else read_proof(prompt, c.text, c.finished) for c in answer]
    proofs = [proof for proof in read if not isinstance(proof, Unread) and not _circular(proof.text, unit.name)]
    checks = [
        Check.model_validate(
            {
                "id": str(place),
                "statement": unit.lean,
                "header": unit.header,
                "preamble": unit.preamble,
                "timeout": config.search.timeout,
                proof.form: proof.text,
            }
        )
        for place, proof in enumerate(proofs)
    ]
    verdicts = await tools.verify(checks) if checks else []
    accepted = [proof for proof, verdict in zip(proofs, verdicts, strict=True) if verdict.accepted]
    shown = next(iter(accepted or proofs), None)
    fields = {**about, "recovered": round(len(accepted) / len(answer), 4) if answer else 0.0, "back": shown.text if shown else ""}
    if accepted:
        return Back(None, "", {**fields, "checked": "proof"})
    if not proofs:
        why = ", ".join(sorted({one.reason for one in read if isinstance(one, Unread)})) or "they name the theorem itself"
        return Back(Unpaired.NO_ANSWER if all(c.fault for c in answer) else Unpaired.NOT_PROVED, f"no proof could be read: {why}", fields)
    if any(verdict.outcome in UNDECIDED for verdict in verdicts):
        return Back(Unpaired.UNDECIDED, "Lean did not decide whether a proof is one", fields)
    return Back(Unpaired.NOT_PROVED, f"Lean accepts none of {len(proofs)}: {verdicts[0].first_error or verdicts[0].reason}", fields)


def _circular(proof: str, name: str) -> bool:
    """Whether a proof names the declaration that it is to prove, which the header brings (its full name, or the end of it)."""
    words = (mark.text.lstrip("@").removeprefix("_root_.") for mark in tokens(proof))
    return bool(name) and any(word == name or name.endswith(f".{word}") for word in words)
