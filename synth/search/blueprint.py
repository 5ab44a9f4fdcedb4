"""Strategy: a file of lemmas that name what they use, each proved for itself, the theorem from them, and the file revised as a whole.

The nodes of a blueprint (Goedel-Architect 2606.06468 §3) are the holes of the skeleton in which each lemma is a `have`; a node sees
the lemmas that its `sorry_using […]` names and no others.  All nodes are searched at the same time; what became of each (proved,
`statement wrong`, `too hard`) goes back with the file.
"""

from __future__ import annotations

from synth.config import SearchConfig
from synth.records import Problem, Statement
from synth.search.sketch import Sketch
from synth.services import Tools


def make(statement: Statement, problem: Problem | None, config: SearchConfig, tools: Tools) -> Sketch | None:
    """For `loop.STRATEGIES`; None where blueprints nest no deeper."""
    if not config.sketch.depth:
        return None
    return Sketch(config, tools, problem.text if problem else "", name="blueprint", role="blueprint", origin="lemma")
