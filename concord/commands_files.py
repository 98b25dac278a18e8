"""`files list`: what every source delivered, what became of it, and what is missing."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from concord.options import home_option, json_option, landscape_option, make_settings, read_landscape
from concord.report import table
from ingestion.landing_copy.file_manifest import manifest
from ingestion.runs import start_run

QUIET = ("LOADED",)


@click.group()
def files() -> None:
    """Files of the sources.

    \b
    Statuses:
      LOADED             its rows are in
      LANDED             fetched, not judged yet
      QUARANTINED        held at the landing gate, see `concord batch list`
      TRUNCATED          cut off, or its count or total does not add up
      DUPLICATE_CONTENT  the content of a file that was taken already
      SCHEMA_DRIFT       a column it needs is missing or there twice
      REFUSED            cannot be read as declared
      SEQUENCE_GAP       a number or day before the newest that never came
      EXPECTED_MISSING   due by the calendar of the landscape
    """


@files.command("list")
@landscape_option
@home_option
@json_option
@click.option("--instance", help="Only this instance.")
@click.option("--all", "everything", is_flag=True, help="Loaded files too.")
def list_command(
    landscape: Path | None, home: Path | None, as_json: bool, instance: str | None, everything: bool
) -> None:
    """List files that are not in, and what is missing; count all by status."""
    settings = make_settings(home, landscape)
    configured = read_landscape(settings)
    if instance and instance not in configured.instances:
        raise click.UsageError(f"no instance {instance!r}; there are {', '.join(configured.instances)}")
    run = start_run(settings, configured)
    try:
        found = [
            entry
            for name, each in configured.instances.items()
            if name == (instance or name)
            for entry in manifest(run, each)
        ]
    finally:
        run.state.close()
    shown = [entry for entry in found if everything or entry.status not in QUIET]
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in shown], indent=2, default=str))
        return
    counts = {entry.status: 0 for entry in found}
    for entry in found:
        counts[entry.status] += 1
    words = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    click.echo(words or "No file was seen yet.")
    if shown:
        rows = [
            (each.instance, each.name, each.status, str(each.seen_at or "")[:16], each.encoding, each.detail)
            for each in shown
        ]
        click.echo(table(("instance", "file", "status", "seen (UTC)", "encoding", "detail"), rows))
