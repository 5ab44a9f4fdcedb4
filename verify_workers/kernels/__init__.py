"""Kernels beside Lean's own, each judging what Lean's accepted from the same export (docs/verification.md, "More than one kernel").

closure     a proof's closure as one export file
builtin     our second implementation, kept running
programs    others, by their path
trial       whether a program judges at all
panel       who is asked, and what their answers come to
"""
