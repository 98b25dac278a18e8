"""What people read: progress while a run works, the summary at its end, the score."""

import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import click

from ingestion.settings import Settings


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
    widths = [max(len(name), *(len(row[at]) for row in cells)) for at, name in enumerate(header)]
    right = [
        bool(rows) and all(isinstance(row[at], int | Decimal) for row in rows) for at in range(len(header))
    ]

    def line(values: Sequence[str]) -> str:
        padded = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True))
        return "  " + "  ".join(padded).rstrip()

    return "\n".join([line(header), *(line(row) for row in cells)])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


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
    click.echo(table(("instance", "entity", "currency", "rows", "facts", "amount", ""), totals))

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
    for name, delivery in summary["deliveries"].items():
        click.echo(
            f"\nDelivered {name} ({delivery['mode']}): sent {delivery['sent']:,}, "
            f"confirmed {delivery['confirmed']:,}, rejected {delivery['rejected']:,}, "
            f"unknown {delivery['unknown']:,}, withheld {delivery['withheld']:,}, "
            f"unchanged {delivery['unchanged']:,} {delivery['note']}".rstrip()
        )
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
