"""A small program with three requirements, in the language of docs/programs.md."""


def total(xs: list[Int]) -> Int:
    match xs:
        case []:
            return 0
        case [x, *rest]:
            return x + total(rest)


def deposits(xs: list[Int]) -> list[Int]:
    match xs:
        case []:
            return []
        case [x, *rest]:
            if x > 0:
                return [x] + deposits(rest)
            return deposits(rest)


def capped(amount: Int, limit: Int) -> Int:
    if amount > limit:
        return limit
    return amount


def requirement_deposits(xs: list[Int]) -> bool:
    return total(deposits(xs)) >= total(xs)


def requirement_capped(amount: Int, limit: Int) -> bool:
    return 0 <= capped(amount, limit) <= limit


def requirement_some(xs: list[Int]) -> bool:
    return implies(xs != [], len(deposits(xs)) >= 1)
