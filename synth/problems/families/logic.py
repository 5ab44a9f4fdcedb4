"""Propositional arguments, valid and not, and puzzles of truth-tellers."""

from __future__ import annotations

from random import Random

from synth.problems.families.base import Draft, Family

VALID = (
    (
        "{p} ∧ ({q} ∨ {r}) → ({p} ∧ {q}) ∨ ({p} ∧ {r})",
        "intro h; rcases h.2 with x | x; exact .inl ⟨h.1, x⟩; exact .inr ⟨h.1, x⟩",
        "both {p} and ({q} or {r})",
        "{p} and {q}, or else {p} and {r}",
    ),
    (
        "({p} ∨ {q} → {r}) → ({p} → {r}) ∧ ({q} → {r})",
        "intro h; exact ⟨fun x => h (.inl x), fun x => h (.inr x)⟩",
        "({p} or {q}) implies {r}",
        "{p} implies {r}, and {q} implies {r}",
    ),
    ("({p} → {q} → {r}) → {p} ∧ {q} → {r}", "intro h x; exact h x.1 x.2", "{p} implies that {q} implies {r}", "({p} and {q}) implies {r}"),
    ("({p} ∧ {q} → {r}) → {q} → {p} → {r}", "intro h x y; exact h ⟨y, x⟩", "({p} and {q}) implies {r}", "{q} implies that {p} implies {r}"),
    (
        "¬ ({p} ∨ {q}) → ¬ {p} ∧ ¬ {q}",
        "intro h; exact ⟨fun x => h (.inl x), fun x => h (.inr x)⟩",
        "it is not the case that {p} or {q}",
        "not {p}, and not {q}",
    ),
    ("({p} ∧ {q}) ∧ {r} → {r} ∧ ({q} ∧ {p})", "intro h; exact ⟨h.2, h.1.2, h.1.1⟩", "({p} and {q}) and {r}", "{r} and ({q} and {p})"),
)
INVALID = (
    ("({p} → {q}) → {q} → {p}", "False", "True", "{p} implies {q}", "{q} implies {p}"),
    ("{p} ∨ {q} → {p} ∧ {q}", "True", "False", "{p} or {q}", "{p} and {q}"),
    ("({p} → {q}) → ¬ {p} → ¬ {q}", "False", "True", "{p} implies {q}", "not {p} implies not {q}"),
    ("¬ ({p} ∧ {q}) → ¬ {p} ∧ ¬ {q}", "True", "False", "not both {p} and {q}", "not {p}, and not {q}"),
)


def draw_argument(rng: Random, level: int) -> Draft:
    """A propositional law over two or three letters, or a fallacy."""
    p, q, r = rng.sample(("pqr", "pqrst", "abcdpqrst")[level - 1], 3)
    if rng.random() < 0.25:
        shape, first, second, given, then = rng.choice(INVALID)
        names = {"p": p, "q": q}
        goal = f"∀ {p} {q} : Prop, " + shape.format(**names)
        good = [f"intro h; have := h {first} {second}; simp at this", f"intro h; have := h {first} {second}; simp_all"]
        wrong = [
            f"intro h; have := h {second} {first}; simp at this",
            "intro h; simp at h",
            f"intro {p} {q} h; simp_all",
            "decide",
            "intro h; have := h True True; simp at this",
        ]
        slots: dict[str, object] = {"given": given.format(**names), "then": then.format(**names), "list": f"{p} and {q}"}
        return Draft(goal, "false", slots, good, wrong)
    shape, proof, given, then = rng.choice(VALID)
    names = {"p": p, "q": q, "r": r}
    bound = " ".join(x for x in (p, q, r) if "{r}" in shape or x != r)
    goal = f"∀ {bound} : Prop, " + shape.format(**names)
    text = bound.replace(" ", ", ", 1).replace(" ", " and ") if bound.count(" ") == 2 else bound.replace(" ", " and ")
    if bound.count(" ") == 2:
        text = f"{p}, {q} and {r}"
    slots = {"given": given.format(**names), "then": then.format(**names), "list": text}
    others = tuple(f"intro {bound}; {other[1]}" for other in VALID if other[1] != proof)
    return Draft(
        goal,
        "true",
        slots,
        (f"intro {bound}; {proof}",),
        (*rng.sample(others, 2), "simp_all", f"intro {bound} h; exact h", f"intro {bound}; simp", proof),
    )


