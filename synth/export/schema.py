"""The columns of a corpus: those of a pair, what its statement's record adds, and what an export makes."""

from __future__ import annotations

import pyarrow as pa

from synth.records import Pair
from synth.store.arrow import arrow_schema

CORPUS_SCHEMA = 2
"""Changes whenever a column does: a new column by one, a column that is renamed, removed or of another meaning by one and with a
line in the changelog."""

# Every column in its order, with what docs/corpora.md and Croissant say of it.
COLUMNS = {
    "id": "of the pair: a hash of what it is and what it was made from",
    "content_hash": "SHA-256 of `header`, `preamble`, `statement`, `form` and `proof` in UTF-8, joined by NUL: the same in every corpus",
    "split": "`train`, `validation` or `test`; of its problem and of every problem whose proved statements have its normal form",
    "statement": "a Lean theorem without `:=`; where `negated`, it says that the kept statement is false",
    "form": "`proof`: the proof is what follows `:=`; `code`: it is a whole file, without the header",
    "proof": "checked by Lean for exactly this statement",
    "original_proof": "the proof as it was found, where a shorter one stands in its place; empty otherwise",
    "original_axioms": "that the original proof rests on, which may be fewer than `axioms`",
    "header": "imports, `open`s and options before the statement",
    "preamble": "definitions between header and statement that it needs",
    "negated": "whether the statement is the negation of the one that was formalized",
    "problem": "the problem in plain language; empty where there is none",
    "kind": "`theorem` (of a problem), `subgoal` or `lemma` (a piece of one), `conjecture`, `heldout`",
    "origin": "`given`, `autoformalized`, `refined`, `conjectured`, `variant`, `subgoal`, `lemma`, `answered`; empty: unknown",
    "grade": "the judge's grade of the statement, `excellent` to `poor`; empty: not asked",
    "normal_form": "hash of the statement that its spelling and the names in it do not change; empty where Lean gave none",
    "round": "of expert iteration in which it was proved",
    "strategy": "of the search that found the proof",
    "model": "hash of the weights that answered; empty: no model (cheap tactics)",
    "version": "of these weights",
    "prompt": "hash of the prompt's template",
    "seed": "of the sampling",
    "temperature": "of the sampling",
    "top_p": "of the sampling",
    "max_tokens": "of the sampling: the limit that the answer had",
    "axioms": "that the proof rests on",
    "audit": "who decided: `kernel`, `leanchecker` (kernel objects in a clean process) or `text` (messages, policy, pin)",
    "lean": "version of Lean that checked it",
    "library": "hash or name of the library that it was checked with",
    "kernels": "what kernels beside Lean's said of the proof, with their versions; empty: none was asked",
    "attempt_id": "of the attempt in the run's records",
    "statement_id": "of the kept statement there",
    "problem_id": "of the problem there",
}  # fmt: skip

_ADDED = {"content_hash", "split", "origin", "grade", "normal_form"}
PAIR_COLUMNS = [name for name in COLUMNS if name not in _ADDED]
"""Those that a run's own pairs have."""


def corpus_schema() -> pa.Schema:
    """The Arrow schema of a corpus; its metadata says which record the rows are, and both versions."""
    pairs = arrow_schema(Pair)
    fields = [pa.field(name, pa.string()) if name in _ADDED else pairs.field(name) for name in COLUMNS]
    return pa.schema(fields, metadata={**(pairs.metadata or {}), b"corpus_schema": str(CORPUS_SCHEMA).encode()})


def columns_table() -> str:
    """The columns as a table in Markdown."""
    rows = [f"| `{field.name}` | {field.type} | {COLUMNS[field.name]} |" for field in corpus_schema()]
    return "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])
