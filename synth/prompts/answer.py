"""What every answer shares: thoughts are cut off, fences found, words told from Lean.

Models think in `<think>…</think>` (or go on with thoughts that the prompt opened), explain, sketch, show Lean's replies,
and put what they were asked for between fences, or not; the prompt may have opened the fence that the answer closes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from synth.prompts.declarations import COMMANDS, DECLARING, MODIFIERS, tokens
from synth.prompts.prompt import Prompt, Unread
from verify_workers.text import lexer
from verify_workers.text.lexer import Kind

_TAG = "think|thinking|thought|reasoning"
_THOUGHTS_END = re.compile(rf"</(?:{_TAG})>", re.I)
_THOUGHTS_START = re.compile(rf"<(?:{_TAG})>", re.I)
_FENCE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*(?P<info>.*?)[ \t]*$")
_LEAN = re.compile(r"lean\s*4?\b|tactics?\b|$", re.I)
# Words with which tactic proofs begin; only asked about text that stands in no fence.
# fmt: off
TACTICS = frozenset({
    "aesop", "all_goals", "any_goals", "apply", "apply_fun", "assumption", "bv_decide", "by", "by_cases", "by_contra", "calc",
    "case", "cases", "cases'", "change", "choose", "classical", "clear", "congr", "constructor", "contradiction", "contrapose",
    "conv", "decide", "dsimp", "exact", "exacts", "exfalso", "exists", "ext", "field_simp", "fin_cases", "first", "fun", "funext",
    "gcongr", "generalize", "grind", "have", "haveI", "induction", "induction'", "injection", "interval_cases", "intro", "intros",
    "left", "let", "linarith", "match", "mod_cases", "native_decide", "nlinarith", "nofun", "norm_cast", "norm_num", "norm_num1",
    "obtain", "omega", "pick_goal", "positivity", "push_cast", "push_neg", "qify", "rcases", "refine", "refine'", "rename_i",
    "repeat", "revert", "rfl", "right", "ring", "ring_nf", "rintro", "rw", "rwa", "show", "simp", "simp_all", "simp_rw", "simpa",
    "solve_by_elim", "specialize", "split", "split_ifs", "subst", "subst_vars", "suffices", "symm", "tauto", "trivial", "try",
    "unfold", "use", "wlog", "zify",
})
# fmt: on


_LEAN_STARTS = frozenset({":=", "@[", "·", ".", "⟨", "(", "{", "|", ":", "∀", "∃", "¬", "<;>", "@", "•", "‹"})


@dataclass(frozen=True)
class Block:
    """Fenced text; `complete` says whether its end was seen (a closing fence, or the end of a finished answer).

    `goes_on`: it continues what the prompt began, its fence included.
    """

    text: str
    complete: bool
    lean: bool
    goes_on: bool = False


def without_thoughts(text: str, opened: bool = False) -> str | None:
    """What follows the thoughts; None where the thoughts do not end.  `opened`: the answer begins within them.

    A finished answer without any tag has none: some servers keep the thoughts to themselves, though the prompt began them.
    """
    text = text.replace("\r\n", "\n")
    ends = list(_THOUGHTS_END.finditer(text))
    rest = text[ends[-1].end() :] if ends else text
    start = _THOUGHTS_START.search(rest)
    if start:
        return rest[: start.start()] if rest[: start.start()].strip() else None
    return None if opened and not ends else rest


def answer_proper(prompt: Prompt, text: str, finished: bool) -> str | Unread:
    """An answer to `prompt` without its thoughts, or why there is nothing in it to be read."""
    answer = without_thoughts(text, not finished and (opens_thoughts(prompt.prefill) or prompt.thinking is True))
    if answer is None:
        return Unread("truncated" if not finished else "empty", "the thoughts do not end")
    if not answer.strip():
        return Unread("empty" if finished else "truncated")
    return answer


def opens_thoughts(text: str) -> bool:
    """Whether `text` ends within thoughts."""
    starts = [found.end() for found in _THOUGHTS_START.finditer(text)]
    return bool(starts) and not _THOUGHTS_END.search(text, starts[-1])


def opens_fence(text: str) -> bool:
    """Whether `text` ends within a fence."""
    opened = False
    for line in text.split("\n"):
        if fence := _FENCE.match(line):
            opened = not opened or bool(fence["info"])
        elif opened and _closed_late(line):
            opened = False
    return opened


def blocks(text: str, finished: bool, opened: bool = False) -> list[Block]:
    """The fenced blocks of an answer, in order.

    `opened`: the prompt ends within a fence, which the answer goes on and closes.  Without it, a first fence that can only
    be a closing one (nothing opens after it, or a fence that names its language does) has what stands before it as its block.
    """
    lines = text.split("\n")
    fences = [i for i, line in enumerate(lines) if _FENCE.match(line)]
    if opened and fences and _info(lines[fences[0]]):
        opened = False  # the model opened a fence of its own
    if not opened and fences and _closes_first(lines, fences, finished):
        opened = True
    found: list[Block] = []
    block: list[str] | None = [] if opened else None
    lean = True
    for line in lines:
        fence = _FENCE.match(line)
        if block is None:
            if fence and (inline := _closed_late(fence["info"])):  # a block on one line
                found.append(Block(re.sub(r"^(?:lean4?|tactics)\s+", "", inline, flags=re.I), True, True))
            elif fence:
                block, lean = [], bool(_LEAN.match(fence["info"]))
        elif fence and not fence["info"]:
            found.append(Block("\n".join(block), True, lean))
            block = None
        elif fence:  # one that names its language opens a block, whatever was open
            found.append(Block("\n".join(block), False, lean))
            block, lean = [], bool(_LEAN.match(fence["info"]))
        elif late := _closed_late(line):
            found.append(Block("\n".join([*block, late]), True, lean))
            block = None
        else:
            block.append(line)
    if block is not None:
        found.append(Block("\n".join(block), finished, lean))
    return [replace(found[0], goes_on=True), *found[1:]] if opened else found


def _closed_late(line: str) -> str:
    """The code of a line at whose end a fence closes (`omega```), '' where none does."""
    text = line.rstrip()
    return text.rstrip("`~").rstrip() if text.endswith(("```", "~~~")) else ""


def _info(line: str) -> str:
    fence = _FENCE.match(line)
    return fence["info"] if fence else ""


def _closes_first(lines: list[str], fences: list[int], finished: bool) -> bool:
    """Whether the first fence closes one that was opened before the answer."""
    if _info(lines[fences[0]]) or is_prose("\n".join(lines[: fences[0]])):
        return False
    after = fences[1:]
    return bool(_info(lines[after[0]])) if after else finished or not "".join(lines[fences[0] + 1 :]).strip()


def is_prose(text: str) -> bool:
    """Whether text outside of fences is words rather than Lean: how it begins decides."""
    marks = tokens(text)
    if not marks:
        return True
    first = marks[0]
    if first.kind is not Kind.IDENT:
        return first.text not in _LEAN_STARTS or _has_sentence(text)
    if first.text in DECLARING | MODIFIERS | COMMANDS | TACTICS:
        return _has_sentence(text)
    if first.text.isascii() and first.text[0].isupper() and "." not in first.text:
        return True  # `The`, `I`, `Proof`; names of Lean that start a term have a dot
    return _has_sentence(text) or (len(marks) > 1 and "." not in first.text and marks[1].text in (",", "!"))


def _has_sentence(text: str) -> bool:
    """Whether a line ends as sentences do, comments aside."""
    marks = tokens(text)
    return any(
        end.text in (".", "!", "?") and word.kind is Kind.IDENT and word.end == end.start and text[end.end : end.end + 1] in ("", "\n")
        for word, end in pairwise(marks)
    )


def code_in_prose(text: str) -> str:
    """The Lean file that stands without fences in an answer: from its first command to the first sentence after it; '' if none.

    A line counts as code where it starts with a command; a sentence comes after an empty line and starts with a capital.
    """
    lines = text.split("\n")
    begin = next((i for i, line in enumerate(lines) if _starts_code(line)), None)
    if begin is None:
        return ""
    code = "\n".join(lines[begin:])
    comments = [mark for mark in lexer.tokens(code, comments=True) if mark.kind in (Kind.COMMENT, Kind.DOC)]
    for paragraph in re.finditer(r"\n[ \t]*\n(?=[A-Z])", code):
        end = paragraph.end()
        if is_prose(code[end:].split("\n", 1)[0]) and not any(mark.start < end < mark.end for mark in comments):
            return code[:end].strip()
    return code.strip()


def _starts_code(line: str) -> bool:
    marks = tokens(line)[:3]
    if len(marks) < 2 or line[:1].isspace():
        return False
    first, second = marks[0], marks[1]
    if first.text in ("theorem", "lemma"):
        return second.kind is Kind.IDENT and (len(marks) < 3 or marks[2].kind is not Kind.IDENT) and not _has_sentence(line)
    if first.text == "import":
        return second.text[:1].isupper()
    if first.text in ("open", "set_option"):
        return second.kind is Kind.IDENT and not _has_sentence(line)
    return first.text == "@[" or (first.text in ("example", "private", "noncomputable", "def") and not _has_sentence(line))


def starts_file(answer: str) -> bool:
    """Whether an unfenced answer is a file of its own, rather than the continuation of the prompt's."""
    marks = tokens(answer)
    return bool(marks) and (marks[0].text in DECLARING | MODIFIERS | {"import", "open", "set_option", "namespace", "section", "@["})
