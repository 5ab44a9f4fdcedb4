"""From problems to statements: formalization, normal form, filters, and the measure of faithfulness."""
