"""Program verification: functions with a requirement in, each proved, refuted with an input that Lean accepts, or left open.

types        the types of the small language, and what it cannot say
expressions  its expressions, as Lean terms
functions    its functions, as Lean definitions; requirements, as propositions
items        programs with their requirements, from files
decide       the search of one item, and the report on it
"""
