"""What the rows of a governed seed may not say together: unknown parameters, two answers to one question.

Called while a landscape is read, so that a contradiction is named by its lines before anything runs. A wrong
single cell is the business of `seeds.py`; two tolerances with equal right are a finding of the run
(domain_rules 3.1).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import combinations
from typing import Any

# What the models ask for; `defaults/README.md` says what each means.
PARAMETERS = frozenset(
    {
        "ACCRUAL_WINDOW_DAYS",
        "BACKUP_WITHHOLDING",
        "BANK_BLOCK_CODE",
        "BANK_CONTROL_STARTS_ON",
        "BANK_COOL_OFF_HOURS",
        "BANK_FLIP_DAYS",
        "BANK_RISK_DAYS",
        "BILL_ONLY_SLA_DAYS",
        "CAPITAL_THRESHOLD",
        "CONTRACT_PRICE_LEAD_DAYS",
        "COST_OF_CAPITAL",
        "CREDIT_SLA_DAYS",
        "FISCAL_YEAR_FIRST_MONTH",
        "FUNCTIONAL_ACKNOWLEDGEMENT_HOURS",
        "HORIZON_DAYS",
        "LOCAL_CONTRACT_FIRST",
        "RECEIPT_SLA_DAYS",
        "RECURRING_BILLS",
        "REFERENCE_NUMBERS",
        "REPLICATION_GRACE_HOURS",
        "REPORTABLE_AMOUNT",
        "SCREENING_DAYS",
        "SCREENING_REGION",
        "TERMS_RULE",
        "TIN_NAME_LIMIT",
    }
)
# What a close can be asked; the models of `controls/close` answer.
CLOSE_CHECKS = frozenset(
    {
        "BANK_CHANGE_PENDING",
        "CLOSED_PERIOD_DATED",
        "DERIVATION_FAILURE",
        "DUPLICATE_UNRESOLVED",
        "GRNI_UNEXPLAINED",
        "INTERFACE_REJECT",
        "IRNG_AGED",
        "LATE_RECORDED",
        "OUTBOX_NOT_CONFIRMED",
        "RECON_ACCOUNT_CODE",
        "RECON_CONTRACT_PRICE",
        "RECON_CONTROL_ACCOUNT",
        "RECON_INVOICE",
        "RECON_ITEM",
        "RECON_PAYMENT",
        "RECON_PURCHASE_ORDER",
        "RECON_RECEIPT",
        "RECON_SUPPLIER",
        "UNPOSTED_INVOICE",
        "WRONG_PERIOD",
    }
)
# Which day of a document decides its posting owner; none is that of the posting.
OPEN_ITEM_RULES = frozenset({"FOLLOWS_ORDER"})
OWN_PARAMETER = "OWN_"  # Codes that a landscape's own models ask for.

_SCOPE = ("supplier", "facility", "facility_type", "entity", "category", "document_type")
# Seeds in which one question has one answer a day: the columns of the question.
_QUESTIONS = {
    "parameter": ("parameter_code", *_SCOPE),
    "accrual_owner": ("legal_entity_code", "doc_class"),
    "posting_owner": ("legal_entity_code", "doc_class"),
    "route": ("code_pattern", "entity_scope"),
    "close_check": ("check_code",),
}

Row = Mapping[str, Any]


def contradictions(name: str, rows: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, str]]:
    """Line and words of each complaint about the typed rows (line, cells) of one seed."""
    if name == "parameter":
        yield from _unknown_parameters(rows)
    if name == "close_check":
        yield from _impossible_checks(rows)
    if name == "posting_owner":
        yield from _unclear_owners(rows)
    question = _QUESTIONS.get(name, ())
    asked: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for line, row in rows if question else ():
        asked.setdefault(tuple((row[column] or "").upper() for column in question), []).append((line, row))
    for key, found in asked.items():
        for (first, one), (second, other) in combinations(found, 2):
            if _meet(one, other):
                named = ", ".join(part for part in key if part)
                yield (
                    second,
                    (
                        f"{named} is answered by line {first} for the same days: "
                        "end that row by its valid_to before this one begins, or remove one of them"
                    ),
                )


def _unknown_parameters(rows: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, str]]:
    for line, row in rows:
        code = (row["parameter_code"] or "").upper()
        if code in PARAMETERS or code.startswith(OWN_PARAMETER):
            continue
        near = get_close_matches(code, PARAMETERS, 1)
        meant = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(PARAMETERS))}"
        yield line, f"column parameter_code: no rule asks for {code!r}; {meant}"


def _impossible_checks(rows: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, str]]:
    for line, row in rows:
        code, weight = (row["check_code"] or "").upper(), row["weight"]
        if code not in CLOSE_CHECKS:
            known = ", ".join(sorted(CLOSE_CHECKS))
            yield line, f"column check_code: no model answers {code!r}; known: {known}"
        if weight is None or weight < 0:
            yield line, f"column weight: {code} needs a weight of 0 or more"


def _unclear_owners(rows: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, str]]:
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for line, row in rows:
        rule = (row["open_item_rule"] or "").upper()
        if rule and rule not in OPEN_ITEM_RULES:
            known = ", ".join(sorted(OPEN_ITEM_RULES))
            yield line, f"column open_item_rule: no model knows {rule!r}; known: {known}, or none"
        key = ((row["legal_entity_code"] or "").upper(), (row["doc_class"] or "").upper())
        earlier, asked = first.setdefault(key, (line, rule))
        if rule != asked:
            yield line, f"column open_item_rule: not that of line {earlier}; a document might belong to none"


def _meet(one: Row, other: Row) -> bool:
    """Whether two half-open intervals share a day; no bound is no limit."""
    starts = max(one.get("valid_from") or date.min, other.get("valid_from") or date.min)
    ends = min(one.get("valid_to") or date.max, other.get("valid_to") or date.max)
    return starts < ends
