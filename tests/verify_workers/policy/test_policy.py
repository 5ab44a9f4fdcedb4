"""The policy: reasons, positions, forms, limits, and its knowledge of Lean's commands."""

# ruff: noqa: E501

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from verify_workers.lean import LeanInstall
from verify_workers.policy import Violation, refusal, rules, violations
from verify_workers.records import Check, Outcome
from verify_workers.text.lexer import tokens
from verify_workers.text.parsed import ParsedCheck

STATEMENT = "theorem goal (n : Nat) : n + 0 = n := by sorry"
CANDIDATES = Path(__file__).resolve().parents[4] / "shared" / "data" / "model_candidates.jsonl"


def of_proof(proof: str, header: str = "") -> list[Violation]:
    return violations(ParsedCheck(Check(id="x", statement=STATEMENT, header=header, proof=proof)))


def of_code(code: str, header: str = "") -> list[Violation]:
    return violations(ParsedCheck(Check(id="x", statement=STATEMENT, header=header, code=code)))


@pytest.mark.parametrize(
    ("proof", "reason", "line", "column"),
    [
        ("by\n  native_decide", "word:native_decide", 2, 2),
        ("by\n  sorry", "sorry", 2, 2),
        ("rfl\n\n   axiom c : False", "command:axiom", 3, 3),
        ("by set_option debug.skipKernelTC true in rfl", "option:debug.skipKernelTC", 1, 3),
        ("by set_option maxRecDepth 5 rfl", "command:set_option", 1, 3),
        ("by (rfl", "bracket", 1, 3),
        ("by rfl)", "bracket", 1, 6),
        ("by rfl \u202e", "character:U+202E", 1, 7),
        ("by r\u0435fl", "confusable:U+0435", 1, 4),
        ('by "', "lexical", 1, 3),
        ("rfl #eval 1", "command:#eval", 1, 4),
        ("", "empty", 1, 0),
        ("-- only a comment", "empty", 1, 0),
        ("by\n  rfl\n```\n", "fence", 3, 0),
        ("(" * 300 + ")" * 300, "nesting", 1, 200),
        ("register_simp_attr x", "command:register_simp_attr", 1, 0),
        ("Lean.Elab.x", "word:Lean", 1, 0),
        ("_root_.IO.println", "word:IO", 1, 0),
    ],
)
def test_reason_and_place(proof: str, reason: str, line: int, column: int) -> None:
    assert Violation(reason, line, column) in of_proof(proof)


@pytest.mark.parametrize(
    "proof",
    [
        "by\n  -- axiom, sorry (\n  rfl", "by /- ( -/ rfl", "h.end_eq", "by exact foo.instance_eq", "x.sorry_free", "fun local' => rfl", "List.prefix_append",
        "by simp only [Nat.add_comm] at *", "by nlinarith [sq_nonneg (a - b), mul_pos ha hb]", "f '' s", "by exact absurd h (by norm_num)",
        "by set_option maxRecDepth 5 in rfl", "⟨1, by simp⟩", "by\n  refine ⟨?_, ?_⟩ <;> simp_all", "by\n  rw [show (4 : ℝ) = 2 ^ 2 by norm_num]",
        "by exact 𝔸ₙ.x", "∑ i ∈ s, xⁱ", "by use ½", "(f⁻¹' s)ᶜ", "|x - 1| ≤ ‖y‖",
    ],
)  # fmt: skip
def test_ordinary_proofs_pass(proof: str) -> None:
    assert of_proof(proof) == []


