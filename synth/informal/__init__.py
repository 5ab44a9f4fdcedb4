"""Lean in plain language: what is annotated (units), by whom, and whether formalizing it gives the Lean back (Herald's pairs)."""
