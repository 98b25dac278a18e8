"""Which evidence is enough to merge, what relation it speaks for, and in which band the pair falls.

A score adds weights, and weights of facts that sites, parents and tenants share add up as well. So a merge
needs one of the reasons below besides its weight; each is SQL over the levels of `comparisons`.
"""

from matching.comparisons import (
    ADDRESS_COMPARISON,
    BANK_COMPARISON,
    DOMAIN_COMPARISON,
    ID_COMPARISON,
    NAME_COMPARISON,
    PHONE_COMPARISON,
    TAX_COMPARISON,
    level_names,
)
from matching.policy import APART, CHILD_OF, DISTINCT, MERGE, REVIEW, SAME, SITE_OF, Policy


def at_least(comparison: str, level: str) -> str:
    """SQL: the comparison reached the level or a stronger one."""
    [gamma] = [gamma for gamma, name in level_names(comparison).items() if name == level]
    return f"gamma_{comparison} >= {gamma}"


def exactly(comparison: str, level: str) -> str:
    [gamma] = [gamma for gamma, name in level_names(comparison).items() if name == level]
    return f"gamma_{comparison} = {gamma}"


_SAME_NAME = at_least(NAME_COMPARISON, "CUT")
# What is lost of a cut name may be what tells a subsidiary from its parent; with a typing error less is sure.
_IS_WHOLE = (
    "not (is_cut_l and is_cut_r)"
    f" and not ((is_cut_l or is_cut_r) and {exactly(NAME_COMPARISON, 'TYPING_ERROR')})"
)
_OTHER_BANK = exactly(BANK_COMPARISON, "DIFFERENT")
_FULL_NAME = f"({_SAME_NAME} and {_IS_WHOLE} and not {_OTHER_BANK})"
# A name of words that everybody uses tells less, unless nobody else has it.
_TELLING_NAME = f"({_FULL_NAME} and len(told_words_l) > 0)"
_ONE_HOLDER = f"({_FULL_NAME} and greatest(name_holders_l, name_holders_r) = 1)"
_LIKE_NAME = at_least(NAME_COMPARISON, "MOST_WORDS")
_SAME_PLACE = at_least(ADDRESS_COMPARISON, "NUMBER_EQUAL")
_LIKE_PLACE = at_least(ADDRESS_COMPARISON, "ALIKE")
_SAME_PHONE = exactly(PHONE_COMPARISON, "EQUAL")
_SAME_DOMAIN = exactly(DOMAIN_COMPARISON, "EQUAL")
_SAME_BANK = exactly(BANK_COMPARISON, "EQUAL")
_SAME_ID = exactly(ID_COMPARISON, "EQUAL")
_SAME_TAX, _LIKE_TAX = exactly(TAX_COMPARISON, "EQUAL"), exactly(TAX_COMPARISON, "TYPING_ERROR")
_CONTACT = f"({_SAME_PLACE} or {_SAME_PHONE} or {_SAME_DOMAIN} or {_SAME_BANK} or {_SAME_ID})"
IS_CONFLICT = f"({exactly(TAX_COMPARISON, 'DIFFERENT')} or {exactly(ID_COMPARISON, 'DIFFERENT')})"
REASONS = {
    "SAME_TAX_ID": f"{_SAME_TAX} and ({_LIKE_NAME} or {_CONTACT})",
    "SAME_IDENTIFIER": f"{_SAME_ID} and {_LIKE_NAME}",
    "SAME_BANK_AND_LIKE_NAME": f"{_SAME_BANK} and {at_least(NAME_COMPARISON, 'ALIKE')}",
    "MISTYPED_TAX_ID_AND_LIKE_NAME": f"{_LIKE_TAX} and {_LIKE_NAME}",
    "NAME_AND_ADDRESS": f"{_FULL_NAME} and {_LIKE_PLACE}",
    "NAME_AND_PHONE": f"({_TELLING_NAME} or {_ONE_HOLDER}) and {_SAME_PHONE}",
    "NAME_AND_DOMAIN": f"{_TELLING_NAME} and {_SAME_DOMAIN}",
}

# Reasons that need no second look at whom else the records resemble.
IDENTIFYING = frozenset(
    ("SAME_TAX_ID", "SAME_IDENTIFIER", "MISTYPED_TAX_ID_AND_LIKE_NAME", "SAME_BANK_AND_LIKE_NAME")
)


def gate_sql() -> str:
    """The first reason that holds; null where none does or identifiers conflict."""
    cases = " ".join(f"when {condition} then '{reason}'" for reason, condition in REASONS.items())
    return f"case when {IS_CONFLICT} then null {cases} end"


def band_sql(policy: Policy) -> str:
    """Over the columns gate, weight, is_conflict.

    Of two valid identifiers one may be wrong where the names are one; under two names they are two firms.
    """
    return (
        f"case when gate is not null and weight >= {policy.merge_from} then '{MERGE}'"
        f" when is_conflict and (weight < {policy.conflict_review_from} or not {_SAME_NAME})"
        f" then '{DISTINCT}'"
        f" when weight >= {policy.review_from} then '{REVIEW}' else '{DISTINCT}' end"
    )


def relationship_sql() -> str:
    """A proposal: identifiers that conflict or a longer name speak for a group, two places for sites."""
    other_place = f"(gamma_{ADDRESS_COMPARISON} >= 0 and not {_LIKE_PLACE})"
    grown_name = f"({at_least(NAME_COMPARISON, 'CONTAINED')} and not {_SAME_NAME})"
    return (
        f"case when band = '{DISTINCT}' then '{APART}'"
        f" when is_conflict or ({grown_name} and not ({_SAME_TAX} or {_LIKE_TAX})) then '{CHILD_OF}'"
        f" when {other_place} then '{SITE_OF}' else '{SAME}' end"
    )