@pytest.mark.parametrize(
    ("code", "header", "reason"),
    [
        ("import Mathlib\ntheorem goal : x := y", "import Mathlib", None),
        ("-- hi\nimport Mathlib\nimport Aesop\ntheorem goal : x := y", "import Mathlib\nimport Aesop\nopen Nat", None),
        ("theorem goal : x := y", "import Mathlib", None),
        ("import Mathlib\ntheorem goal : x := y", "", None),  # without a header, a file's imports are its header
        ("import Mathlib\ntheorem goal : x := y", "import Init", "import:Mathlib"),
        ("theorem goal : x := y\n#print axioms goal\n#check goal", "", None),
        ("#check goal\ntheorem goal : x := y", "", None),
        ("#eval 1\ntheorem goal : x := y", "", "command:#eval"),
        ("theorem goal : x := y #check goal", "", "command:#check"),  # only what has a line of its own is dropped
        ("import Aesop\nimport Mathlib\ntheorem goal : x := y", "import Mathlib\nimport Aesop", None),
        ("import Mathlib\nimport Aesop\nimport Mathlib\nimport Mathlib.Tactic\ntheorem goal : x := y", "import Mathlib", None),
        ("import Init\nimport Init.Nat\ntheorem goal : x := y", "", None),
        ("import Mathlib\nimport Nowhere.Else\ntheorem goal : x := y", "import Mathlib", "import:Nowhere.Else"),
        ("import Mathlib.Tactic\ntheorem goal : x := y", "import Aesop", "import:Mathlib.Tactic"),
        ("import Mathlibs\ntheorem goal : x := y", "import Mathlib", "import:Mathlibs"),
        ("import all Mathlib\ntheorem goal : x := y", "import Mathlib", "import:all"),
        ("theorem goal : x := y\nimport Mathlib", "import Mathlib", "import"),
        ("open Nat\nopen scoped Real\nopen Foo (bar) \nopen Foo hiding baz\ntheorem goal : x := y", "", None),
        ("open Nat in\ntheorem goal : x := y", "", "open_in"),
        ("@[simp, ext] theorem goal : x := y", "", None),
        ("@[simp, extern \"c\"] theorem goal : x := y", "", "word:extern"),
        ("@[simp ↓, foo] theorem goal : x := y", "", "attribute:foo"),
        ("@[local simp] theorem goal : x := y", "", "attribute:local"),
        ("private noncomputable def f := 1\ntheorem goal : x := y", "", None),
        ("def Nat.land := 1", "", "kernel_name:Nat.land"),
        ("namespace A.Nat\ntheorem land : x := y", "", "kernel_name:Nat.land"),
        ("namespace Nat\ntheorem my_lemma : x := y", "", None),
        ("theorem Nat.my_lemma : x := y", "", None),
        ("structure Lean where x : Nat", "", "word:Lean"),
        ("universe u", "", "command:universe"),
    ],
)  # fmt: skip
def test_whole_files(code: str, header: str, reason: str | None) -> None:
    found = [violation.reason for violation in of_code(code, header)]
    assert found == [] if reason is None else reason in found


def test_a_module_that_the_header_does_not_hold_is_named() -> None:
    check = Check(id="x", statement=STATEMENT, header="import Mathlib", code="import Mathlib\nimport Nowhere\n" + STATEMENT + " := rfl")
    verdict = refusal(ParsedCheck(check))
    assert verdict is not None and (verdict.outcome, verdict.reason) == (Outcome.POLICY, "import:Nowhere")
    (message,) = verdict.messages
    assert message.text == "the file imports Nowhere, which its header (it imports Mathlib) does not hold" and message.line == 2


@pytest.mark.parametrize(
    ("header", "fine"),
    [
        ("import Mathlib\nset_option maxHeartbeats 400000\nopen BigOperators Real Nat Topology Rat", True),
        ("universe u v\nnoncomputable section\nopen scoped Nat", True),
        ("local notation \"x\" => 1", False), ("axiom a : False", False), ("open Nat in", True),
        ("theorem a : True := trivial\nvariable (n : Nat)\ninstance : Inhabited Nat := ⟨0⟩", True), ("private", False), ("namespace A", False),
        ("set_option trace.Meta true", False), ("@[simp]", False), ("/- ", False),
        ("module\npublic import Init", False), ("prelude", False), ("import A\nimport all B", False), ("public meta import A", False),
    ],
)  # fmt: skip
def test_headers(header: str, fine: bool) -> None:
    assert (of_proof("rfl", header) == []) is fine


def test_a_header_that_is_not_plain_is_named() -> None:
    reasons = [of_proof("rfl", header)[0].reason for header in ("-- c\nmodule\npublic import A", "prelude", "import A\nimport all B")]
    assert reasons == ["header:module", "header:prelude", "header:all"]


