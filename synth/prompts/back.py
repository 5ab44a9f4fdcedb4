"""Back-translation (Herald, arXiv 2410.10878 §3.3): a statement said in plain language, and whether that is what the problem says.

`informalize` asks for the words, `compare` for a verdict on them, `refine` for a better statement; each has its reader here,
but for refined statements, which are read as any formalization.  `repeats` asks whether two problems are one.
"""

from __future__ import annotations

import re
from typing import Literal

from synth.prompts.answer import answer_proper, blocks, is_prose, opens_thoughts, starts_file
from synth.prompts.declarations import goal
from synth.prompts.preset import PromptSet
from synth.prompts.prompt import Prompt, Unread
from synth.records import above
from verify_workers.text.statement import parse_theorem, source

Comparison = Literal["same", "different"]

_LABEL = re.compile(
    r"^[\s*_#>]*(?:(?:the|plain|natural|english|informal|back)[\s-]+)*(?:problem|statement|translation|language|answer|version|theorem)"
    r"(?:\s+in\s+(?:plain|natural)\s+language)?[\s*_]*:[\s*_]*",
    re.I,
)
_OPENING = re.compile(r"^(?:sure|certainly|of course|here(?:'s| is| are)|okay|ok)\b[^\n]*:\s*\n+", re.I)
_MARKS = r"[\s*_`\"'(\[{$\\]*"
_DENIED_SAME = r"(?:not(?:\s+\w+){0,3}\s+(?:same|equivalent)|inequivalent|nonequivalent|non-equivalent)"
_WORD = rf"(?:{_DENIED_SAME}|(?:the\s+)?same|different|equivalent)(?![\w-])"
_NAMED = re.compile(
    rf"(?:(?:verdict|answer|conclusion|result|judge?ment|decision|comparison)\b{_MARKS}(?:[:=]|\bis\b|→|->)|\\boxed)"
    rf"{_MARKS}(?:\\?text\w*{_MARKS})?(?P<word>{_WORD})",
    re.I,
)
_FIRST = re.compile(rf"{_MARKS}(?P<word>{_WORD}){_MARKS}(?=[\s*_`\"')\]}}]*(?:[.,;:!?\n–—-]|\Z))", re.I)
_SCALE = re.compile(r"[\"'`*]*\bsame[\"'`*]*\s*(?:/|\||\bor\b|,)\s*[\"'`*]*different\b[\"'`*]*", re.I)


def shown(statement: str, header: str = "", preamble: str = "") -> dict[str, str]:
    """What the templates may show of a statement: all of it, its goal on one line, and what stands above it."""
    return {"statement": source(parse_theorem(statement)), "goal": goal(statement), "header": above(header, preamble)}


def informalize(prompts: PromptSet, statement: str, header: str = "", preamble: str = "") -> Prompt:
    """Ask for `statement` in plain language."""
    return prompts.ask("informalize", {}, **shown(statement, header, preamble))


def read_text(prompt: Prompt, text: str, finished: bool = True) -> str | Unread:
    """The plain language in an informalizer's answer: without thoughts, labels and code."""
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    if not finished:
        return Unread("truncated")
    words = _OPENING.sub("", _without_code(answer).strip())
    words = _LABEL.sub("", words).strip().strip("*").strip()
    if not words:
        return Unread("no_text", "only code")
    if starts_file(words) and not is_prose(words):
        return Unread("no_text", "Lean in place of words")
    return words


def write_text(prompt: Prompt, words: str) -> str | None:
    """What an informalizer should answer to `prompt`; None where `read_text` would take no words from it."""
    thoughts = "\n</think>\n\n" if opens_thoughts(prompt.prefill) else ""
    answer = thoughts + words.strip()
    return None if isinstance(read_text(prompt, answer), Unread) else answer


def compare(prompts: PromptSet, problem: str, back: str, statement: str, header: str = "", preamble: str = "") -> Prompt:
    """Ask whether `back`, which says what `statement` does, says what `problem` does."""
    return prompts.ask("compare", {}, problem=problem.strip(), back=back.strip(), **shown(statement, header, preamble))


def repeats(prompts: PromptSet, problem: str, other: str) -> Prompt:
    """Ask whether `problem` is `other` in other words; `read_comparison` reads the answer."""
    return prompts.ask("repeats", {}, problem=problem.strip(), other=other.strip())


def read_comparison(prompt: Prompt, text: str, finished: bool = True) -> Comparison | Unread:
    """The verdict of an answer: one that it names, else the word it begins with, else what its last words on it say."""
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    answer = _SCALE.sub(" ", answer)  # the choice, said again
    if named := list(_NAMED.finditer(answer)):
        return _verdict(named[-1]["word"])
    if not finished:
        return Unread("truncated")
    if first := _FIRST.match(answer):
        return _verdict(first["word"])
    said = [found for sentence in re.split(r"(?<=[.!?;\n])\s+", answer) if (found := _said(sentence))]
    return said[-1] if said else Unread("no_verdict")


def _said(sentence: str) -> Comparison | None:
    """What one sentence says; None where it says nothing, or denies a difference in so many words."""
    found = list(re.finditer(r"(?<![\w-])(?:same|different|equivalent)(?![\w-])", sentence, re.I))
    if not found:
        return None
    word, before = found[-1][0].lower(), sentence[: found[-1].start()]
    denied = re.search(
        r"\b(?:not|never|neither|nor|no|hardly|fails?|isn't|aren't|don't|doesn't|cannot|can't|without)\b|n't\b", before, re.I
    )
    if denied:
        return None if word == "different" else "different"
    # "whether they say the same", "if they were the same": no verdict
    return None if re.search(r"\b(?:whether|if|would|should|could|may|might|must)\b", before, re.I) else _verdict(word)


def _verdict(word: str) -> Comparison:
    plain = " ".join(word.lower().split()).removeprefix("the ")
    return "same" if plain in ("same", "equivalent") else "different"


def write_comparison(prompt: Prompt, verdict: Comparison) -> str:
    """What a judge should answer to `prompt`; `read_comparison` gives it back."""
    thoughts = "\n</think>\n\n" if opens_thoughts(prompt.prefill) else ""
    return thoughts + (f"verdict: {verdict}" if prompt.chat else verdict)


def refine(prompts: PromptSet, problem: str, statement: str, message: str, header: str = "", preamble: str = "") -> Prompt:
    """Ask for a better statement of `problem` than `statement`, of which `message` says what is wrong."""
    settings = prompts.preset.formalize
    reading = {"shape": settings.shape, "name": settings.name, "header": header}
    values = shown(statement, header, preamble) if _parses(statement) else {"statement": statement, "goal": statement, "header": header}
    return prompts.ask("refine", reading, problem=problem.strip(), message=message.strip(), name=settings.name, **values)


def _parses(statement: str) -> bool:
    try:
        parse_theorem(statement)
    except ValueError:
        return False
    return True


def _without_code(answer: str) -> str:
    """The text without its fenced Lean; the text of a fence that names no language is kept where there is nothing else."""
    outside = re.sub(r"^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$", "", answer, flags=re.S | re.M).strip()
    if outside and not re.fullmatch(_OPENING.pattern + r"?\s*", outside + "\n", re.I):
        return outside
    fenced = [block.text for block in blocks(answer, True) if block.text.strip() and is_prose(block.text)]
    return fenced[-1] if fenced else outside
