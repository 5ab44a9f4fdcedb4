"""The filters of statements, one a file; `run` puts them in order."""
