"""What a run keeps: the run directory, records as Arrow, and corpora out of it."""
