"""`landing prune|seal`: the retention of the landing copy, and its seal."""

from pathlib import Path

import click

from concord.commands_batch import opened_home
from concord.options import home_option, landscape_option
from concord.report import table
from ingestion.landing_copy.late_sealing import seal_late
from ingestion.landing_copy.retention import overdue, prune


@click.group("landing")
def landing() -> None:
    """The payloads kept of every load, from which the warehouse can be rebuilt."""


@landing.command("prune")
@landscape_option
@home_option
@click.option("--dry-run", is_flag=True, help="Show what would go, change nothing.")
def prune_command(landscape: Path | None, home: Path | None, dry_run: bool) -> None:
    """Replace plain payloads older than `retention: {plain: 90d}` of their instance by rows with tokens.

    A rebuild gives the same tables afterwards. Sensitive values are then in the vault and nowhere else.
    """
    with opened_home(landscape, home) as run:
        found = [
            (each.batch.instance, f"{each.batch.known_at:%Y-%m-%d}", each.batch.batch_id, each.size)
            for each in (overdue(run) if dry_run else prune(run))
        ]
    if not found:
        click.echo("No payload is older than its instance allows.")
        return
    click.echo(table(("instance", "day", "batch", "bytes"), found))
    click.echo(f"{len(found):,} batches {'would be' if dry_run else 'were'} replaced by rows with tokens.")


@landing.command("seal")
@landscape_option
@home_option
def seal_command(landscape: Path | None, home: Path | None) -> None:
    """Seal what was kept before CONCORD_LANDING_KEY was set: payloads, journal, events that wait.

    Again changes nothing; a broken-off attempt is finished by the next. What the disk or a backup still holds
    of the plain files is theirs to forget.
    """
    with opened_home(landscape, home) as run:
        found = [(each.place, each.files, each.size) for each in seal_late(run)]
    if not found:
        click.echo("Everything is sealed.")
        return
    click.echo(table(("of", "files", "bytes"), found))
    click.echo(f"{sum(files for _, files, _ in found):,} files were sealed.")
