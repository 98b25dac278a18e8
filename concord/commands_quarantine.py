"""`quarantine list|show|replay|discard`: rows that a contract kept out, and what people decide about them."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import duckdb

from concord.commands_batch import opened_home
from concord.commands_run import require_databases
from concord.options import (
    DEMO_LANDSCAPE,
    accept_reading_option,
    home_option,
    json_option,
    landscape_option,
    make_settings,
)
from concord.report import fields, table
from ingestion.contracts.quarantine import (
    STATUSES,
    Entry,
    QuarantineError,
    discard,
    entries,
    replay,
)
from ingestion.raw.rereading import ReadingChangedError
from ingestion.runs import RunContext
from ingestion.settings import Settings
from ingestion.state import StateStore

actor_option = click.option("--actor", required=True, help="Who decides.")
why_option = click.option("--reason", "why", required=True, help="Why, for whoever asks later.")
instance_option = click.option("--instance", default="", help="Only rows of this instance.")


@click.group()
def quarantine() -> None:
    """Rows that broke their contract: kept with payload and reason, replayed when the contract is mended."""


@quarantine.command("list")
@home_option
@json_option
@instance_option
@click.option("--table", "table_name", default="", help="Only rows of this raw table.")
@click.option("--reason", default="", help="Only rows with these words in their reason.")
@click.option(
    "--status",
    type=click.Choice(STATUSES, case_sensitive=False),
    help="OPEN waits; SUPERSEDED has a later good version; DISCARDED and REPLAYED were decided.",
)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
def list_command(
    home: Path | None,
    as_json: bool,
    instance: str,
    table_name: str,
    reason: str,
    status: str | None,
    limit: int,
) -> None:
    """List quarantined rows, the latest first; the same row sent again is one line."""
    found = [
        entry
        for entry in _entries(home)
        if (not instance or entry.instance == instance)
        and (not table_name or entry.table_name == table_name)
        and reason.lower() in entry.reason.lower()
        and (not status or entry.status == status.upper())
    ]
    if as_json:
        click.echo(json.dumps([_plain(entry) for entry in found], indent=2, default=str))
        return
    if not found:
        click.echo("No such row is in quarantine.")
        return
    header = ("id", "instance", "table", "row", "reason", "last seen", "times", "status")
    click.echo(table(header, [_row(entry) for entry in found[:limit]]))
    if len(found) > limit:
        click.echo(f"... and {len(found) - limit:,} more (--limit)")


@quarantine.command("show")
@click.argument("entry_id")
@home_option
@json_option
def show_command(entry_id: str, home: Path | None, as_json: bool) -> None:
    """Show one row: what it said, why it was kept out, where and when it was sent."""
    entry = _chosen(_entries(home), [entry_id], "")[0]
    if as_json:
        click.echo(json.dumps(_plain(entry), indent=2, default=str))
        return
    shown = _plain(entry)
    sightings, payload = shown.pop("sightings"), json.loads(entry.payload) if _is_json(entry.payload) else {}
    click.echo(fields({name: value for name, value in shown.items() if name != "payload" or not payload}))
    if payload:
        click.echo("Payload")
        click.echo(fields(payload))
    click.echo("Sent")
    header = ("seen", "file", "record", "item", "batch", "load", "status")
    click.echo(table(header, [tuple(sighting.values()) for sighting in sightings]))


@quarantine.command("replay")
@click.argument("entry_ids", nargs=-1)
@landscape_option
@home_option
@instance_option
@actor_option
@why_option
@accept_reading_option
def replay_command(
    entry_ids: tuple[str, ...],
    landscape: Path | None,
    home: Path | None,
    instance: str,
    actor: str,
    why: str,
    accepts_reading: bool,
) -> None:
    """Take rows that pass today's contract from the landing copy into raw, exactly once.

    Without an id: all that wait. What passes is taken for the whole instance of a chosen row; a discarded row
    only when its id is given. The next `concord run` carries it into every table. Nothing is done (exit 1)
    when rows of raw would be rejected or read as something else, since their format changed.
    """
    with _working(home, landscape) as run:
        if instance and instance not in run.landscape.instances:
            there = ", ".join(sorted(run.landscape.instances))
            raise click.UsageError(f"the landscape has no instance {instance!r}; it has: {there}")
        waiting = entries(run.settings, run.state)
        if not entry_ids:
            waiting = [entry for entry in waiting if entry.status in ("OPEN", "SUPERSEDED")]
        chosen = _chosen(waiting, entry_ids, instance)
        for done in replay(run, chosen, actor=actor, reason=why, accepts_reading=accepts_reading):
            click.echo(
                f"{done.instance}: {done.replayed:,} rows replayed, {done.still_rejected:,} rejected still"
            )


@quarantine.command("discard")
@click.argument("entry_ids", nargs=-1, required=True)
@landscape_option
@home_option
@actor_option
@why_option
def discard_command(
    entry_ids: tuple[str, ...], landscape: Path | None, home: Path | None, actor: str, why: str
) -> None:
    """Keep rows out for good, also when they are sent again or their contract is mended."""
    with _working(home, landscape) as run:
        chosen = _chosen(entries(run.settings, run.state), entry_ids, "")
        click.echo(f"{discard(run, chosen, actor=actor, reason=why):,} sightings discarded by {actor}.")


def _entries(home: Path | None) -> list[Entry]:
    settings = make_settings(home, DEMO_LANDSCAPE)
    require_databases(settings)
    state = StateStore(settings.state_url)
    try:
        with _explained(settings):
            return entries(settings, state)
    finally:
        state.close()


@contextlib.contextmanager
def _working(home: Path | None, landscape: Path | None) -> Iterator[RunContext]:
    """A run that holds the home; what makes no sense ends the command with its reason."""
    with opened_home(landscape, home) as run, _explained(run.settings):
        yield run


@contextlib.contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except QuarantineError as error:
        raise click.UsageError(str(error)) from None
    except ReadingChangedError as error:
        raise click.ClickException(str(error)) from None
    except duckdb.IOException as error:
        raise click.ClickException(f"{settings.warehouse_path} is in use: {error}") from None


def _chosen(found: Sequence[Entry], beginnings: Sequence[str], instance: str) -> list[Entry]:
    """The entries whose ids begin so, all when none is given; of one instance if named."""
    chosen = [entry for entry in found if not instance or entry.instance == instance]
    if not beginnings:
        return chosen
    wanted: list[Entry] = []
    for beginning in beginnings:
        named = [entry for entry in chosen if entry.entry_id.startswith(beginning)]
        if len(named) != 1:
            count = f"the beginning of {len(named)} ids; give more of it" if named else "not in quarantine"
            raise click.UsageError(f"{beginning} is {count}; `concord quarantine list` shows what there is")
        wanted += named
    return wanted


def _row(entry: Entry) -> tuple[Any, ...]:
    reason = entry.reason if len(entry.reason) <= 60 else entry.reason[:57] + "..."
    key = entry.row_key or entry.sightings[-1].place.file_name
    seen = f"{entry.last_seen:%Y-%m-%d %H:%M}"
    return (
        *(entry.entry_id[:8], entry.instance, entry.table_name, key, reason),
        *(seen, len(entry.sightings), entry.status),
    )


def _plain(entry: Entry) -> dict[str, Any]:
    shown = asdict(entry)
    shown |= {"status": entry.status, "first_seen": entry.first_seen, "last_seen": entry.last_seen}
    shown["times_seen"] = len(entry.sightings)
    shown["sightings"] = [
        {
            "seen_at": sighting.seen_at,
            "file_name": sighting.place.file_name,
            "line_number": sighting.place.line_number,
            "position": sighting.place.position,
            "batch_id": sighting.batch_id,
            "load_id": sighting.load_id,
            "status": sighting.status,
        }
        for sighting in entry.sightings
    ]
    return shown


def _is_json(text: str) -> bool:
    return text.startswith("{")
