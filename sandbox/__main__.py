"""`python -m sandbox`: generate a world and serve it, for anyone who wants the systems without Concord."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from sandbox.faults import FAULTS
from sandbox.generate import generate
from sandbox.serve import DEFAULT_PORT, ENDPOINTS_FILE, Sandbox


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """A simulated health system: generate a world with planted faults, then serve it over real wires."""


def _rates(pairs: tuple[str, ...]) -> dict[str, float]:
    try:
        return {code: float(rate) for code, rate in (pair.split("=", 1) for pair in pairs)}
    except ValueError as error:
        raise click.BadParameter("write --rate CODE=NUMBER, for example --rate PRICE_OVER=10") from error


@main.command("generate")
@click.option(
    "--world", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write."
)
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--lines", default=20_000, show_default=True, help="Purchase order lines.")
@click.option("--faults", default="all", show_default=True, help=f"all, none, or of {','.join(FAULTS)}.")
@click.option(
    "--at-least",
    metavar="N",
    default=1,
    show_default=True,
    help="Plant each fault N times or more, among more suppliers and items; up to 200 in 40,000 lines.",
)
@click.option("--rate", "rates", multiple=True, metavar="CODE=N", help="Per 1,000 (UNIT_DRIFT: items).")
def generate_command(
    world: Path, seed: int, lines: int, faults: str, at_least: int, rates: tuple[str, ...]
) -> None:
    """Write a world: truth, each system's files, and the labels of what was planted."""
    began = time.perf_counter()
    try:
        made = generate(seed, lines, faults, _rates(rates), world, at_least=at_least)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for name, count in {**made.counts, **made.labels}.items():
        click.echo(f"{count:>12,}  {name}")
    click.echo(f"{world} as of {made.as_of}, {time.perf_counter() - began:.1f} s")


@main.command("serve")
@click.option(
    "--world", type=click.Path(path_type=Path, exists=True), required=True, help="A generated world."
)
@click.option(
    "--base-port", default=DEFAULT_PORT, show_default=True, help="First of seven ports; 0 = free ones."
)
def serve_command(world: Path, base_port: int) -> None:
    """Serve a world on the loopback interface until interrupted."""
    try:
        sandbox = Sandbox(world, base_port)
    except ValueError as error:
        raise click.UsageError(str(error)) from error

    def announce(endpoints: dict[str, Any]) -> None:
        click.echo(f"serving {world}, chaos at {endpoints['control']['url']}/_control/chaos")
        click.echo(f"where and with which credentials: {world / ENDPOINTS_FILE}")

    try:
        sandbox.serve_forever(announce)
    except OSError as error:
        raise click.ClickException(f"a port from {base_port} on is taken: {error}") from error


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