def test_refusal_tells_gaps_and_statements_from_attacks() -> None:
    def outcome(statement: str, proof: str) -> tuple[Outcome, str]:
        verdict = refusal(ParsedCheck(Check(id="x", statement=statement, proof=proof)))
        assert verdict and verdict.messages
        return verdict.outcome, verdict.reason

    assert outcome(STATEMENT, "by sorry") == (Outcome.REJECTED, "sorry")
    assert outcome(STATEMENT, "by sorry\naxiom x : False") == (Outcome.POLICY, "command:axiom")
    assert outcome("lemma", "rfl") == (Outcome.REJECTED, "statement")
    assert outcome("theorem t : 1 = sorry", "rfl") == (Outcome.REJECTED, "statement")
    assert refusal(ParsedCheck(Check(id="x", statement=STATEMENT, proof="rfl"))) is None


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "\0",
        "\udc80",
        "x" * 5_000_000,
        "\n" * 99_999,
        "(" * 90_000,
        "/-x" * 30_000,
        '"' * 99_999,
        "«" * 99_999,
        "'" * 99_999,
    ],
)
def test_malformed_input_is_refused_quickly(proof: str) -> None:
    started = time.process_time()
    for field in ("proof", "code", "header", "statement"):
        texts = {"statement": STATEMENT, "proof": "rfl"} | {field: proof}
        if field == "code":
            del texts["proof"]
        given = {"id": "x", "header": "", "preamble": "", "negated": False, "proof": None, "code": None} | texts
        found = [refusal(ParsedCheck(Check.model_construct(**given)), tier) for tier in ("text", "kernel")]
        assert found[0] or (field == "header" and not proof.strip())
    assert time.process_time() - started < 20  # a hang, not a benchmark


KERNEL_TIER = [
    ("variable (m : Nat)\nuniverse u\ntheorem goal : x := y", None),
    ("instance : Inhabited P := ⟨⟨0⟩⟩\ninductive C where | a deriving DecidableEq\ntheorem goal : x := y", None),
    ('local notation "two" => 2\ninfixl:65 " +++ " => Nat.add\ntheorem goal : x := y', None),
    ("attribute [local simp] foo\n@[simps, gcongr] def f := 1\nalias g := f\ntheorem goal : x := y", None),
    ("set_option diagnostics true in\nopen Nat in\ntheorem goal : x := y", None),
    ("theorem goal (stop native sleep constant alias meta public : Nat) : x := y", None),
    ('theorem goal : x := by constructor <;>-- both\n  exact s!"{x}" (', None),  # what our lexer is not sure of: Lean says
    ('macro "x" : term => `(1)\ntheorem goal : x := y', "command:macro"),
    ('theorem goal : x := y\nelab "x" : term => foo', "command:elab"),
    ("run_cmd foo\ntheorem goal : x := y", "word:run_cmd"),
    ("meta def f := 1\ntheorem goal : x := y", "command:meta"),
    ("unsafe def f := 1\ntheorem goal : x := y", "command:unsafe"),
    ("axiom f : False\ntheorem goal : x := y", "command:axiom"),
    ('@[extern "c"] def f := 1\ntheorem goal : x := y', "attribute:extern"),
    ("attribute [local csimp] f\ntheorem goal : x := y", "attribute:csimp"),
    ("def f (IO Lean extern csimp : Nat) := IO\nopen Lean\ntheorem goal : x := y", None),
    ("theorem goal : x := by exact Lean.Elab.x", "word:Lean"),
    ("theorem goal : x := _root_.IO.x", "word:IO"),
    ('macro:max "xx" : term => `(1)\ntheorem goal : x := y', "command:macro"),
    ('elab:1000 "xx" : term => f\ntheorem goal : x := y', "command:elab"),
    ("theorem goal (macro : Nat) (a elab:Nat) : x := y", None),
    ("theorem goal : x := by exact (run_tac f)", "word:run_tac"),
    ("set_option «debug».skipKernelTC true in\ntheorem goal : x := y", "option:debug.skipKernelTC"),
    ("namespace Hidden\ninductive Nat where | z : Nat\nend Hidden\ntheorem goal : x := y", None),
    ("namespace My\nstructure Char where x : Nat\nend My\ntheorem goal : x := y", None),
    ("namespace Point\ndef add := 1\nend Point\nnamespace Nat\ntheorem foo : x := y\nend Nat\ntheorem goal : x := y", None),
    ("section A.B\nnamespace Nat\nsection\ndef add := 1\nend\nend Nat\nend A.B", "kernel_name:Nat.add"),
    ("namespace My\nend My\ninductive Nat where | z : Nat", "kernel_name:Nat"),
    ("namespace My\ndef _root_.Nat.add := 1", "kernel_name:Nat.add"),
    ("mutual\ndef f := 1\nend\nnamespace Nat\ndef add := 1", "kernel_name:Nat.add"),
    ("@[app_unexpander f] def g := 1\ntheorem goal : x := y", "attribute:app_unexpander"),
    ("attribute [term_elab f] g\ntheorem goal : x := y", "attribute:term_elab"),
    ("set_option debug.skipKernelTC true in\ntheorem goal : x := y", "option:debug.skipKernelTC"),
    ("theorem goal : x := by native_decide", "word:native_decide"),
    ("theorem goal : x := by\n  have := Lean.Elab.x\n  rfl", "word:Lean"),
    ("def Nat.land := 1\ntheorem goal : x := y", "kernel_name:Nat.land"),
    ("#eval 1\ntheorem goal : x := y", "command:#eval"),
    ("theorem goal : x := y\nimport Mathlib", "import"),
    ("module\ntheorem goal : x := y", "command:module"),
    ("theorem goal : x \u202e := y", "character:U+202E"),
]


