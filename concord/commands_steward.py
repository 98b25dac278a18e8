"""`steward queue|show|decide|unmerge|override`: the questions only a person can answer, and their answers."""

import contextlib
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from concord.options import home_option, json_option, served_settings
from concord.report import WIDTH, fields, table
from concord.stewardship import (
    MATCH,
    OVERRIDABLE,
    StewardError,
    Task,
    decide,
    override,
    queue,
    show,
    unmerge,
)
from ingestion.settings import Settings
from ingestion.state import StateStore
from matching.evidence import Evidence
from matching.waterfall import waterfall

ID_LENGTH = 8
VALUE = 24
TAKES_EFFECT = "It is data: the next `concord run` acts on it, and a later decision may replace it."


@click.group()
def steward() -> None:
    """Questions that need a person, such as a unit correction or two suppliers that may be one."""


@steward.command("queue")
@home_option
@json_option
@click.option("--all", "everything", is_flag=True, help="Decided tasks too.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many tasks."
)
def queue_command(home: Path | None, as_json: bool, everything: bool, limit: int) -> None:
    """List the tasks that wait for a decision, the largest amount first."""
    with _opened(home) as (settings, state):
        tasks = queue(settings.serving_dir, state, include_decided=everything)
    if as_json:
        click.echo(json.dumps([asdict(task) for task in tasks], indent=2, default=str))
        return
    if not tasks:
        click.echo("Nothing waits for a decision.")
        return
    click.echo(_listed(tasks[:limit], with_decision=everything))
    if len(tasks) > limit:
        click.echo(f"... and {len(tasks) - limit:,} more (--limit)")
    click.echo("\nconcord steward show ID; concord steward decide ID --decision ... --actor ... --reason ...")


@steward.command("show")
@click.argument("task_id")
@home_option
@json_option
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw what speaks for two suppliers being one as an HTML page of its own.",
)
def show_command(task_id: str, home: Path | None, as_json: bool, page: Path | None) -> None:
    """Show one task: the question, its evidence and what is proposed. A beginning of the id will do."""
    with _opened(home) as (settings, state):
        task = show(settings.serving_dir, state, task_id)
    if page:
        if task.match is None:
            raise click.UsageError(
                f"task {task.task_id[:ID_LENGTH]} does not come from a comparison of suppliers"
            )
        page.write_text(waterfall(task.match), encoding="utf-8")
    click.echo(json.dumps(asdict(task), indent=2, default=str) if as_json else _words(task))


@steward.command("decide")
@click.argument("task_id")
@home_option
@click.option("--decision", required=True, help="One of the decisions that `steward show` lists.")
@click.option("--actor", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why, for whoever asks later.")
def decide_command(task_id: str, home: Path | None, decision: str, actor: str, reason: str) -> None:
    """Record a decision with its actor and reason; the next run acts on it."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with _opened(home) as (settings, state):
        task = decide(
            settings.serving_dir, state, task_id, decision=decision, actor=actor, reason=reason, now=now
        )
    assert task.decision is not None
    click.echo(
        f"{task.task_id[:ID_LENGTH]}  {task.title}: {task.decision.decision} by {task.decision.actor}."
    )
    click.echo(TAKES_EFFECT)


@steward.command("unmerge")
@click.argument("one")
@click.argument("other")
@home_option
@click.option("--actor", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why, for whoever asks later.")
def unmerge_command(one: str, other: str, home: Path | None, actor: str, reason: str) -> None:
    """Part two supplier records that are held for one; name each as 'instance|native id'."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with _opened(home) as (settings, state):
        unmerge(settings.serving_dir, state, one, other, actor=actor, reason=reason, now=now)
    click.echo(f"{one} and {other}: DISTINCT by {actor}.")
    click.echo(TAKES_EFFECT)


@steward.command("override")
@click.argument("record")
@click.argument("attribute", type=click.Choice(OVERRIDABLE))
@click.argument("value", required=False)
@home_option
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day it holds. [default: no end]")
@click.option("--actor", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why, for whoever asks later.")
def override_command(
    record: str,
    attribute: str,
    value: str | None,
    home: Path | None,
    until: datetime | None,
    actor: str,
    reason: str,
) -> None:
    """State a value of a supplier over what all systems say; name one of its records as 'instance|native id'.

    Without VALUE an override that stands is released.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    last = until.date() if until else None
    with _opened(home) as (settings, state):
        override(
            settings.serving_dir, state, record, attribute, value,
            until=last, actor=actor, reason=reason, now=now,
        )  # fmt: skip
    click.echo(f"{attribute} of {record}: {value or 'released'} by {actor}.")
    click.echo(TAKES_EFFECT)


@contextlib.contextmanager
def _opened(home: Path | None) -> Iterator[tuple[Settings, StateStore]]:
    """The settings and the state store; what makes no sense ends the command with its reason."""
    settings = served_settings(home)
    state = StateStore(settings.state_url)
    try:
        yield settings, state
    except StewardError as error:
        raise click.UsageError(str(error)) from error
    finally:
        state.close()


def _listed(tasks: Sequence[Task], *, with_decision: bool) -> str:
    """The tasks as a table; a title, which says its type too, gets what the other columns leave of a line."""

    def row(task: Task, title: str) -> tuple[Any, ...]:
        return (
            task.task_id[:ID_LENGTH],
            title,
            "" if task.age_days is None else f"{task.age_days} d",
            task.amount_at_risk,
            task.owner_role,
            *([task.decision.decision if task.decision else "OPEN"] if with_decision else []),
        )

    header = ("id", "title", "age", "amount", "owner", *(["decision"] if with_decision else []))
    bare = table(header, [row(task, "") for task in tasks])
    room = WIDTH - max(map(len, bare.splitlines())) + len("title")
    titles = [textwrap.shorten(task.title, room, placeholder=" ...") for task in tasks]
    return table(header, [row(task, title) for task, title in zip(tasks, titles, strict=True)])


def _words(task: Task) -> str:
    lines = [
        f"{task.task_id}  {task.task_type}",
        task.title,
        fields({"subject": task.subject_key, "owner": task.owner_role, "at risk": task.amount_at_risk}),
        "Evidence",
        fields({name: value for name, value in task.evidence.items() if name != MATCH}),
        *([_weighed(task.match)] if task.match else []),
        "Proposal",
        fields(task.proposal),
        f"Allowed  {', '.join(task.allowed_decisions)}",
    ]
    if task.decision:
        effect = "in effect" if task.is_in_effect else "takes effect with the next run"
        lines += [
            f"Decided  {task.decision.decision} by {task.decision.actor} on "
            f"{task.decision.decided_at:%Y-%m-%d %H:%M} UTC ({effect})",
            f"         {task.decision.reason}",
        ]
    return "\n".join(lines)


def _weighed(match: Evidence) -> str:
    """The comparisons that say something, as they add up; `--page` draws them."""
    told = [part for part in match.contributions if part.weight]
    rows: list[tuple[str | None, ...]] = [("prior", "", f"{match.prior_weight:+.1f}", "", "")]
    rows += [(part.comparison, part.level, f"{part.weight:+.1f}", part.left, part.right) for part in told]
    rows += [("weight", match.band, f"{match.weight:+.1f}", "", "")]
    cut = [
        (*row[:3], *(textwrap.shorten(text or "", VALUE, placeholder="...") for text in row[3:]))
        for row in rows
    ]
    return table(("comparison", "finding", "bits", "one", "other"), cut)
