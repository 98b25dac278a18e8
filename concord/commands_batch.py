"""`batch list|release`: what the landing gate holds, and a person's word that it may go in after all."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from concord.options import USAGE, home_option, landscape_option, make_settings, read_landscape
from concord.report import table
from dagster_project import lock
from ingestion.pipelines import release_batch
from ingestion.runs import RunContext, start_run


@click.group()
def batch() -> None:
    """What was fetched from a source and is held at the door, such as a snapshot that shrank."""


@batch.command("list")
@landscape_option
@home_option
@click.option("--all", "everything", is_flag=True, help="Accepted batches too.")
def list_command(landscape: Path | None, home: Path | None, everything: bool) -> None:
    """List the batches that wait at the landing gate, with the reason."""
    with opened_home(landscape, home) as run:
        found = [
            each
            for name in run.landscape.instances
            for each in run.state.batches(name, *(() if everything else ("HELD",)))
        ]
    if not found:
        click.echo("Nothing is held.")
        return
    rows = [
        (each.instance, each.batch_id, each.status, len(each.files), " ".join((each.reason, _by(each.actor))))
        for each in found
    ]
    click.echo(table(("instance", "batch", "status", "files", "reason"), rows))
    click.echo("\nconcord batch release INSTANCE BATCH --actor ... --reason ...")


@batch.command("release")
@click.argument("instance")
@click.argument("batch_id")
@click.option("--actor", required=True, help="Who decides; kept in the audit trail.")
@click.option("--reason", required=True, help="Why; kept with the batch.")
@landscape_option
@home_option
def release_command(
    instance: str, batch_id: str, actor: str, reason: str, landscape: Path | None, home: Path | None
) -> None:
    """Let a held batch in as it is; a beginning of its id will do. The next run loads it.

    A snapshot among its files then counts whatever its size: keys it does not have are deleted where the
    resource says so. Their history stays.
    """
    with opened_home(landscape, home) as run:
        try:
            released = release_batch(run, instance, batch_id, actor=actor, reason=reason)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    click.echo(f"{released.instance}/{released.batch_id} is released by {released.actor}: {released.reason}.")
    click.echo("The next `concord run` loads it.")


@contextmanager
def opened_home(landscape: Path | None, home: Path | None) -> Iterator[RunContext]:
    """A context on the home while no run goes on there."""
    settings = make_settings(home, landscape)
    configured = read_landscape(settings)
    try:
        lock.acquire(settings.home)
    except lock.HomeLockedError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(USAGE)
    try:
        run = start_run(settings, configured)
        try:
            yield run
        finally:
            run.state.close()
    finally:
        lock.release(settings.home)


def _by(actor: str) -> str:
    return f"({actor})" if actor else ""