@pytest.mark.parametrize(("code", "reason"), KERNEL_TIER)
def test_where_kernel_objects_decide_only_what_runs_code_is_refused(code: str, reason: str | None) -> None:
    found = [violation.reason for violation in violations(ParsedCheck(Check(id="x", statement=STATEMENT, code=code)), "kernel")]
    assert found == [] if reason is None else reason in found


def test_a_refusal_says_whose_rule_it_is() -> None:
    def words(code: str) -> str:
        verdict = refusal(ParsedCheck(Check(id="x", statement=STATEMENT, code=code)))
        assert verdict is not None
        return verdict.messages[0].text

    assert "a rule of the text tier" in words("variable (n : Nat)\ntheorem goal : x := y")
    assert "tier" not in words("axiom a : False\ntheorem goal : x := y")


def test_markdown_nothing_and_too_much_are_no_attacks() -> None:
    def outcome(text: str) -> tuple[Outcome, str, str]:
        verdict = refusal(ParsedCheck(Check(id="x", statement=STATEMENT, code=text)))
        assert verdict is not None
        return verdict.outcome, verdict.reason, verdict.messages[0].text

    assert outcome("```lean4\ntheorem t : 1 = 1 := rfl\n```")[:2] == (Outcome.REJECTED, "elaboration")
    assert "between the fences" in outcome("```lean4\ntheorem t : 1 = 1 := rfl\n```")[2]
    assert outcome("")[:2] == (Outcome.REJECTED, "elaboration")
    assert outcome("x" * 1_000_001) == (
        Outcome.RESOURCE,
        "too_long",
        "the text has 1,000,001 characters, of which at most 1,000,000 are read",
    )


def test_the_commands_of_this_lean_are_known(lean: LeanInstall) -> None:
    """Lean names what it expects after a doc comment or a modifier: all of it must be in the vocabulary."""
    expected: set[str] = set()
    for text in ("/-- x -/\n)", "@[simp] )", "private )", "local )", "scoped )", "public )"):
        done = subprocess.run(
            [*lean.command(), "--json", "--stdin"], input=text, env=lean.environment(), capture_output=True, text=True, check=False
        )
        expected.update(re.findall(r"'([^']+)'", json.loads(done.stdout.splitlines()[0])["data"])[1:])
    assert len(expected) > 40
    assert [word for word in expected if not word.startswith("#") and not rules.is_command(tokens(word)[0])] == []


@pytest.mark.skipif(not CANDIDATES.exists(), reason="the shared file of model outputs is not beside this checkout")
def test_real_model_outputs_pass() -> None:
    header = "import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 0\n\nopen BigOperators Real Nat Topology Rat\n"
    rows = [json.loads(line) for line in CANDIDATES.read_text(encoding="utf-8").splitlines()]
    refused = {row["name"]: found for row in rows if (found := of_code(row["code"], header)) and "sorry" not in row["code"]}
    assert refused == {} and len(rows) > 900


@pytest.mark.parametrize(
    "text",
    [
        "@[simp x " * 5000,
        "@[ " * 20_000,
        "я " * 20_000,
        "#check 1\ndef a := 1\n" * 10_000,
        "def a := 1\n" * 20_000,
        "namespace A\n" * 20_000,
    ],
)
def test_the_policy_is_linear_in_the_text(text: str) -> None:
    """A text of 100 kB took minutes, with no limit on the time, before Lean had seen it."""
    started = time.process_time()
    for tier in ("text", "kernel"):
        parsed = ParsedCheck(Check(id="x", statement=STATEMENT, preamble=text, code=text))
        refusal(parsed, tier)
        assert parsed.without_comments is not None
    assert time.process_time() - started < 30  # a hang, not a benchmark
