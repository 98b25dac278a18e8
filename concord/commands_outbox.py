"""`outbox list`: what is on its way to the targets, what waits, for whom and since when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from concord.options import DEMO_LANDSCAPE, home_option, make_settings
from concord.report import table
from ingestion.state import StateStore
from publishing.messages import State
from publishing.outbox import OPEN, count_by_state, list_messages


@click.group()
def outbox() -> None:
    """Messages to the target systems."""


@outbox.command("list")
@home_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only these states.",
)
@click.option("--limit", default=50, show_default=True, help="At most so many messages.")
def list_command(home: Path | None, states: tuple[str, ...], limit: int) -> None:
    """List messages that are not finished, oldest first, and count all by state."""
    settings = make_settings(home, DEMO_LANDSCAPE)
    store = StateStore(settings.state_url)
    for stream, counts in count_by_state(store).items():
        words = ", ".join(f"{count:,} {state.value.lower()}" for state, count in counts.items())
        click.echo(f"{stream}: {words}")
    wanted = [State(state) for state in states] or OPEN
    messages = list_messages(store, datetime.now(UTC).replace(tzinfo=None), states=wanted)
    if not messages:
        click.echo("Nothing waits.")
        return
    rows = [
        (message.target, message.business_key, message.state.value, _age(message.age), message.reason)
        for message in messages[:limit]
    ]
    click.echo(table(("target", "document", "state", "age", "reason"), rows))
    if len(messages) > limit:
        click.echo(f"... and {len(messages) - limit:,} more (--limit)")


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"
