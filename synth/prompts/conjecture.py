"""Asking for a conjecture (STP, arXiv 2502.00212 §3): a proved theorem and a lemma that its proof uses, and then a new theorem."""

from __future__ import annotations

from collections.abc import Mapping

from synth.prompts.declarations import declarations, goal, renamed
from synth.prompts.preset import PromptSet, shown_theorem
from synth.prompts.prompt import Prompt
from synth.prompts.prover import Proof, compact
from synth.records import above
from verify_workers.text.statement import parse_theorem

NAME, SEED = "conjecture", "proved"
"""What the new theorem and the proved one are called in the prompt."""


def shown_conjecture(statement: str, proof: Proof, lemma: tuple[str, str], header: str = "", preamble: str = "") -> dict[str, str]:
    """What the template `conjecture` may show.

    `theorem`: the proved one with its proof, or the file that proves it; `goal` and `proof`: what it says and its proof alone, on as few
    lines as they need; `lemma` and `signature`: the name and the statement of what its proof uses ('' both: it uses nothing that has
    a name); `header`: what stands before all of it; `name`: what the new theorem is to be called.
    """
    if proof.form == "code":
        theorem = renamed(proof.text.strip(), {parse_theorem(statement).name: SEED})
    else:
        theorem = f"{shown_theorem(statement, SEED)['statement']} := {proof.text.strip()}"
    name, signature = lemma
    return {
        "lemma": name,
        "signature": signature,
        "theorem": theorem,
        "goal": goal(statement),
        "proof": compact(own_proof(statement, proof)),
        "header": above(header, preamble),
        "name": NAME,
    }


def own_proof(statement: str, proof: Proof) -> str:
    """What follows `:=` in the theorem of `statement`, without what else stands in a whole file."""
    name = parse_theorem(statement).name
    found = next((d for d in declarations(proof.text) if d.name == name and d.body >= 0), None) if proof.form == "code" else None
    return (proof.text[found.body : found.end] if found else proof.text).strip()


def ask_conjecture(prompts: PromptSet, shown: Mapping[str, str]) -> Prompt:
    """Ask for a new theorem; `read_statement` reads the answer, and `write_statement` is what a conjecturer is trained on."""
    reading = {"shape": prompts.preset.formalize.shape, "name": shown["name"], "header": shown["header"]}
    return prompts.ask("conjecture", reading, **shown)
