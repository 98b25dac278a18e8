"""`inbox serve|list`: takes in the events that applications send by webhook, for the next run to land."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from concord.options import home_option, landscape_option, make_settings, read_landscape
from concord.report import table
from ingestion.configuration.landscape import Instance
from ingestion.landing_copy.inbox import LARGEST_BODY, EventRefusedError, Inbox
from ingestion.landing_copy.sealing import PLAIN, Seal
from ingestion.settings import prepare_process

if TYPE_CHECKING:
    from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"


@click.group()
def inbox() -> None:
    """Events that applications send by webhook, kept until the next run lands them."""


@inbox.command("serve")
@landscape_option
@home_option
@click.option("--port", default=8_790, show_default=True, help="Port on 127.0.0.1; your proxy adds TLS.")
def serve(landscape: Path | None, home: Path | None, port: int) -> None:
    """Take in signed events at /events/INSTANCE until interrupted.

    An instance takes events when its connection has a signing_secret. The sender gets 202 only after the
    event is on disk; a wrong signature is 401. Nothing starts by an event: the next run lands it.
    """
    import uvicorn

    settings = make_settings(home, landscape)
    prepare_process(settings)
    instances = _taking(read_landscape(settings).instances)
    if not instances:
        raise click.UsageError("no instance takes events: give one a signing_secret in its connection")
    for name in instances:
        click.echo(f"http://{LOOPBACK}:{port}/events/{name}")
    app = inbox_app(settings.inbox_dir, instances, Seal(settings.landing_key))
    uvicorn.run(app, host=LOOPBACK, port=port, log_level="warning", server_header=False)


@inbox.command("list")
@landscape_option
@home_option
def list_command(landscape: Path | None, home: Path | None) -> None:
    """Count the event bodies that wait for the next run."""
    settings = make_settings(home, landscape)
    rows = [
        (name, len(Inbox(settings.inbox_dir / name).waiting()))
        for name in _taking(read_landscape(settings).instances)
    ]
    click.echo(table(("instance", "waiting"), rows) if rows else "No instance takes events.")


def inbox_app(folder: Path, instances: Mapping[str, Instance], seal: Seal = PLAIN) -> "Starlette":
    """The receiver as an application; `folder` holds an inbox for each instance, its bodies sealed."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def take(request: Request) -> Response:
        instance = instances.get(request.path_params["instance"])
        if instance is None:
            return PlainTextResponse("no such instance takes events\n", 404)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                break
        try:
            count = Inbox(folder / instance.name, seal).accept(
                instance, dict(request.headers), body, datetime.now(UTC)
            )
        except EventRefusedError as refusal:
            return PlainTextResponse(f"{refusal}\n", refusal.status)
        return PlainTextResponse(f"{count} taken\n", 202)

    return Starlette(routes=[Route("/events/{instance}", take, methods=["POST"])])


def _taking(instances: Mapping[str, Instance]) -> dict[str, Instance]:
    return {
        name: instance
        for name, instance in instances.items()
        if instance.spec.events and instance.connection.get("signing_secret")
    }
