"""Answer construction (ECP, 2505.18492): a problem that asks for something becomes a statement with an answer in it.

hole        the statement with a place for the answer, and how an answer is put there
terms       what an answer may be made of
values      what that computes, as Lean does
legal       what is no answer: of another shape, not written out, or the question again
said        the terms and equations that a statement holds
asked       the terms that it says the answer is equal to
polynomial  polynomials in names and in what is none
normal      a term's normal form, a polynomial
restate     whether an answer is the question again, in whatever dress
program     the child that runs a model's program
ask         the conjecturer's programs and answers
vote        which programs are believed
enumerate   a model's programs, run in the jail; the small cases that they print
construct   from a problem to statements with answers in them
score       an answer against a reference, which nothing above sees
"""
