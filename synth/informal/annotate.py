"""Annotating units in the order of their dependencies: what a declaration uses is in words before it is asked about itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from synth.annotations import AGAIN, Annotation, Unpaired
from synth.config import RunConfig
from synth.informal.back import Back, proof_back, statement_back
from synth.informal.units import Unit
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt, Proof, Unread, read_text
from synth.prompts.annotate import Surroundings, annotate, as_text, copied, explain, proof_steps, read_steps, words_of
from synth.records import content_id
from synth.services import Tools
from synth.statements.filters.elaborates import PATIENCE, UNDECIDED
from synth.statements.filters.faithful import varied
from synth.statements.text import UNPROVED
from verify_workers.records import Check, Outcome, Reason, Verdict

WORDS = 300  # characters of a declaration's words that the vocabulary gives
KINDS = {"def": "definition", "abbrev": "definition", "opaque": "constant"}  # other keywords are words
R = TypeVar("R")


@dataclass(frozen=True)
class Book:
    """What is on disk: annotations by id, and what is called with each new one.  `deciding` identifies models, prompts and settings."""

    deciding: str
    known: Mapping[str, Annotation]
    write: Callable[[Annotation], None] = lambda row: None

    def find(self, id: str) -> Annotation | None:
        """The annotation, if what it says still stands."""
        found = self.known.get(id)
        return None if found is None or found.reason in AGAIN else found

    def new(self, row: Annotation) -> Annotation:
        self.write(row)
        return row


class Annotator:
    """Annotates units, each after those that it uses; what the book has is not asked again."""

    def __init__(self, tools: Tools, config: RunConfig, book: Book) -> None:
        self.tools, self.config, self.book = tools, config, book
        self._gate = asyncio.Semaphore(config.informalize.in_flight)
        self._units: dict[str, Unit] = {}
        self._statements: dict[str, asyncio.Task[Annotation]] = {}

    async def all(self, units: Sequence[Unit], advance: Callable[[], None] = lambda: None) -> list[Annotation]:
        """The annotations of all units, in their order: of each theorem one, and one of its proof; `advance` is called after each unit."""
        self._units = {unit.key: unit for unit in units}
        for unit in units:
            self._statements[unit.key] = asyncio.create_task(self._statement_of(unit))
        wholes = [asyncio.create_task(self._whole(unit, advance)) for unit in units]
        try:
            return [row for rows in await asyncio.gather(*wholes) for row in rows]
        finally:
            everything = [*wholes, *self._statements.values()]
            for task in everything:
                task.cancel()
            await asyncio.gather(*everything, return_exceptions=True)

    async def _whole(self, unit: Unit, advance: Callable[[], None]) -> list[Annotation]:
        rows = [await self._statements[unit.key]]
        if unit.proof and rows[0].kept and self.config.informalize.proofs:
            shown = await self._shown((*unit.stated, *unit.used))
            async with self._gate:
                rows.append(await self._proof(unit, rows[0], shown))
        advance()
        return rows

    async def _shown(self, names: Sequence[str]) -> dict[str, Annotation]:
        """The annotations of these declarations, when they are there."""
        return {name: await self._statements[name] for name in names if name in self._statements}

    async def _statement_of(self, unit: Unit) -> Annotation:
        shown = await self._shown(unit.stated)
        async with self._gate:
            return await self._statement(unit, shown)

    async def _statement(self, unit: Unit, shown: Mapping[str, Annotation]) -> Annotation:
        """The annotation of a statement, or of a definition."""
        fields = _fields(unit, shown) | {"vocabulary": self._vocabulary(shown)}
        if unit.unstated:
            fields |= {"id": content_id("annotation", unit.source, unit.unstated)}
            return self.book.new(_finished(fields, Back(Unpaired.UNSTATED, unit.unstated)))
        informalizer = self.tools.models["informalizer"]
        prompt = annotate(informalizer.prompts, unit.lean, unit.header, unit.preamble, self._around(unit, shown))
        sampling = varied(informalizer, "annotate", self.config.informalize.samples, self.tools.request_seed("annotate", unit.key))
        fields |= self._asked(prompt, sampling, fields)
        if (found := self.book.find(fields["id"])) is not None:
            return found
        form = ""
        if unit.kind == "statement":
            verdict = await self._asked_lean(unit)
            form, fields["lean"], fields["library"] = verdict.form, verdict.lean, verdict.library
            if (why := _no_statement(verdict)) is not None:
                return self.book.new(_finished(fields, why))
        read, why = await self._read(prompt, sampling, fields, lambda c: read_text(prompt, c.text, c.finished))
        if why is not None:
            return self.book.new(_finished(fields, why))
        if unit.kind == "definition":
            return self.book.new(_finished(fields | {"text": read[0]}, Back(Unpaired.DEFINITION)))

        async def back(text: str) -> Back:
            return await statement_back(unit, text, fields["vocabulary"], form, self.config, self.tools)

        text, best = await _best(read, lambda text: copied(text, unit.lean), back)
        return self.book.new(_finished(fields | {"text": text}, best))

    async def _proof(self, unit: Unit, statement: Annotation, shown: Mapping[str, Annotation]) -> Annotation:
        """The annotation of a proof, step by step."""
        informalizer, written = self.tools.models["informalizer"], Proof(unit.form, unit.proof)
        count = len(proof_steps(written))
        prompt = explain(*(informalizer.prompts, unit.lean, written, statement.text, unit.header, unit.preamble), self._around(unit, shown))
        sampling = varied(informalizer, "explain", self.config.informalize.samples, self.tools.request_seed("explain", unit.key))
        fields = _fields(unit, shown) | {"kind": "proof", "proof": unit.proof, "uses": list(shown)}
        fields |= {"parents": [statement.id, *fields["parents"]], "vocabulary": statement.vocabulary}
        fields |= self._asked(prompt, sampling, fields)
        if (found := self.book.find(fields["id"])) is not None:
            return found
        read, why = await self._read(prompt, sampling, fields, lambda c: read_steps(prompt, c.text, count, c.finished))
        if why is not None:
            return self.book.new(_finished(fields, why))

        async def back(steps: list[str]) -> Back:
            return await proof_back(unit, statement.text, as_text(steps), self.config, self.tools)

        steps, best = await _best(read, lambda steps: any(copied(step, unit.lean) for step in steps), back)
        return self.book.new(_finished(fields | {"text": as_text(steps), "steps": steps}, best))

    async def _read(
        self, prompt: Prompt, sampling: Sampling, fields: dict[str, Any], reader: Callable[[Completion], R | Unread]
    ) -> tuple[list[R], Back | None]:
        """What the informalizer answers, each answer once, with the weights in `fields`; or why there is nothing."""
        (answer,) = await self.tools.models["informalizer"].ask([prompt], sampling)
        if isinstance(answer, str):
            return [], Back(Unpaired.PROMPT_TOO_LONG, answer)
        if answer:
            fields |= {"model": answer[0].weights.hash, "version": answer[0].weights.version}
        if all(completion.fault for completion in answer):
            return [], Back(Unpaired.NO_ANSWER, next((completion.fault for completion in answer), ""))
        read = [reader(completion) for completion in answer if not completion.fault]
        good = [one for place, one in enumerate(read) if not isinstance(one, Unread) and one not in read[:place]]
        if good:
            return good, None
        unread = next(one for one in read if isinstance(one, Unread))
        first = next(completion.text for completion in answer if not completion.fault)
        return [], Back(Unpaired.UNREAD, f"{unread.reason} {unread.detail}: {first.strip()}")

    async def _asked_lean(self, unit: Unit) -> Verdict:
        """The verdict on the statement without a proof: it has the normal form, where the backend knows one."""
        where = {"header": unit.header, "preamble": unit.preamble, "timeout": PATIENCE * self.config.filters.timeout}
        check = Check.model_validate({"id": "form", "statement": unit.lean, "proof": UNPROVED, **where})
        (verdict,) = await self.tools.verify([check])
        return verdict

    def _around(self, unit: Unit, shown: Mapping[str, Annotation]) -> Surroundings:
        uses = words_of({name: (self._units[name].signature, row.text) for name, row in shown.items()})
        first = unit.lean.split()[0] if unit.kind == "definition" else "theorem"
        kind = "definition" if first.startswith(("@[", "noncomputable", "protected", "private")) else KINDS.get(first, first)
        return Surroundings(unit.name, kind, unit.doc, uses, unit.neighbours)

    def _vocabulary(self, shown: Mapping[str, Annotation]) -> str:
        """What is shown to a formalizer of what a statement uses: Lean comments, a line each."""
        lines = [f"-- `{self._units[name].signature or name}`: {' '.join(row.text.split())[:WORDS]}" for name, row in shown.items()]
        return "\n".join(line.removesuffix(": ") for line in lines)

    def _asked(self, prompt: Prompt, sampling: Sampling, fields: Mapping[str, Any]) -> dict[str, Any]:
        """How it is asked, and the id: of the question to the letter, and of all that decides what becomes of the answer."""
        sampled = {"seed": sampling.seed, "temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
        about = [fields[name] for name in ("kind", "source", "statement", "header", "preamble", "vocabulary")]
        id = content_id("annotation", self.book.deciding, prompt.to_json(), sampled, sampling.n, about)
        return {"id": id, "prompt": self.tools.models["informalizer"].prompts.hash(prompt.role), **sampled}


async def _best(read: Sequence[R], is_copied: Callable[[R], bool], back: Callable[[R], Awaitable[Back]]) -> tuple[R, Back]:
    """The answer that comes back most often, and what came; answers that hold the Lean itself are not asked about."""
    if not (clean := [one for one in read if not is_copied(one)]):
        return read[0], Back(Unpaired.COPIED, "it holds the Lean that it is to say in words")
    backs = [await back(one) for one in clean]
    place = max(range(len(clean)), key=lambda i: (backs[i].reason is None, backs[i].recovered))
    return clean[place], backs[place]


def _no_statement(verdict: Verdict) -> Back | None:
    """Why there is nothing to compare with: Lean does not take the statement itself for one, or does not decide."""
    if verdict.outcome in UNDECIDED:
        return Back(Unpaired.UNDECIDED, f"the statement itself: {verdict.outcome.value}")
    if verdict.outcome is Outcome.POLICY or verdict.reason == Reason.STATEMENT:
        return Back(Unpaired.UNSTATED, f"this Lean does not accept it as a statement: {verdict.first_error or verdict.reason}")
    return None


def _fields(unit: Unit, shown: Mapping[str, Annotation]) -> dict[str, Any]:
    about = {"kind": unit.kind, "source": unit.source, "module": unit.module, "header": unit.header, "preamble": unit.preamble}
    return about | {
        "statement": unit.lean,
        "uses": list(shown),
        "parents": [row.id for row in shown.values()],
        "round": unit.round,
    }


def _finished(fields: Mapping[str, Any], back: Back) -> Annotation:
    ending = {"kept": back.reason is None, "reason": back.reason or "", "detail": back.detail[:500]}
    return Annotation.model_validate({**fields, **back.fields, **ending})
