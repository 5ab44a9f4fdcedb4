"""Proof search: strategies, one a file, and the loop that verifies what they propose."""
