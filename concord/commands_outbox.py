"""`outbox list|show|retry|cancel`: what is on its way to the targets, what waits, for whom and since when."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from concord.options import DEMO_LANDSCAPE, home_option, make_settings
from concord.report import table
from ingestion.state import StateStore
from publishing import outbox as operations
from publishing.messages import State
from publishing.outbox import OPEN, OutboxError, OutboxMessage

_KEY_HELP = "KEY is the beginning of the message's key as `outbox list` shows it, or the document's name."


@click.group()
def outbox() -> None:
    """Messages to the target systems: what went, what waits, and a person's word on it.

    \b
    States:
      READY, GATED   goes with the next run
      WITHHELD       failed the posting suite, or waits for its parent
      SENT, UNKNOWN  may be at the target: the next run asks it before anything is sent
      ACKED          the target has it and has not acknowledged it yet
      CONFIRMED      the target has it
      REJECTED       the target refused it: waits for its owner until its content changes, or `retry`
      CONFLICT       the target holds something else under its key: a person decides
      DEAD           superseded, no longer wanted, or canceled
    """


@outbox.command("list")
@home_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State], case_sensitive=False),
    help="Only these states (may be given several times). [default: all that are not finished]",
)
@click.option("--target", help="Only this target instance.")
@click.option("--entity", help="Only this entity, such as accrual_journal.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many messages."
)
def list_command(
    home: Path | None, states: tuple[str, ...], target: str | None, entity: str | None, limit: int
) -> None:
    """List messages that are not finished, oldest first, and count all by state."""
    with _opened(home) as store:
        streams = operations.count_by_state(store)
        known = sorted({f"{stream.target} {stream.entity}" for stream in streams})
        chosen = {
            stream: counts
            for stream, counts in streams.items()
            if stream.target == (target or stream.target) and stream.entity == (entity or stream.entity)
        }
        if known and not chosen:
            raise click.UsageError(f"nothing was ever sent there; there are {', '.join(known)}")
        for stream, counts in chosen.items():
            words = ", ".join(f"{count:,} {state.value.lower()}" for state, count in counts.items())
            click.echo(f"{stream}: {words}")
        wanted = [State(state) for state in states] or OPEN
        messages = operations.list_messages(store, _now(), target=target, entity=entity, states=wanted)
    if not messages:
        click.echo("Nothing waits." if not states else "No message is in such a state.")
        return
    rows = [
        (each.short_key, f"{each.target} {each.entity}", each.business_key, each.state.value, _age(each.age),
         each.reason)
        for each in messages[:limit]
    ]  # fmt: skip
    click.echo(table(("key", "to", "document", "state", "age", "reason"), rows))
    if len(messages) > limit:
        click.echo(f"... and {len(messages) - limit:,} more (--limit)")


@outbox.command("show", epilog=_KEY_HELP)
@click.argument("key")
@home_option
def show_command(key: str, home: Path | None) -> None:
    """Show one message: what it says, every step it took, and what the target answered.

    Sensitive values appear as tokens; only the target ever gets them in plain.
    """
    with _opened(home) as store:
        _print(operations.show(store, key, _now()))


def _act(name: str, help_text: str) -> Callable[[Callable[..., OutboxMessage]], click.Command]:
    def make(act: Callable[..., OutboxMessage]) -> click.Command:
        @outbox.command(name, help=help_text, epilog=_KEY_HELP)
        @click.argument("key")
        @click.option("--actor", required=True, help="Who decides; kept in the audit trail.")
        @click.option("--reason", required=True, help="Why; kept with the message.")
        @home_option
        def command(key: str, actor: str, reason: str, home: Path | None) -> None:
            with _opened(home) as store:
                message = act(store, key, actor=actor, reason=reason, now=_now())
            line = message.line
            click.echo(f"{line.short_key} {line.entity} {line.business_key} is now {line.state.value}.")

        return command

    return make


retry_command = _act(
    "retry",
    "Send a REJECTED, CONFLICT or DEAD message round again, after its cause is mended.\n\nThe next run plans"
    " it like any other: it goes only if its content is still wanted and passes the gate.",
)(operations.retry)
cancel_command = _act(
    "cancel",
    "End a waiting message: it is not sent until its content changes or somebody retries it.\n\nRefused while"
    " the message is in flight (SENT, ACKED, UNKNOWN): it may already stand in the target's books.",
)(operations.cancel)


@contextmanager
def _opened(home: Path | None) -> Iterator[StateStore]:
    """The state store of a home; what cannot be done ends the command with its reason."""
    store = StateStore(make_settings(home, DEMO_LANDSCAPE).state_url)
    try:
        yield store
    except OutboxError as error:
        raise click.ClickException(str(error)) from None
    finally:
        store.close()


def _print(message: OutboxMessage) -> None:
    line = message.line
    facts: list[tuple[str, Any]] = [
        ("document", line.business_key),
        ("to", f"{line.target} {line.entity}"),
        ("state", f"{line.state.value} since {_moment(message.changed_at)}, {line.attempts} attempts"),
        ("reason", line.reason),
        ("reference", line.reference),
        ("answer", message.answer),
        ("depends on", message.depends_on),
        ("canceled by", message.canceled_by),
        ("first ready", f"{_moment(message.first_ready_at)} ({_age(line.age)} ago)"),
        ("key", line.idempotency_key),
        ("posting key", f"{message.posting_key}, occurrence {line.occurrence}"),
        ("correlation", message.correlation_id),
    ]
    for name, value in facts:
        if value:
            click.echo(f"{name + ':':13} {value}")
    click.echo("payload:")
    for text in json.dumps(message.payload, indent=2, sort_keys=True).splitlines():
        click.echo(f"  {text}")
    rows = [
        (_moment(step.at), step.state.value, step.actor, step.run_id[:8], step.detail)
        for step in message.history
    ]
    click.echo(table(("at (UTC)", "state", "actor", "run", "detail"), rows))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"
