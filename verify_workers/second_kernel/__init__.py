"""A second implementation of Lean's type theory, in plain Python: slow, small, and independent of Lean's own code.

It judges export files (lean4export's NDJSON, format 3.1) and nothing else, and imports nothing from the rest of the
package.  Written from the published rules: M. Carneiro, "The Type Theory of Lean" (2019); S. Ullrich, "An Extensible
Theorem Proving Frontend" (2023); "Type Checking in Lean 4" (2024).

    terms         universe levels and expressions, each made once, so that equal ones are the same object
    levels        order of universe levels
    environment   constants
    reading       files to constants, read where they are needed
    reduction     weak head normal forms
    checking      types and definitional equality
    naturals      arithmetic on literals, and whether it is what the definitions say
    inductive     inductive types: checked, and their recursors made again
    nested        inductive types that occur inside others
    primitive     quotients and the three axioms
    judge         a file's verdict
"""

VERSION = "1"
