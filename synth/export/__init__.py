"""Corpora out of run directories (docs/corpora.md)."""
