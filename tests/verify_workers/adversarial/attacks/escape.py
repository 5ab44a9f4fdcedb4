"""Leaving the proof: commands, brackets and comments that would reach the trusted lines."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("escape")
proof, code = TABLE.proof, TABLE.code

ESCAPE = "a proof is one term: no command can start in it"
proof("second-theorem", "policy", "end the theorem, start another", ESCAPE, "by trivial\ntheorem goal2 : 1 = 1 := rfl")
proof("second-theorem-indented", "policy", "the same, indented", ESCAPE, "by omega\n    theorem x : 1 = 1 := rfl")
proof("second-theorem-same-line", "policy", "the same on one line", ESCAPE, "rfl theorem x : 1 = 1 := rfl")
proof("axiom", "policy", "declare what is missing", ESCAPE, "cheat\naxiom cheat : 1 = 2")
proof("axiom-after-comment", "policy", "a command right after a comment", ESCAPE, "by exact c /- -/axiom c : 1 = 2")
proof("instance", "policy", "an instance after the proof", ESCAPE, "rfl\ninstance : Inhabited False := ⟨sorry⟩")
proof("macro", "policy", "redefine a tactic", ESCAPE, "by omega\nmacro \"omega\" : tactic => `(tactic| sorry)")
proof("hash-eval", "policy", "run a command", ESCAPE, "by omega\n#eval 1")
proof("hash-exit", "policy", "stop reading the file", "the sentinel would not answer", "by omega\n#exit")
proof("end-namespace", "policy", "close what was not opened", ESCAPE, "by omega\nend")
proof("doc-comment", "lean", "dress the trusted lines with a doc comment", ESCAPE, "by omega\n/-- x -/")
proof("module-doc", "lean", "a module comment is a command", ESCAPE, "by omega\n/-! x -/")
proof("attribute-tail", "policy", "an attribute that falls on the trusted lines", ESCAPE, "by omega\n@[simp]")
proof("set-option-tail", "policy", "an option for the trusted lines", "without `in` it is a command", "by omega\nset_option maxRecDepth 10")
proof("unclosed-paren", "policy", "an open bracket swallows the trusted lines", "brackets must balance", "by exact (rfl")
proof("unclosed-angle", "policy", "the same with ⟨", "brackets must balance", "⟨rfl, by omega")
proof("extra-paren", "policy", "close a bracket that we opened", "brackets must balance", "by rfl) theorem x : True := (trivial")
proof("unclosed-comment", "policy", "comment out the trusted lines", "the reading is uncertain", "by omega /- ")
proof("unclosed-string", "policy", "a string over the trusted lines", "the reading is uncertain", 'by exact "')
proof("unclosed-raw-string", "policy", "a raw string over the trusted lines", "the reading is uncertain", 'by exact r#"x" ')
proof("unclosed-quote", "policy", "a name over the trusted lines", "the reading is uncertain", "by exact «x")
proof("quote-char-string", "policy", "hide a command between a quote character and a string", "such a character is refused",
       "by exact ('\"', \"axiom c : 1 = 2\")")
proof("quoted-name-newline", "policy", "a name with line breaks", "quoted names are one line", "by exact «a\ntheorem b : 1 = 2»")
proof("mismatched-brackets", "policy", "brackets that cross", "brackets must balance", "by exact (⟨rfl)⟩")
proof("tail-in", "policy", "`in` swallows the first of the trusted lines", ESCAPE, "rfl in", statement=TRUE)
code("markdown", "policy", "a file in a markdown fence", "it is no Lean: the code between the fences is", "```lean4\ntheorem goal : 1 = 2 := rfl\n```")
proof("markdown-end", "policy", "a fence that the answer's end left behind", "it is no Lean: the code before the fence is", "by omega\n```")
