"""`release test`: what a new version of an application's interface would change, before it is let in."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from concord.commands_run import FAILED, INCOMPLETE
from concord.options import json_option, landscape_option, make_settings, read_landscape, refresh_options
from concord.release_comparison import Change, RowChange
from concord.report import Progress, table
from concord.scratch import scratch_home
from concord.signals import interruptible
from dagster_project.manifest import DbtError
from dagster_project.progress import nobody
from ingestion.configuration.landscape import Landscape, LandscapeError
from ingestion.contracts.proposed import ProposedContractError, read_proposed
from ingestion.runs import start_run
from ingestion.settings import Settings

if TYPE_CHECKING:
    from concord.release_trial import Question, ReleaseReport, Side

MOST_COLUMNS = 6
MOST_LINES = 20
WIDEST = 40
MARTS_FIRST = ("marts", "controls", "conformed")
# Whose rows a person reads; the others follow from what is shown or explain it.
SHOWN = ("marts.", "controls.exc_exception")
HASH = re.compile("[0-9a-f]{32,64}")
_folder = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("release")
def release() -> None:
    """A new version of a source's interface, tried before it is let in."""


@release.command("test")
@landscape_option
@click.option("--instance", required=True, help="The instance of the landscape that gets the new version.")
@click.option(
    "--contract",
    "new",
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="Folder of the new contract (see above), or its spec.py alone.",
)
@click.option("--payloads", type=_folder, help="Answers recorded from the new version.")
@click.option("--before", type=_folder, help="The same documents recorded from the version in use.")
@click.option("--limit", default=5, show_default=True, help="Rows shown of each kind and table.")
@refresh_options(publishes=False)
@json_option
def test_command(
    landscape: Path | None,
    instance: str,
    new: Path,
    payloads: Path | None,
    before: Path | None,
    limit: int,
    home: Path | None,
    as_of: date | None,
    known_at: datetime | None,
    as_json: bool,
) -> None:
    """Replay a new version of an interface through everything and show what comes out otherwise.

    Builds the landscape twice from the landing copy of HOME, once with today's contract and once with the
    new one, and compares every public table by its key and every message that publishing would send. HOME
    is only read; the work is done in a folder of its own that is removed afterwards. No source is asked and
    nothing is sent. Day and knowledge are those of the copy served now.

    \b
    The new contract is a folder:
      spec.py                    defines SPEC; begin with a copy of ingestion/systems/SYSTEM/spec.py
      models/staging/SYSTEM/     what changes of its staging, under the names shipped (optional)
    It is the contract of the application, so every instance of it is read by it. Its Python is executed.

    \b
    What is compared:
      neither option             the landing copy, read by both contracts
      --payloads                 the landing copy, with these in place of what the instance sent
      --payloads and --before    these and those, each in place of what the instance sent: record the same
                                 documents from both versions, and only what the version changes is left
    A file belongs to the resource its name begins with (purchase_order_1.json, invoice.jsonl).

    \b
    Exit codes: 0 no difference; 3 differences; 2 unknown instance or no such contract; 1 the door would hold
    the payloads (the message names each table and field), they cannot be read, or the models cannot be built.
    """
    if before and not payloads:
        raise click.UsageError("--before goes with --payloads: the same documents from both versions")
    settings = make_settings(home, landscape, as_of, known_at, no_publish=True)
    given = read_landscape(settings)
    if instance not in given.instances:
        raise click.UsageError(
            f"the landscape has no instance {instance!r}; it has {', '.join(given.instances)}"
        )
    if not any(settings.landing_dir.glob("*/*/*/manifest.json")):
        raise click.UsageError(f"nothing has landed in {settings.home} yet; run `concord run` first")
    try:
        proposed = read_proposed(new, given.instances[instance].system)
    except ProposedContractError as error:
        raise click.UsageError(str(error)) from None
    from concord.release_trial import Question

    asked = Question(instance, proposed, payloads, before, limit)
    report = _tried(settings, given, asked, as_json=as_json)
    click.echo(json.dumps(asdict(report), indent=2, default=str) if as_json else report_words(report))
    sys.exit(INCOMPLETE if report.is_different else 0)


def _tried(settings: Settings, landscape: Landscape, asked: "Question", *, as_json: bool) -> "ReleaseReport":
    """The report; what kept it from being made ends the command."""
    from concord.release_trial import ReleaseTestError, try_release
    from dagster_project.execution import as_served

    say = nobody if as_json else Progress()
    try:
        with scratch_home(as_served(settings)) as own:

            def work() -> "ReleaseReport":
                run = start_run(own, landscape)
                try:
                    return try_release(run, asked, say)
                finally:
                    run.state.close()

            return interruptible(work)
    except LandscapeError as error:
        raise click.UsageError("; ".join(error.complaints)) from None
    except ReleaseTestError as error:
        click.echo(f"Error: {error}", err=True)
        for reason in error.reasons[:MOST_LINES]:
            click.echo(f"  {reason}", err=True)
        sys.exit(FAILED)
    except DbtError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(FAILED)


