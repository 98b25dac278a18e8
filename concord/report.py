"""What people read: progress while a run works, the summary at its end, the score."""

import shlex
import sys
import textwrap
import time
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import click

from ingestion.settings import Settings

WIDTH = 100
DELIVERED = ("sent", "confirmed", "rejected", "unknown", "withheld", "unchanged")


class Progress:
    """Prints each step with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        # A run sends the engine's own output to a file; people still want to see this.
        self._out = sys.stdout

    def __call__(self, text: str) -> None:
        click.echo(f"{time.monotonic() - self._started:6.1f} s  {text}", file=self._out)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(header)]
    right = [
        bool(rows) and all(isinstance(row[at], int | Decimal) for row in rows) for at in range(len(header))
    ]

    def line(values: Sequence[str]) -> str:
        padded = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True))
        return "  " + "  ".join(padded).rstrip()

    return "\n".join([line(header), *(line(row) for row in cells)])


def fields(values: Mapping[str, Any], width: int = WIDTH) -> str:
    """Names and values below each other, long ones wrapped; what is absent is left out."""
    named = {
        name.replace("_", " "): _cell(value) for name, value in values.items() if value not in (None, "")
    }
    left = max(map(len, named), default=0)
    return "\n".join(
        textwrap.fill(
            text,
            width,
            initial_indent=f"  {name.ljust(left)}  ",
            subsequent_indent=" " * (left + 4),
            break_on_hyphens=False,
        )
        for name, text in named.items()
    )


def _cell(value: Any) -> str:
    """The text of a value. What a source sent can hold commands for a terminal; these are written out."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{value:,}"
    return "".join(repr(mark)[1:-1] if _is_command(mark) else mark for mark in str(value))


def _is_command(mark: str) -> bool:
    """Control characters and those that turn the direction of text; lines and tabs are folded anyway."""
    return mark not in "\n\t" and unicodedata.category(mark) in ("Cc", "Cf")


def _money(text: str | None) -> Decimal:
    return Decimal(text or "0")


def print_summary(summary: Mapping[str, Any], settings: Settings) -> None:
    """The end of a run, for a finance analyst."""
    click.echo(f"\n{summary['landscape']} as of {summary['as_of']}")
    click.echo("\nLoaded")
    loaded = sorted(summary["loaded"].items())
    rows = [(system, count, summary["rejected"].get(system, 0)) for system, count in loaded]
    click.echo(table(("system", "rows", "rejected"), rows) if rows else "  nothing new")
    click.echo(f"  {summary['changed_rows']:,} rows new or changed")
    for system, count in sorted(summary["late"].items()):
        click.echo(f"  {count:,} rows of {system} came LATE: a newer version of each was known, and stays")
    for system, count in sorted(summary["deleted"].items()):
        click.echo(f"  {count:,} rows of {system} DELETED: their source's latest snapshot has them no more")

    click.echo("\nControl totals (canonical = facts + others; facts = marts)")
    totals = [
        (
            row["source_instance"],
            row["entity"],
            row["currency_code"],
            row["canonical_rows"],
            row["fact_rows"],
            _money(row["fact_amount"]),
            "ties" if row["is_tied"] else "DOES NOT TIE",
        )
        for row in summary["control_totals"]
    ]
    if totals:
        click.echo(table(("instance", "entity", "currency", "rows", "facts", "amount", ""), totals))
    else:
        click.echo("  no documents yet: master data alone has no amounts to tie")

    if summary["match"]:
        click.echo("\nThree-way match (invoice lines)")
        matches = [
            (row["match_status"], row["line_count"], _money(row["line_amount"])) for row in summary["match"]
        ]
        click.echo(table(("status", "lines", "amount"), matches))
    if summary["exceptions"]:
        click.echo("\nOpen findings")
        findings = [
            (
                row["code"],
                row["severity"],
                row["cause_code"] or "",
                row["owner_role"],
                row["finding_count"],
                _money(row["amount_at_risk"]),
            )
            for row in summary["exceptions"]
        ]
        click.echo(table(("code", "severity", "cause", "owner", "count", "at risk"), findings))
    items = [(row["item"], row["item_count"], _money(row["amount"])) for row in summary["open_items"]]
    if any(count for _, count, _ in items):
        click.echo("\nOpen items")
        click.echo(table(("", "count", "amount"), [item for item in items if item[1]]))
    if summary["grni_bridge"]:
        # It lays out its own tables with what is here.
        from concord.bridging import bridge_words

        click.echo(bridge_words(summary["grni_bridge"]))
        click.echo("  `concord explain PART` (or CODE): what it is, what cures it, its documents")
    elif any(count for item, count, _ in items if item.startswith("received")):
        click.echo("\nGoods received and not invoiced")
        click.echo("  compared with no ledger: seeds/accrual_owner.csv names no account for RECEIPT")
    if summary["deliveries"]:
        click.echo("\nDelivered")
        streams = [
            (name, delivery["mode"], *(delivery[count] for count in DELIVERED))
            for name, delivery in summary["deliveries"].items()
        ]
        click.echo(table(("to", "mode", *DELIVERED), streams))
        for name, delivery in summary["deliveries"].items():
            others = [f"{n:,} {word.replace('_', ' ')}" for word, n in delivery.items() if _counts(word, n)]
            if others or delivery["note"]:
                click.echo(f"  {name}: {', '.join(others)} {delivery['note']}".rstrip())
    if summary["notes"]:
        click.echo("\nNotes")
        for text in summary["notes"]:
            click.echo(f"  - {text}")
    if summary["attention"]:
        click.echo("\nNeeds attention")
        for text in summary["attention"]:
            click.echo(f"  - {text}")
    click.echo(f"\nQuery   {summary['serving']['database']}  (schemas conformed, controls, marts)")
    click.echo(f"        {summary['serving']['parquet']}")
    landscape, home = shlex.quote(str(settings.landscape_dir)), shlex.quote(str(settings.home))
    click.echo(f"UI      concord dev --landscape {landscape} --home {home}")
    click.echo(
        f"Took    {summary['duration_seconds']} s, serving copy after {summary['serving_seconds']} s, "
        f"{summary['peak_memory_bytes'] / 2**30:.2f} GiB at most"
    )


def _counts(word: str, value: Any) -> bool:
    """Whether a count is worth a line of its own: not in the table, and not nothing."""
    return isinstance(value, int) and value > 0 and word not in DELIVERED


def print_score(result: Mapping[str, Any]) -> None:
    """Per fault: planted, found, and how well."""
    rows = [
        (
            row["fault_code"],
            row["planted"],
            row["found"],
            row["missed"],
            row["false_positives"],
            f"{row['precision']:.3f}",
            f"{row['recall']:.3f}",
            f"{row['cause_accuracy']:.3f}",
        )
        for row in result["faults"]
    ]
    click.echo("\nScore against what was planted")
    header = ("fault", "planted", "found", "missed", "false", "precision", "recall", "cause")
    click.echo(table(header, rows) if rows else "  nothing was planted")
    unlabelled = result["unlabelled_findings"]
    click.echo(
        f"  findings without a label: {unlabelled if isinstance(unlabelled, int) else len(unlabelled)}"
    )
