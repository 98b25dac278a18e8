"""`sandbox serve|env` and `score`: the simulated health system on its own, and what was found of it."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from concord.options import DEMO_LANDSCAPE, at_least_option, home_option, make_settings
from concord.report import Progress, print_score
from concord.signals import until_interrupted
from concord.worlds import WorldRequest, current_world, ensure_world, served_variables, write_score
from sandbox.serve import DEFAULT_PORT, Sandbox
from sandbox.servers import webhooks


@click.group()
def sandbox() -> None:
    """The simulated health system (fictional)."""


@sandbox.command("serve")
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated health system.")
@click.option("--lines", default=20_000, show_default=True, help="PO lines to simulate.")
@click.option("--faults", default="all", show_default=True, help="Faults to plant: all, none or CODE,CODE.")
@at_least_option
@click.option(
    "--base-port", default=DEFAULT_PORT, show_default=True, help="First of its ports; 0 = free ones."
)
@home_option
def serve(seed: int, lines: int, faults: str, at_least: int, base_port: int, home: Path | None) -> None:
    """Serve it on 127.0.0.1 until interrupted, and print the variables that connect a landscape to it."""
    settings = make_settings(home, DEMO_LANDSCAPE)
    world = ensure_world(settings, WorldRequest(seed, lines, faults, at_least), Progress())
    server = Sandbox(world, base_port)
    try:
        server.start()
        _print_variables(server.endpoints["environment"])
        click.echo("# serving; Ctrl-C ends it", err=True)
        until_interrupted()
    finally:
        server.stop()


@sandbox.command("env")
@home_option
def env(home: Path | None) -> None:
    """Print the variables of the sandbox that is up: eval "$(concord sandbox env)"."""
    _print_variables(served_variables(make_settings(home, DEMO_LANDSCAPE).home))


@sandbox.command("events")
@click.option("--to", "receiver", default="http://127.0.0.1:8790", show_default=True, help="The inbox.")
@click.option("--count", default=200, show_default=True, help="Events of each application, the newest.")
@home_option
def events(receiver: str, count: int, home: Path | None) -> None:
    """Send the newest events of the sandbox that is up to `concord inbox serve`, as networks deliver them."""
    settings = make_settings(home, DEMO_LANDSCAPE)
    world, variables = current_world(settings.home), served_variables(settings.home)
    orders, invoices = webhooks.procurement_events(world)[-count:], webhooks.apauto_events(world)[-count:]
    told = {
        "procurement": [
            webhooks.procurement_delivery(event, variables["CONCORD_PROCUREMENT_SIGNING_SECRET"])
            for event in webhooks.as_networks_deliver(orders, 1, repeated=0.05, lost=0.02)
        ],
        "apauto": [
            webhooks.apauto_delivery([event], variables["CONCORD_APAUTO_SIGNING_SECRET"])
            for event in webhooks.as_networks_deliver(invoices, 2, repeated=0.05, lost=0.02)
        ],
    }
    for name, deliveries in told.items():
        statuses = webhooks.send(f"{receiver.rstrip('/')}/events/{name}", deliveries)
        click.echo(f"{name}: {statuses.count(202)} of {len(statuses)} taken")


def _print_variables(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print score.json instead of a table.")
def score(home: Path | None, as_json: bool) -> None:
    """Compare the findings of the last demo with what was planted, per fault."""
    settings = make_settings(home, DEMO_LANDSCAPE)
    result = write_score(settings, current_world(settings.home))
    if as_json:
        click.echo(json.dumps(result, indent=2, default=str))
    else:
        print_score(result)
