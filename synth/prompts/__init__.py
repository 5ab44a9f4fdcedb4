"""Prompts and what answers say: three roles (formalizer, judge, prover), one preset for each family of models.

A `PromptSet` (from `load_prompts`) makes a `Prompt`; `format` turns it into tokens, for sampling and training alike;
`read_…` reads an answer to it, or says why there is nothing to read; `write_…` is the answer that a model is trained on.
"""

from synth.prompts.back import Comparison, compare, informalize, read_comparison, read_text, refine, repeats, write_comparison
from synth.prompts.declarations import goal
from synth.prompts.formalizer import Formalization, read_statement, write_statement
from synth.prompts.judge import read_grade, write_grade
from synth.prompts.preset import BUILT_IN, NAME, Preset, PromptSet, RoleSettings, load_prompts
from synth.prompts.prompt import Prompt, Role, Unread
from synth.prompts.prover import Proof, read_proof, write_proof
from synth.prompts.sketcher import Earlier, Skeleton, ask_skeleton, read_skeleton

__all__ = [
    "BUILT_IN",
    "NAME",
    "Comparison",
    "Earlier",
    "Formalization",
    "Preset",
    "Prompt",
    "PromptSet",
    "Proof",
    "Role",
    "RoleSettings",
    "Skeleton",
    "Unread",
    "ask_skeleton",
    "compare",
    "goal",
    "informalize",
    "load_prompts",
    "read_comparison",
    "read_grade",
    "read_proof",
    "read_skeleton",
    "read_statement",
    "read_text",
    "refine",
    "repeats",
    "write_comparison",
    "write_grade",
    "write_proof",
    "write_statement",
]
