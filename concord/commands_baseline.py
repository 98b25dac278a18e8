"""`baseline count|set|undo|list`: findings of the first day taken as known, so that what is new shows."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from concord.baseline import Baseline, BaselineError, baselines, open_findings, set_baseline, undo_baseline
from concord.options import home_option, json_option, served_settings
from concord.report import table
from ingestion.settings import Settings
from ingestion.state import StateStore

actor_option = click.option("--actor", required=True, help="Who decides.")
reason_option = click.option("--reason", required=True, help="Why, for whoever asks later.")
code_option = click.option("--code", help="Only findings with this code.")
instance_option = click.option("--instance", help="Only findings on documents of this instance.")


@click.group()
def baseline() -> None:
    """Findings that were open on a day, taken as known: alerts and lists keep them apart from what is new."""


@baseline.command("count")
@code_option
@instance_option
@home_option
@json_option
def count_command(code: str | None, instance: str | None, home: Path | None, as_json: bool) -> None:
    """Count what `baseline set` would take now, by code; decide nothing."""
    with _opened(home) as (settings, _):
        taken = open_findings(settings.serving_dir, code, instance)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in taken], indent=2, default=str))
        return
    if not taken:
        click.echo("Nothing is open that no baseline took before.")
        return
    click.echo(table(("code", "findings", "at risk"), [tuple(asdict(one).values()) for one in taken]))
    total = sum(one.finding_count for one in taken)
    click.echo(
        f"\n{total:,} findings are open and of no baseline: concord baseline set --actor ... --reason ..."
    )


@baseline.command("set")
@code_option
@instance_option
@home_option
@actor_option
@reason_option
def set_command(code: str | None, instance: str | None, home: Path | None, actor: str, reason: str) -> None:
    """Take what is open in the serving copy as known. The next run keeps it apart.

    It stays open, with its owner and amount, and counts in every total and rate. What clears and comes back
    is new.
    """
    with _opened(home) as (settings, state):
        one = set_baseline(
            settings.serving_dir, state,
            code=code, instance=instance, actor=actor, reason=reason, now=_now(),
        )  # fmt: skip
    click.echo(
        f"{one.name}: {one.finding_count:,} findings open on {one.as_of} are the baseline by {one.actor}."
    )
    click.echo("The next `concord run` acts on it.")


@baseline.command("undo")
@click.argument("name")
@home_option
@actor_option
@reason_option
def undo_command(name: str, home: Path | None, actor: str, reason: str) -> None:
    """Let the findings of a baseline count as new again; `baseline list` has its NAME."""
    with _opened(home) as (_, state):
        one = undo_baseline(state, name, actor=actor, reason=reason, now=_now())
    click.echo(f"{one.name} is undone by {one.actor}. The next `concord run` acts on it.")


@baseline.command("list")
@home_option
@json_option
def list_command(home: Path | None, as_json: bool) -> None:
    """List the baselines: of which day, what they took, who said so and why."""
    with _opened(home) as (_, state):
        found = baselines(state)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, default=str))
        return
    if not found:
        click.echo("There is no baseline.")
        return
    header = ("name", "day", "findings", "by", "reason", "status")
    rows = [(one.name, one.as_of, one.finding_count, one.actor, one.reason, _status(one)) for one in found]
    click.echo(table(header, rows))


@contextlib.contextmanager
def _opened(home: Path | None) -> Iterator[tuple[Settings, StateStore]]:
    """The settings and the state store; what makes no sense ends the command with its reason."""
    settings = served_settings(home)
    state = StateStore(settings.state_url)
    try:
        yield settings, state
    except BaselineError as error:
        raise click.UsageError(str(error)) from error
    finally:
        state.close()


def _status(one: Baseline) -> str:
    return "STANDS" if one.is_standing else "UNDONE"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
