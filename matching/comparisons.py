"""What is compared and in which steps: the untrained Splink settings.

Levels are written from strong to weak; `evidence` reads them by the names given here. Each comparison looks
at one kind of fact, so that no fact is counted twice.
"""

from typing import Any

import splink.comparison_level_library as levels
from splink import SettingsCreator
from splink.comparison_library import CustomComparison

NAME_COMPARISON, TAX_COMPARISON, ADDRESS_COMPARISON = "name", "tax_id", "address"
PHONE_COMPARISON, DOMAIN_COMPARISON, BANK_COMPARISON, ID_COMPARISON = "phone", "domain", "bank", "identifier"

_SHARED = "len(list_intersect(words_l, words_r))"
_FEWER = "least(len(words_l), len(words_r))"
_MORE = "greatest(len(words_l), len(words_r))"
_COMPACT_L, _COMPACT_R = "replace(name_core_l, ' ', '')", "replace(name_core_r, ' ', '')"
# A name that its system cut ends within the other's last word; whole words more may be another firm's name.
_CUT = (
    "len(string_split(name_core_l, ' ')) = len(string_split(name_core_r, ' '))"
    f" and ((is_cut_l and starts_with({_COMPACT_R}, {_COMPACT_L}))"
    f" or (is_cut_r and starts_with({_COMPACT_L}, {_COMPACT_R})))"
)


def _odd(side: str, other: str) -> str:
    """SQL: all words that only this side has are found hardly anywhere else."""
    own = f"list_filter(words_{side}, lambda x: not list_contains(words_{other}, x))"
    return f"(len({own}) = len(list_intersect({own}, odd_words_{side})))"


NAME_LEVELS = (
    ("EQUAL", "name_core_l = name_core_r"),
    ("OTHER_NAME_EQUAL", "list_has_any(names_l, names_r)"),
    (
        "TYPING_ERROR",
        "length(name_core_l) >= 6 and damerau_levenshtein(name_core_l, name_core_r) <= 2"
        " and jaro_winkler_similarity(name_core_l, name_core_r) >= 0.94"
        f" and ({_odd('l', 'r')} or {_odd('r', 'l')})",
    ),
    ("CUT", _CUT),
    (
        "TELLING_WORDS_EQUAL",
        f"len(told_words_l) > 0 and told_words_l = told_words_r and {_SHARED} >= 0.5 * {_MORE}",
    ),
    ("CONTAINED", f"{_SHARED} = {_FEWER} and {_FEWER} >= 2"),
    ("MOST_WORDS", f"{_SHARED} >= 0.6 * {_MORE}"),
    (
        "ALIKE",
        "jaro_winkler_similarity(name_core_l, name_core_r) >= 0.88"
        " or list_has_any(told_words_l, told_words_r)",
    ),
    ("ONE_WORD", f"{_SHARED} >= 1"),
)
TAX_LEVELS = (("EQUAL", "tax_l = tax_r"), ("TYPING_ERROR", "list_has_any(tax_near_l, tax_near_r)"))
ADDRESS_LEVELS = (
    ("EQUAL", "list_has_any(addresses_l, addresses_r)"),
    ("NUMBER_EQUAL", "list_has_any(numbers_l, numbers_r) and len(common_addresses_l) = 0"),
    ("COMMON_EQUAL", "list_has_any(common_addresses_l, common_addresses_r)"),
    ("ALIKE", "jaro_winkler_similarity(street_l, street_r) > 0.92 and list_has_any(regions_l, regions_r)"),
    ("POSTAL_CODE", "list_has_any(zips_l, zips_r)"),
    ("REGION", "list_has_any(regions_l, regions_r)"),
)


def _listed(column: str) -> tuple[tuple[str, str], ...]:
    return (
        ("EQUAL", f"list_has_any({column}_l, {column}_r)"),
        ("COMMON_EQUAL", f"list_has_any(common_{column}_l, common_{column}_r)"),
    )


def _unknown(column: str) -> str:
    sides = (f"len({column}_{side}) + len(common_{column}_{side}) = 0" for side in "lr")
    return " or ".join(sides)


# Comparison, when it says nothing, levels.
COMPARISONS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (NAME_COMPARISON, "name_core_l is null or name_core_r is null", NAME_LEVELS),
    (TAX_COMPARISON, "tax_l is null or tax_r is null", TAX_LEVELS),
    (
        ADDRESS_COMPARISON,
        "len(addresses_l) + len(common_addresses_l) = 0 or len(addresses_r) + len(common_addresses_r) = 0",
        ADDRESS_LEVELS,
    ),
    (PHONE_COMPARISON, _unknown("phones"), _listed("phones")),
    (DOMAIN_COMPARISON, _unknown("domains"), _listed("domains")),
    (BANK_COMPARISON, _unknown("banks"), _listed("banks")),
    (
        ID_COMPARISON,
        "not list_has_any(id_schemes_l, id_schemes_r)",
        (("EQUAL", "list_has_any(ids_l, ids_r)"),),
    ),
)
ELSE = "DIFFERENT"
NO_VALUE = "NOT_KNOWN"


def untrained_settings() -> dict[str, Any]:
    """Splink settings without probabilities; blocking is ours, pairs are registered."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_key",
        comparisons=[_comparison(*comparison) for comparison in COMPARISONS],
        blocking_rules_to_generate_predictions=[],
        # Gammas come out only together with the compared columns; `scoring` drops these again.
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        additional_columns_to_retain=["shown_name", "name_holders", "is_cut"],
    )
    created: dict[str, Any] = settings.create_settings_dict("duckdb")
    return created


def level_names(comparison: str) -> dict[int, str]:
    """Names by gamma of a comparison: -1 says nothing, 0 differs, the highest is the strongest."""
    [named] = [names for name, _, names in COMPARISONS if name == comparison]
    top = len(named)
    return {-1: NO_VALUE, 0: ELSE, **{top - at: name for at, (name, _) in enumerate(named)}}


def _comparison(name: str, unknown: str, named: tuple[tuple[str, str], ...]) -> CustomComparison:
    steps: list[Any] = [levels.CustomLevel(unknown, label_for_charts=NO_VALUE).configure(is_null_level=True)]
    for label, sql in named:
        if name == NAME_COMPARISON and label == "EQUAL":
            steps.append(
                levels.ExactMatchLevel("name_core", term_frequency_adjustments=True).configure(
                    label_for_charts=label
                )
            )
        else:
            steps.append(levels.CustomLevel(sql, label_for_charts=label))
    return CustomComparison(
        output_column_name=name,
        comparison_levels=[*steps, levels.ElseLevel().configure(label_for_charts=ELSE)],
    )
