"""How alike two names are when nothing else is known: an order of candidates, never a reason to merge.

Words weigh what they tell (bits of their rarity, from the census); a word is found in the other name as it
is, as its beginning, or with a typing error. Half of the likeness is how far the words of both, and of the
one that is better contained, are found so; half are the letters of the whole.
"""

_LEAST_PREFIX, _LEAST_ALIKE = 3, 0.88
_BOTH, _EITHER, _LETTERS = 0.2, 0.3, 0.5


def likeness_sql() -> str:
    """SQL over the columns of two rows of `weighed` with the suffixes _l and _r: from 0 to 1."""
    left, right = _found("l", "r"), _found("r", "l")
    total_left, total_right = (f"nullif(list_sum(word_bits_{side}), 0)" for side in "lr")
    both = f"({left} + {right}) / ({total_left} + {total_right})"
    either = f"greatest({left} / {total_left}, {right} / {total_right})"
    compact = [
        f"list_aggregate(list_sort(string_split(name_core_{side}, ' ')), 'string_agg', '')" for side in "lr"
    ]
    letters = (
        f"1 - levenshtein({compact[0]}, {compact[1]})"
        f" / greatest(length({compact[0]}), length({compact[1]}), 1)::double"
    )
    return (
        "case when list_has_any(names_l, names_r) then 1.0"
        f" else {_BOTH} * coalesce({both}, 0) + {_EITHER} * coalesce({either}, 0)"
        f" + {_LETTERS} * ({letters}) end"
    )


def _found(side: str, other: str) -> str:
    """Bits of this side's words that the other side has, each as far as it has it."""
    best = (
        f"list_max(list_transform(words_{other}, lambda y: case when w = y then 1.0"
        f" when least(length(w), length(y)) >= {_LEAST_PREFIX}"
        " and (starts_with(w, y) or starts_with(y, w)) then 0.8"
        f" when jaro_winkler_similarity(w, y) >= {_LEAST_ALIKE} then jaro_winkler_similarity(w, y)"
        " else 0.0 end))"
    )
    return f"list_sum(list_transform(words_{side}, lambda w, i: word_bits_{side}[i] * {best}))"
