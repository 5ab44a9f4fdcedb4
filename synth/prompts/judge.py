"""What a judge answers: one of five grades (DeepSeek-Prover §3.2), alone, at the end of an explanation, or within one."""

from __future__ import annotations

import re

from synth.prompts.answer import answer_proper, opens_thoughts
from synth.prompts.prompt import Prompt, Unread
from synth.records import GRADES, Grade

_WORD = r"excellent|good|above[\s_-]+average|fair|poor"
_GRADE = re.compile(rf"(?<![\w-])(?:{_WORD})(?![\w-])", re.I)
_MARKS = r"[\s*_`\"'(\[{$\\]*"
# `Grade: good`, `"grade": "fair"`, `**Final grade** = *poor*`, `\boxed{\text{good}}`, `I grade it as fair`
_NAMED = re.compile(
    rf"(?:(?:grade|rating|verdict|assessment|evaluation|classification|category)\b{_MARKS}\w{{0,8}}{_MARKS}(?:[:=]|\bis\b|\bas\b|→|->)"
    rf"|\\boxed){_MARKS}(?:\\?text\w*{_MARKS})?(?:an?\s+)?(?P<grade>{_WORD})(?![\w-])",
    re.I,
)
_FIRST = re.compile(rf"{_MARKS}(?P<grade>{_WORD}){_MARKS}(?=[\s*_`\"')\]}}]*(?:[.,;:!?\n–—-]|\Z))", re.I)
_SCALE = re.compile(rf"(?:(?:{_WORD})[\s\"'`*]*(?:,|/|;|\bor\b|\band\b|>|\|)+[\s\"'`*]*(?:or\s+|and\s+)?){{2,}}(?:{_WORD})(?![\w-])", re.I)
_DENIED = re.compile(
    r"(?:\bnot|n't|\bnever|\bless\s+than|\bhardly|\bneither|\bnor|\bfrom)\s+"
    r"(?:(?:an?|so|very|really|quite|exactly|entirely|fully|especially|particularly)\s+)*$",
    re.I,
)


def read_grade(prompt: Prompt, text: str, finished: bool = True) -> Grade | Unread:
    """The grade that an answer gives: one that it names as its grade, else the word it begins with, else the last one."""
    answer = answer_proper(prompt, text, finished)
    if isinstance(answer, Unread):
        return answer
    answer = _SCALE.sub(" ", answer)  # the scale, said again
    named = list(_NAMED.finditer(answer))
    if named:
        return _grade(named[-1]["grade"])
    if not finished:
        return Unread("truncated")
    if first := _FIRST.match(answer):
        return _grade(first["grade"])
    said = [found for found in _GRADE.finditer(answer) if not _DENIED.search(answer[max(0, found.start() - 60) : found.start()])]
    return _grade(said[-1][0]) if said else Unread("no_grade")


def _grade(word: str) -> Grade:
    plain = " ".join(re.split(r"[\s_-]+", word.lower()))
    return next(grade for grade in GRADES if grade == plain)


def write_grade(prompt: Prompt, grade: Grade) -> str:
    """What a judge should answer to `prompt`; `read_grade` gives it back."""
    thoughts = "\n</think>\n\n" if opens_thoughts(prompt.prefill) else ""
    return thoughts + (grade if prompt.shape == "word" else f"grade: {grade}")
