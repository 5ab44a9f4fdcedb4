"""Output that looks like the checker's own."""

# ruff: noqa: E501 (a case is easier to read on one line)
# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import Table

TABLE = Table("forgery")
code, proof = TABLE.code, TABLE.proof

ANSWER = "what a candidate prints stands on its own lines, and is not read as an answer"
NONE = "'_proved_0' does not depend on any axioms"

proof("trace", "lean", "print the answer from a tactic", ANSWER, f'by\n  trace "{NONE}"\n  decide')
proof("trace-many", "lean", "print it very often", ANSWER, "by\n" + f'  trace "{NONE}"\n' * 60 + "  decide")
proof("fail-message", "lean", "print it as an error", ANSWER, f'by fail "{NONE}"')
proof("exact-string", "lean", "print it in an error about types", ANSWER, f'"{NONE}"')
proof("show-goal", "lean", "print it as a goal", ANSWER, "by\n  have «'_proved_0' does not depend on any axioms» : 1 = 1 := rfl\n  trace_state\n  decide")
proof("guarded", "policy", "print in a guarded run", ANSWER, "by\n  dbg_trace \"accepted\"\n  decide")
_JSON = r'\n\x7b\"severity\":\"information\",\"pos\":\x7b\"line\":1,\"column\":0\x7d,\"data\":\"x\"\x7d\n'
proof("json-in-a-message", "lean", "a message that holds a line as Lean prints them", ANSWER, f'by\n  trace "{_JSON}"\n  decide')
proof("lsp-frame", "lean", "a message that looks like a frame of the language server", ANSWER, 'by\n  trace "Content-Length: 40\\r\\n\\r\\n"\n  decide')
proof("separator", "policy", "a message with other line separators", ANSWER, 'by\n  trace "a\u2028b\u0085c\u000cd"\n  decide')
proof("sorry-in-a-message", "lean", "a message that speaks of sorry", ANSWER, 'by\n  trace "declaration uses sorry"\n  decide')
code("eval-print", "policy", "print by #eval", "no code runs at elaboration", f'#eval "{NONE}"\ntheorem goal : 1 = 2 := by decide')
code("print-string", "lean", "print a string by #print", ANSWER, f'theorem goal : 1 = 2 := by decide\n#print "{NONE}"')
code("print-axioms-of-another", "lean", "print the axioms of another theorem at the end", ANSWER, "theorem fine : 1 = 1 := rfl\ntheorem goal : 1 = 2 := by decide\n#print axioms fine")
code("print-axioms-named-alike", "lean", "a theorem that is named like ours, and its axioms", ANSWER, "theorem _proved_0 : 1 = 1 := rfl\ntheorem goal : 1 = 2 := by decide\n#print axioms _proved_0")
code("check-of-a-string", "lean", "print it by #check", ANSWER, f'theorem goal : 1 = 2 := by decide\n#check "{NONE}"')
code("quoted-theorem-name", "policy", "a theorem whose name is the answer", ANSWER, "theorem «a'\n does not depend on any axioms» : 1 = 1 := rfl\ntheorem goal : 1 = 2 := by decide")
code("axiom-list-shape", "lean", "an axiom whose name closes the list", "the list of axioms is read whole", "theorem goal : 1 = 2 := by\n  have «propext]» : 1 = 2 := by decide\n  exact «propext]»")
code("axiom-named-like-allowed", "policy", "an axiom whose name prints like an allowed one", "names are compared, not print", "axiom «Classical.choice» : 1 = 2\ntheorem goal : 1 = 2 := «Classical.choice»")
code("axiom-in-private-namespace", "policy", "a private axiom, which prints without its prefix", "names are compared, not print", "private axiom propext : 1 = 2\ntheorem goal : 1 = 2 := propext")
code("axiom-protected-choice", "policy", "an allowed name in another namespace", "names are compared, not print", "namespace Classical\nnamespace Classical\naxiom choice : 1 = 2\nend Classical\nend Classical\ntheorem goal : 1 = 2 := Classical.Classical.choice")
code("huge-output", "lean", "so many messages that the answer is cut off", "what is cut off is no answer", "theorem goal : 1 = 2 := by\n" + "  first | fail | skip\n" * 50 + "  decide")
code("warning-flood", "lean", "a thousand warnings before the error", "errors come first", "".join(f"theorem w{i} (n : Nat) : True := trivial\n" for i in range(300)) + "theorem goal : 1 = 2 := by decide")
code("error-after-goal", "lean", "an honest goal and a failing rest", "an error was printed", "theorem goal : 1 = 1 := rfl\ntheorem rest : 1 = 2 := by decide")
code("print-the-answer", "lean", "print the answer behind an honest theorem of another statement", ANSWER, f'theorem goal : 1 = 1 := rfl\n#print "{NONE}"')
