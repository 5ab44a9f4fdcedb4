"""New statements from what a run has proved: conjectures by a model, variants by rule, and which of them are worth training on."""
