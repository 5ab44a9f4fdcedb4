"""Lean source as text: read, taken apart and put together without any process and without Lean.

lexer      tokens, faithful enough that a policy may rest on them
header     imports, and the `open`s and options that stand before a statement
statement  one theorem in parts, and its negation
parsed     a check taken apart once, for the policy, the pin and the backends
pin        one Lean file per check, and the reading of Lean's messages on it
"""
