"""The balance of goods received and not invoiced, part by part: what each is, whose, and what is behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from concord.explaining import words_of
from concord.report import fields, table
from publishing.serving import read

ACCOUNT = ("legal_entity_code", "account_code", "ledger_instance", "currency_code")
# Parts that say that something is not known.
NOT_EXPLAINED = ("NOT_ITEMIZED", "UNEXPLAINED")
ITEMS = """
    select legal_entity_code, account_code, business_key, supplier_name, facility_code, currency_code, amount
    from marts.mart_grni_bridge_line where bridge_class = $1
    order by abs(amount) desc nulls last, legal_entity_code, account_code, business_key
"""
MOST_SHOWN = 20


@dataclass(frozen=True)
class BridgePart:
    """One part of the balance, whichever account has it, and the documents of the served run behind it."""

    name: str
    words: str
    owner_role: str
    cure: str
    items: Sequence[Mapping[str, Any]]


def explain_part(serving_dir: Path, name: str) -> BridgePart | None:
    """The part of this name with its documents, the largest first (domain rules 3.9); None if it is none."""
    said = words_of("bridge_parts").get(name.upper())
    if said is None:
        return None
    items = read(serving_dir, ITEMS, (said["part"],)).to_pylist()
    return BridgePart(said["part"], said["words"], said["owner_role"], said["cure"], items)


def part_explanation(part: BridgePart) -> str:
    """A part for a person who meets it for the first time."""
    meaning = {
        "means": part.words,
        "rule": "domain rules 3.9, part of the account of goods received and not invoiced",
        "owner": part.owner_role,
        "cure": part.cure,
        "amount": sum((item["amount"] for item in part.items), Decimal("0.00")),
    }
    words = f"{part.name}\n\n{fields(meaning)}"
    if not part.items:
        return words
    header = ("entity", "account", "document", "supplier", "facility", "", "amount")
    shown = [tuple(item.values()) for item in part.items[:MOST_SHOWN]]
    left = len(part.items) - MOST_SHOWN
    return f"{words}\n\n{table(header, shown)}" + (f"\n  ... and {left:,} more" if left > 0 else "")


def bridge_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """Every account from what its documents owe to what its ledger shows; amounts owed are positive."""
    return "\n".join(
        _account_words(dict(zip(ACCOUNT, key, strict=True)), list(parts))
        for key, parts in groupby(rows, key=lambda row: tuple(row[name] for name in ACCOUNT))
    )


def _account_words(account: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    title = "\nGoods received and not invoiced: {}, account {} of {}, {}".format(*account.values())
    owed = [row for row in rows if row["section"] == "OWED"]
    rest = [row for row in rows if row["section"] != "OWED"]
    unknown = [row for row in rows if row["bridge_class"] in NOT_EXPLAINED]
    lines = [
        *map(_line, owed),
        _total("= owed by the documents", owed),
        *map(_line, rest),
        _total("= balance of the ledger", rows),
        _total("of it not explained", unknown),
    ]
    text = f"{title}\n{table(('section', 'part', 'items', 'amount', 'owner'), lines)}"
    if any(row["bridge_class"] == "NOT_ITEMIZED" for row in unknown):
        text += f"\n  {words_of('bridge_parts')['NOT_ITEMIZED']['words']}"
    return text


def _line(row: Mapping[str, Any]) -> tuple[Any, ...]:
    owner = words_of("bridge_parts")[row["bridge_class"]]["owner_role"]
    return row["section"], row["bridge_class"], row["item_count"], Decimal(row["amount"]), owner


def _total(name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    amount = sum((Decimal(row["amount"]) for row in rows), Decimal("0.00"))
    return "", name, sum(row["item_count"] for row in rows), amount, ""