def report_words(report: "ReleaseReport") -> str:
    """The report for a person: the two sides, then what differs, marts first."""
    lines = [
        "",
        f"{report.instance}: {report.system} {report.today.contract_version} ->"
        f" {report.new.contract_version}, as of {report.as_of}",
        *_side_words("today", report.today),
        *_side_words("new", report.new),
    ]
    if report.contract:
        lines.append("Contract")
        lines += _most(
            [
                f"  {change.kind}: {change.entity}{'.' if change.field else ''}{change.field}"
                f" {change.before or '-'} -> {change.after or '-'}"
                for change in report.contract
            ]
        )
    if report.today.rejected != report.new.rejected:
        lines += ["Rejected rows", _rejected_words(report.today, report.new)]
    if report.failed_tests:
        lines.append("Data tests that fail only with the new contract")
        lines += _most([f"  {name}" for name in report.failed_tests])
    tables = sorted(report.tables, key=_place)
    lines += _changes("Public tables", tables, [one for one in tables if one.name.startswith(SHOWN)])
    lines += _changes("Outbound (nothing was sent)", report.outbound, report.outbound)
    sends = _sends(report.today.would_send, report.new.would_send)
    lines += [f"Would be sent  {sends}"] if sends else []
    same = report.compared_tables - len(report.tables)
    lines.append(
        f"{same} of {report.compared_tables} public tables are the same; --json has rows of every other one."
        if report.is_different
        else f"No difference in {report.compared_tables} public tables and in what would be sent."
    )
    return "\n".join(lines)


def _side_words(name: str, side: "Side") -> list[str]:
    rejected = sum(count for *_, count in side.rejected)
    lines = [f"  {name:<6} {side.landed_rows:,} rows of {side.payloads}, {rejected:,} rejected"]
    for table_name, columns in sorted(side.undeclared.items()):
        lines.append(f"         undeclared in {table_name}: {', '.join(columns)}")
    return lines


def _rejected_words(today: "Side", new: "Side") -> str:
    counts = [{tuple(place): count for *place, count in side.rejected} for side in (today, new)]
    rows = [
        (*place, *(found.get(place, 0) for found in counts))
        for place in sorted({*counts[0], *counts[1]})
        if counts[0].get(place) != counts[1].get(place)
    ]
    return table(("table", "column", "reason", "today", "new"), rows[:MOST_LINES])


def _place(change: Change) -> tuple[int, str]:
    schema = change.name.partition(".")[0]
    return MARTS_FIRST.index(schema) if schema in MARTS_FIRST else len(MARTS_FIRST), change.name


def _changes(title: str, changes: Sequence[Change], shown: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    rows = [
        (change.name, change.rows_before, change.rows_after, change.added, change.missing, change.changed)
        for change in changes
    ]
    lines = [title, table(("", "today", "new", "added", "missing", "changed"), rows)]
    for change in shown:
        columns = sorted(change.columns.items(), key=lambda item: (-item[1], item[0]))
        words = ", ".join(f"{name} {count:,}" for name, count in columns[:MOST_COLUMNS])
        more = f" and {len(columns) - MOST_COLUMNS} more columns" if len(columns) > MOST_COLUMNS else ""
        lines.append(f"  {change.name}{f': changed {words}{more}' if words else ''}")
        lines += [_row_words(row) for row in change.examples]
    return lines


def _row_words(row: RowChange) -> str:
    values = [str(value) for value in row.key.values()]
    named = " ".join([_short(value) for value in values if not HASH.fullmatch(value)] or values)
    if row.kind != "changed":
        return f"    {row.kind:<8} {named}"
    cells = [f"{name} {_short(old)} -> {_short(new)}" for name, (old, new) in row.columns.items()]
    more = f" and {len(cells) - MOST_COLUMNS} more" if len(cells) > MOST_COLUMNS else ""
    return f"    {row.kind:<8} {named}: {'; '.join(cells[:MOST_COLUMNS])}{more}"


def _sends(today: Mapping[str, int], new: Mapping[str, int]) -> str:
    streams = sorted({*today, *new})
    return ", ".join(
        f"{stream} {today.get(stream, 0):,} -> {new.get(stream, 0):,}"
        for stream in streams
        if today.get(stream, 0) or new.get(stream, 0)
    )


def _short(value: Any) -> str:
    text = "(none)" if value is None else str(value) or "(empty)"
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}..."


def _most(lines: Sequence[str]) -> list[str]:
    left = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"  ... and {left:,} more; --json has them all"] if left > 0 else [])]
