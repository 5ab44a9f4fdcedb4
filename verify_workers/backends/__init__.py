"""Checkers of proofs behind one interface.

base          the interface, which is all that callers know
choose        a backend by name, or the fastest that works here
fork          verdicts from kernel objects, in children of a zygote          (a Lean build that is known)
worker        Lean's own file worker, on one header                          (any Lean)
repl          the community REPL, on one header                              (a lake project)
process       one fresh Lean per check: the reference                        (any Lean)
leanchecker   one fresh Lean and `leanchecker` per check: the strict tier    (a lake project)
session, conversation   what `worker` and `repl` share
launch                  how a Lean process is started, and what it may do
"""

# The module of each, whose `make(place)` gives one; fastest first, the reference last.  A new backend is a file and a line here.
BACKENDS = {
    "fork": "verify_workers.backends.fork",
    "repl": "verify_workers.backends.repl",
    "worker": "verify_workers.backends.worker",
    "process": "verify_workers.backends.process",
}
