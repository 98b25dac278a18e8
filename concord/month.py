"""A month in six extracts: what reports give, one row a line, turned into the files of the feed.

Reports repeat an order on each of its lines and an item on each of its packs, and show balances beside
postings; the feed has one file per entity. Nothing is written unless every row has its place.
"""

import csv
import io
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from concord.month_extract import EXTRACTS, ExtractReader, Rows

LANDSCAPE = """\
# Written by `concord month`, anew every time: parameters belong in seeds/ beside the extracts.
name: month
environment: test
currency: {currency}
timezone: {timezone}

instances:
  files:
    system: feed
    connection:
      folder: in
    # The extracts are of one month; none is late.
    fresh_within: 36500d
    # A row that is taken out of a report is gone.
    resources:
"""
RESOURCE = "      {}: {{snapshot: true, delete_absent: true, max_drop: 1}}\n"
OWNERS = "accrual_owner.csv"
COMPLAINTS = 20


class MonthError(ValueError):
    """Extracts that cannot be taken; one complaint a line, with file, row and remedy."""


@dataclass(slots=True)
class Month:
    """Rows per entity of the feed, in its columns; per extract the columns that nothing uses."""

    rows: Rows
    unused: dict[str, list[str]] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        """The day of the last balance, or of the last posting where there is no balance."""
        balances, postings = self.rows.get("account_balance", []), self.rows.get("journal_line", [])
        days = [row["balance_date"] for row in balances] or [row["posting_date"] for row in postings]
        if not days:
            raise MonthError("ledger.csv: neither a balance nor a posting; name the day by --as-of")
        try:
            return max(map(date.fromisoformat, days))
        except ValueError as error:
            raise MonthError(f"ledger.csv: {error}; days are written like 2026-06-30") from None

    @property
    def accounts(self) -> list[dict[str, str]]:
        """The account of each legal entity, as the seed of that name has them."""
        ledger = [*self.rows.get("account_balance", []), *self.rows.get("journal_line", [])]
        found = sorted(
            {(row.get("legal_entity_code") or row["ledger_code"], row["account_code"]) for row in ledger}
        )
        entities = [entity for entity, _ in found]
        if several := next((entity for entity in entities if entities.count(entity) > 1), ""):
            raise MonthError(
                f"ledger.csv: {several} has several accounts; leave only that of goods received and not"
                f" invoiced, or name it in seeds/{OWNERS} beside the extracts"
            )
        return [
            {
                "legal_entity_code": entity,
                "doc_class": "RECEIPT",
                "account_code": account,
                "source_instance": "files",
            }
            for entity, account in found
        ]


def read_month(folder: Path, zone: ZoneInfo) -> Month:
    """The extracts of `folder`, with days as they are in `zone`; raises `MonthError` with what is wrong."""
    wanted = [f"{each.name}.csv" for each in EXTRACTS if not each.is_optional]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        raise MonthError(f"{folder}: no {', '.join(missing)}; a month is {', '.join(wanted)} (docs/month.md)")
    month, complaints = Month({}), []
    for extract in EXTRACTS:
        if (folder / f"{extract.name}.csv").is_file():
            reader = ExtractReader(folder / f"{extract.name}.csv", extract, month.rows, zone)
            complaints += reader.read()
            month.unused |= {f"{extract.name}.csv": reader.unused} if reader.unused else {}
    if complaints:
        more = len(complaints) - COMPLAINTS
        raise MonthError("\n".join([*complaints[:COMPLAINTS], *([f"and {more} more"] if more > 0 else [])]))
    return month


def write_landscape(month: Month, seeds: Path, zone: ZoneInfo, to: Path) -> None:
    """The landscape of the month in `to`, in place of the one before, with the parameters of `seeds`."""
    fresh = to.with_name(f".{to.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "in").mkdir(parents=True)
    if seeds.is_dir():
        shutil.copytree(seeds, fresh / "seeds")
    if not (fresh / "seeds" / OWNERS).is_file():
        (fresh / "seeds").mkdir(exist_ok=True)
        _write(fresh / "seeds" / OWNERS, month.accounts)
    for entity, rows in month.rows.items():
        _write(fresh / "in" / f"{entity}.csv", rows)
    currency = next((row["currency_code"] for row in month.rows.get("purchase_order", [])), "USD")
    text = LANDSCAPE.format(currency=currency, timezone=zone.key) + "".join(map(RESOURCE.format, month.rows))
    (fresh / "landscape.yaml").write_text(text, encoding="utf-8")
    shutil.rmtree(to, ignore_errors=True)
    fresh.replace(to)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
