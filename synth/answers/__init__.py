"""Answer construction (ECP, 2505.18492): a problem that asks for something becomes a statement with an answer in it.

hole        the statement with a place for the answer, and how an answer is put there
terms       what an answer may be made of
values      what that computes, as Lean does
legal       what is no answer: what restates the question, or is no value
program     the child that runs a model's program
ask         the conjecturer's programs and answers
vote        which programs are believed
enumerate   a model's programs, run in the jail; the small cases that they print
construct   from a problem to statements with answers in them
score       an answer against a reference, which nothing above sees
"""
