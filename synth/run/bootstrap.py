"""Round 0 without a given model: our own small one, trained on the seed set."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from synth.examples import proof_examples, seed_examples
from synth.llm.config import ROLES
from synth.llm.types import Weights
from synth.run.actors import start_samplers
from synth.run.cluster import released
from synth.run.interrupt import together
from synth.run.learn import fit
from synth.run.lessons import annotated
from synth.run.seed_messages import seeds_with_messages
from synth.run.state import Run, served_lora
from train.data import Example
from train.model import checkpoint_hash, create_checkpoint
from train.tokenizer import train_tokenizer

BEFORE = -1  # version of a model that has learned nothing yet
ROLE_TOKEN = re.compile(r"<\|\w+\|>")  # only the templates have such: `PromptSet` takes them out of what is shown


async def bootstrap(job: Run, under_way: asyncio.Event) -> None:
    """Our own small model: a fresh Llama trained on the seed set for the roles that it plays; `under_way` is set after the first steps.

    Then the engines start, with the model as it is before: they take the trained weights when they are first asked.  Those that
    serve adapters beside the model start when it is there.
    """
    initial, examples = await _untrained(job)
    fresh = Weights(str(initial), BEFORE, checkpoint_hash(initial))
    training = fit(job, 0, fresh, examples, job.config.models.bootstrap.train, under_way)
    if released(job.config, job.roles) or served_lora(job.config):
        await training
        return

    async def start_engines() -> None:
        await under_way.wait()
        await start_samplers(job, weights=job.role_weights(fresh), one_by_one=True)

    await together(training, start_engines())


async def _untrained(job: Run) -> tuple[Path, list[Example]]:
    """The fresh model, and what it is to learn."""
    config, seeds = job.config.models.bootstrap, await seeds_with_messages(job)
    proofs = proof_examples(seeds.proofs, job.prompts["prover"])
    own = [role for role in ROLES if not job.config.models.of(role).own]
    examples = seed_examples(seeds, job.prompts, own) + (annotated(job) if "formalizer" in own else []) + config.proof_repeats * proofs
    initial = job.training(0).parent / "initial"
    if not (initial / "config.json").exists():
        texts = [_text(example) for example in examples]
        tokens = sorted({token for text in texts for token in ROLE_TOKEN.findall(text)})
        tokenizer = train_tokenizer(texts, config.architecture.vocab_size, config.architecture.max_length, tokens)
        create_checkpoint(initial, config.architecture, tokenizer, job.config.seed)
    return initial, examples


def _text(example: Example) -> str:
    asked = example.prompt if isinstance(example.prompt, str) else str(example.prompt["text"])
    return asked + example.completion
