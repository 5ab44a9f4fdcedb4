"""What a person sees: live progress and the report."""