ARGUMENT = (
    "Let {list} be propositions. If {given}, prove that {then}.",
    "For all propositions {list}: suppose {given}. Then {then}.",
    "Given statements {list}, show that the following argument is valid. Premise: {given}. Conclusion: {then}.",
    "A detective weighs the claims {list}. She knows: {given}. May she conclude this: {then}? Show that she may.",
    "From the assumption that {given}, derive that {then}, for any propositions {list}.",
    "Show that {then} follows, for propositions {list}, from this: {given}.",
)


def draw_knights(rng: Random, level: int) -> Draft:
    """Knights tell the truth and knaves lie: (a ↔ what a says) determines who is who."""
    p, q = rng.sample(("pq", "pqrs", "abcdpqrs")[level - 1], 2)
    claim, says, first, second = rng.choice(
        (
            ("¬ {q}", "{q} is a knave", None, None),
            ("¬ {p} ∨ {q}", "I am a knave or {q} is a knight", True, True),
            ("¬ {p} ∧ ¬ {q}", "we are both knaves", False, True),
            ("¬ {p} ∧ {q}", "I am a knave and {q} is a knight", False, False),
            ("¬ ({p} ∧ {q})", "we are not both knights", True, False),
        )
    )
    false = rng.random() < 0.22
    if first is None:
        ask, word, truth = rng.choice(
            (
                (f"{p} ∨ {q}", f"{p} or {q} is a knight", True),
                (f"¬ ({p} ∧ {q})", f"{p} and {q} are not both knights", True),
                (f"{p} ∧ {q}", f"{p} and {q} are both knights", False),
            )
        )
        false = not truth
        model = ("True", "False")
    else:
        who, value = rng.choice(((p, first), (q, second)))
        said = value != false
        ask, word = (who, f"{who} is a knight") if said else (f"¬ {who}", f"{who} is a knave")
        model = (str(first), str(second))
    goal = f"∀ {p} {q} : Prop, ({p} ↔ {claim.format(p=p, q=q)}) → {ask}"
    slots = {"p": p, "q": q, "says": says.format(p=p, q=q), "ask": word}
    if false:
        good = [
            f"intro h; have := h {model[0]} {model[1]}; simp at this",
        ]
        wrong = [
            "intro h; have := h True True; simp at this" if model != ("True", "True") else "intro h; simp at h",
            f"intro {p} {q} h; simp_all",
            "decide",
            "intro h; simp_all",
        ]
        return Draft(goal, "false", slots, good, wrong)
    split = f"by_cases x : {p} <;> by_cases y : {q} <;>"
    good = [
        f"intro {p} {q} h; {split} simp [x, y] at h ⊢",
    ]
    wrong = [
        f"intro {p} {q} h; simp_all",
        f"intro {p} {q} h; by_cases x : {p} <;> simp [x] at h",
        f"intro {p} {q}; {split} simp",
        f"intro {p} {q} h; {split} omega",
        f"intro {p} {q} h; exact h",
    ]
    return Draft(goal, "true", slots, good, wrong)


KNIGHTS = (
    "On an island, knights always tell the truth and knaves always lie. An islander {p} says of herself and {q}: {says}. Prove that {ask}.",
    "Knights tell the truth, knaves lie. {p} says to {q}: {says}. Show that {ask}.",
    "Let {p} and {q} each be a knight (truthful) or a knave (lying). If {p} claims that {says}, then {ask}.",
    "You meet {p} and {q}. {p} tells you: {says}. Given that knights speak truly and knaves falsely, deduce that {ask}.",
    "Show that {ask}, when {p}, standing beside {q}, utters: {says}. (Knights never lie; knaves always do.)",
    "Who is who? Of the pair {p}, {q}, the first says: {says}. Truthful ones are knights and liars are knaves. Prove: {ask}.",
)

FAMILIES = (
    Family("argument", 6, draw_argument, {"main": ARGUMENT}),
    Family("knights", 5, draw_knights, {"main": KNIGHTS}),
)
