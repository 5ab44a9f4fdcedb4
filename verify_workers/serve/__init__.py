"""The verifier as an HTTP service: the Kimina Lean server's interface, and our own with outcomes, axioms and audit."""
