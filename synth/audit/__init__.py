"""Somebody else's corpus, verified again: one class for each row, and why."""
