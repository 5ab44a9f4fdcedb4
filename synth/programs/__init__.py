"""Program verification: functions with a requirement in, each proved, refuted with an input that Lean accepts, or left open.

types        the types of the small language, and what it cannot say
expressions  its expressions, as Lean terms
functions    its functions, as Lean definitions; requirements, as propositions
items        programs with their requirements, from files
wanted       what of these a model can be asked for
formalized   statements that a model makes of them: sampled, filtered, the best one kept
allowed      what a model's definitions may be
signatures   the types of these
compared     whether Lean and Python compute the same (driver: what stands before a program that is run)
decide       the search of one item, and the report on it
vacuous      whether what is proved says anything
"""
