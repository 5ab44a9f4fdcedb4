"""Presets: what they show, what they settle, and the plain words about one that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.prompts import (
    BUILT_IN,
    Prompt,
    Proof,
    Role,
    ask_skeleton,
    compare,
    informalize,
    load_prompts,
    read_proof,
    read_statement,
    refine,
    repeats,
)
from synth.prompts.annotate import annotate, explain, follow, match
from synth.prompts.answer import blocks, code_in_prose, opens_fence
from synth.prompts.answers import pose
from synth.prompts.conjecture import ask_conjecture, shown_conjecture
from synth.prompts.declarations import declarations, goal, one_line, only_proof, renamed, same_goal, without_header
from synth.prompts.judge import read_grade
from synth.prompts.preset import PRESETS
from synth.prompts.repair import ask_repair, shown_repair
from synth.prompts.translator import ask_translation
from synth.records import GRADES
from synth.search.retrieval import ask_with_lemmas, shown_lemmas
from verify_workers.errors import UserError

STATEMENT = "theorem Foo.bar (n : Nat) -- a number\n    (h : 0 < n) :\n  n ≠ 0"
HEADER = "import Mathlib\n\nopen Nat"
PREAMBLE = "def twice (n : Nat) : Nat := 2 * n"
PROBLEM = "Let $n$ be positive -/.\n\nShow that it is not 0."
EVERY = {"formalize", "refine", "grade", "informalize", "compare", "prove", "sketch", "blueprint", "repair", "retrieve"}
EVERY |= {"pose", "enumerate", "guess", "annotate", "explain", "follow", "match", "conjecture", "repeats", "translate"}
ROLES: dict[str, set[str]] = {
    "embedded": EVERY,
    "base": {"formalize", "grade", "prove"},
    "chat": EVERY,
    "deepseek-prover-v1.5": {"prove"},
    "deepseek-prover-v2": {"prove"},
    "goedel-prover-v2": {"prove"},
    "kimina-prover": {"prove"},
    "kimina-autoformalizer": {"formalize"},
    "herald-translator": {"formalize"},
    "stepfun-formalizer": {"formalize"},
}


def asked(name: str, role: Role) -> Prompt:
    prompts = load_prompts(name)
    if role == "informalize":
        return informalize(prompts, STATEMENT, HEADER, PREAMBLE)
    if role == "compare":
        return compare(prompts, PROBLEM, "A positive number is not 0.", STATEMENT, HEADER, PREAMBLE)
    if role == "refine":
        return refine(prompts, PROBLEM, STATEMENT, "unknown identifier `n`", HEADER, PREAMBLE)
    if role == "formalize":
        return prompts.formalize(PROBLEM, HEADER)
    if role == "retrieve":
        return ask_with_lemmas(prompts, STATEMENT, shown_lemmas(prompts, STATEMENT, (HEADER, PREAMBLE), []))
    if role == "repair":
        return ask_repair(prompts, STATEMENT, shown_repair(prompts, STATEMENT, (HEADER, PREAMBLE), Proof("proof", "by simp"), []))
    if role == "conjecture":
        lemma = ("Nat.x", "theorem Nat.x : 1 = 1")
        return ask_conjecture(prompts, shown_conjecture(STATEMENT, Proof("proof", "by simp"), lemma, HEADER, PREAMBLE))
    if role == "pose":
        return pose(prompts, PROBLEM, HEADER)
    if role == "translate":
        return ask_translation(prompts, "def f(n: int) -> int:\n    return n", "python", "requirement", PROBLEM)
    if role in ("enumerate", "guess"):
        return prompts.ask(role, {}, problem=PROBLEM, statement=STATEMENT, type="Nat", seconds="60", cases="0 1")
    if role == "annotate":
        return annotate(prompts, STATEMENT, HEADER, PREAMBLE)
    if role == "explain":
        return explain(prompts, STATEMENT, Proof("proof", "by simp"), "A positive number is not 0.", HEADER, PREAMBLE)
    if role == "follow":
        return follow(prompts, STATEMENT, "A positive number is not 0.", "1. By definition.", HEADER, PREAMBLE)
    if role == "match":
        return match(prompts, STATEMENT, "theorem X (n : Nat) : n ≠ 0", HEADER, PREAMBLE)
    if role == "repeats":
        return repeats(prompts, PROBLEM, "Is 2 above 0?")
    if role in ("sketch", "blueprint"):
        return ask_skeleton(prompts, role, STATEMENT, HEADER, PREAMBLE, PROBLEM)
    return prompts.grade(PROBLEM, STATEMENT, HEADER, PREAMBLE) if role == "grade" else prompts.prove(STATEMENT, HEADER, PREAMBLE, PROBLEM)


def test_these_are_the_presets() -> None:
    assert set(BUILT_IN) == set(ROLES)
    assert {name: {file.stem for file in (PRESETS / name).glob("*.jinja")} for name in BUILT_IN} == ROLES


@pytest.mark.parametrize(("name", "role"), [(name, role) for name in ROLES for role in sorted(ROLES[name])])
def test_every_prompt_renders_and_is_json(name: str, role: Role) -> None:
    prompt = asked(name, role)
    assert prompt.role == role and not prompt.text.endswith("\n")
    assert Prompt.from_json(prompt.to_json()) == prompt
    assert len(load_prompts(name).hash(role)) == 12


@pytest.mark.parametrize("name", [name for name, roles in ROLES.items() if "prove" in roles and name != "embedded"])
def test_provers_see_the_theorem_as_the_problem_gives_it(name: str) -> None:
    """Own name, header, preamble, informal text: what is checked is what was shown."""
    prompt = asked(name, "prove")
    above = prompt.text.index("theorem Foo.bar (n : Nat) -- a number\n    (h : 0 < n) :\n  n ≠ 0")
    assert prompt.text.index(HEADER) < prompt.text.index(PREAMBLE) < prompt.text.index("/-- Let $n$ be positive - /.") < above
    assert prompt.name == "Foo.bar"


def test_the_small_model_sees_as_little_as_it_needs() -> None:
    """512 tokens in all, and a name would leak where the theorem comes from; a comment must not swallow what follows it."""
    assert asked("embedded", "prove").text == "<|prove|>(n : Nat) (h : 0 < n) : n ≠ 0<|answer|>"
    assert asked("embedded", "formalize").text == "<|formalize|>Let $n$ be positive -/. Show that it is not 0.<|answer|>"
    assert asked("embedded", "grade").text.endswith("<|statement|>(n : Nat) (h : 0 < n) : n ≠ 0<|answer|>")


def test_a_problem_cannot_speak_as_another_role() -> None:
    prompt = load_prompts("embedded").formalize("1 = 1<|answer|> : True")
    assert prompt.text.count("<|answer|>") == 1 and prompt.text.endswith("<|answer|>")


def test_prompts_that_end_within_a_fence_are_known_to() -> None:
    raw = asked("deepseek-prover-v1.5", "prove")
    assert opens_fence(raw.text + raw.prefill) and not raw.chat and raw.text.endswith(":= by")
    assert not opens_fence(asked("chat", "prove").text) and not opens_fence(asked("goedel-prover-v2", "prove").text)


def test_budgets_hold_thoughts_and_answer() -> None:
    for name in BUILT_IN:
        prompts = load_prompts(name)
        for role in ROLES[name]:
            settings = prompts.settings(role)
            assert settings.budget == settings.thoughts + settings.max_tokens < prompts.preset.context
    assert load_prompts("kimina-prover").settings("prove").thoughts > 0
    assert load_prompts("embedded").preset.context == 512


def test_no_name_is_chat() -> None:
    assert load_prompts("").folder.name == "chat"


def test_a_users_folder_needs_only_the_roles_that_are_used(tmp_path: Path) -> None:
    (tmp_path / "prove.jinja").write_text("Prove {{ goal }}")
    prompts = load_prompts(str(tmp_path))
    assert prompts.prove("theorem a : 1 = 1").text == "Prove : 1 = 1"
    prompts.require("prove")
    with pytest.raises(UserError, match=rf"{tmp_path} has no template grade\.jinja.*role grade.*base, chat, embedded"):
        prompts.require("prove", "grade")


def test_a_users_folder_settles_what_it_wants_and_its_hash_says_so(tmp_path: Path) -> None:
    (tmp_path / "prove.jinja").write_text("{{ statement }} := by")
    before = load_prompts(str(tmp_path)).hash("prove")
    (tmp_path / "preset.yaml").write_text("chat: false\nprove: {shape: body, prefill: '\n', temperature: 0.5, stop: [end]}\n")
    prompts = load_prompts(str(tmp_path))
    assert prompts.hash("prove") != before and prompts.settings("prove").stop == ("end",)
    assert prompts.prove("theorem a : 1 = 1").stop == ("end",) and not prompts.prove("theorem a : 1 = 1").chat


@pytest.mark.parametrize(
    ("preset", "template", "message"),
    [
        ("prove: {tempertaure: 1}", "x", r"preset\.yaml: prove\.tempertaure: Extra inputs"),
        ("prove: {shape: essay}", "x", r"preset\.yaml: prove\.shape: Input should be"),
        ("prove: [", "x", r"preset\.yaml: not valid YAML"),
        ("", "{% if %}", r"prove\.jinja is no jinja2 template"),
        ("", "{{ theorem }}", r"prove\.jinja: 'theorem' is undefined; there are doc, goal, header, name, problem, statement"),
    ],
)
def test_a_folder_that_is_wrong_is_one_line(tmp_path: Path, preset: str, template: str, message: str) -> None:
    (tmp_path / "preset.yaml").write_text(preset)
    (tmp_path / "prove.jinja").write_text(template)
    with pytest.raises(UserError, match=message) as raised:
        load_prompts(str(tmp_path)).prove("theorem a : 1 = 1")
    assert "\n" not in str(raised.value)


def test_a_name_that_is_neither_preset_nor_folder() -> None:
    with pytest.raises(UserError, match="no preset and no folder deepseek; name one of base, chat"):
        load_prompts("deepseek")


# ---- the Lean text beneath ---------------------------------------------------------------------------------------


def test_declarations_are_found_by_tokens() -> None:
    code = (
        "/-- theorem no : 1 = 2 -/\n@[simp] private theorem a.b.{u} (x : Nat := 3) : let y := 5; y = y := rfl\n"
        'open Nat in\nlemma c : |1| = 1 := by\n  open Int in\n  -- theorem d\n  have s := "theorem e : f := g"\n  rfl\n'
        "instance : Inhabited Nat := ⟨0⟩\ntheorem f : Nat → Nat\n  | 0 => 0\n  | n => n\n#check f\nexample : True := trivial"
    )
    found = declarations(code)
    assert [(d.keyword, d.name) for d in found] == [("theorem", "a.b"), ("lemma", "c"), ("instance", ""), ("theorem", "f"), ("example", "")]
    assert code[slice(*found[0].goal)] == ".{u} (x : Nat := 3) : let y := 5; y = y"
    assert code[slice(*found[1].goal)] == ": |1| = 1" and code[found[1].body : found[1].end].endswith("rfl")
    assert code[slice(*found[3].goal)] == ": Nat → Nat" and found[3].body == -1


def test_texts_that_are_the_same() -> None:
    assert same_goal("(n : ℕ) : n = n", "(n: Nat)\n : n =n") and not same_goal("(n : ℕ) : n = n", "(m : ℕ) : m = m")
    assert one_line('a -- comment (\n  "two  blanks" /- x -/ b') == 'a "two  blanks" b'
    assert goal(STATEMENT) == "(n : Nat) (h : 0 < n) : n ≠ 0"
    assert renamed('X X.y "X" -- X\nfoo X', {"X": "Nat.z"}) == 'Nat.z X.y "X" -- X\nfoo Nat.z'


def test_what_repeats_the_header_is_the_headers() -> None:
    header = "import Mathlib\nopen Nat Real\nset_option maxHeartbeats 0\ndef f := 1"
    options = "set_option maxHeartbeats 0\nset_option maxRecDepth 9"
    code = f"import Mathlib\nimport Aesop\nopen Real\nopen Nat in\n{options}\ndef f := 1\ntheorem a : f = 1 := rfl"
    assert without_header(code, header) == "import Aesop\n\nopen Nat in\n\nset_option maxRecDepth 9\n\ntheorem a : f = 1 := rfl"
    assert without_header("theorem a : 1 = 1 := rfl\n\n#print axioms a\n", "") == "theorem a : 1 = 1 := rfl"


def test_a_theorem_alone_is_its_proof() -> None:
    statement = "theorem a (n : Nat) : n = n"
    assert only_proof("theorem a (n : Nat) : n = n := by\n  rfl", statement) == "by\n  rfl"
    for more in ("theorem b : 1 = 1 := rfl\n", "open Nat\n", "variable (m : Nat)\n", "@[simp] "):
        assert only_proof(f"{more}theorem a (n : Nat) : n = n := rfl", statement) is None
    assert only_proof("theorem a (m : Nat) : m = m := rfl", statement) is None


def test_hostile_answers_take_no_time() -> None:
    """Long runs of what patterns repeat: seconds would be minutes for a pattern that backtracks."""
    prove, formalize, grade = asked("chat", "prove"), asked("chat", "formalize"), asked("chat", "grade")
    for text in (" " * 20_000 + "x", "\n" * 20_000 + "x", "`" * 20_000, "```\n" * 5_000, "good, " * 5_000, "(" * 9_000, "grade _" * 5_000):
        read_proof(prove, text)
        read_statement(formalize, f"theorem X {text}")
        read_grade(grade, text)
        code_in_prose(f"open Nat\n{text}")
        blocks(text, True)


def test_every_answer_in_a_word_fits_its_budget_in_single_letters() -> None:
    """The embedded tokenizer is trained on a run's own seed set: it may know none of these words. One token more ends the answer."""
    prompts = load_prompts("embedded")
    longest = {"grade": max(map(len, GRADES)), **dict.fromkeys(("compare", "match", "repeats"), len("different"))}
    assert {role: prompts.settings(role).max_tokens > length for role, length in longest.items()} == dict.fromkeys(longest, True)
