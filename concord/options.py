"""Options that several commands share, and the settings made from them."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from ingestion.configuration.landscape import Landscape, LandscapeError, load_landscape
from ingestion.settings import Settings, environment, load_settings
from publishing.serving import DATABASE

ROOT = Path(__file__).parent.parent
DEMO_LANDSCAPE = ROOT / "landscapes" / "demo"
USAGE = 2

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of warehouse, serving copy, state and landing copy. [default: $CONCORD_HOME or .concord]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
at_least_option = click.option(
    "--at-least",
    metavar="N",
    default=1,
    show_default=True,
    help="Plant each fault N times or more, among more suppliers and items; up to 200 in 40,000 lines.",
)
accept_reading_option = click.option(
    "--accept-reading",
    "accepts_reading",
    is_flag=True,
    help="Take today's reading of all landed files although loaded rows change; kept in the audit trail.",
)
landscape_option = click.option(
    "--landscape",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with landscape.yaml and seeds/. [default: $CONCORD_LANDSCAPE]",
)


class DayType(click.ParamType[Any]):
    """A calendar day as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write YYYY-MM-DD", param, ctx)


class MomentType(click.ParamType[Any]):
    """A moment as ISO 8601; without an offset it is UTC."""

    name = "timestamp"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write ISO 8601 such as 2026-06-30T18:00:00Z", param, ctx)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def refresh_options(*, publishes: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of a run, outermost first in `--help`."""
    no_publish = click.option(
        "--no-publish", is_flag=True, help="Send nothing to any target, whatever is allowed."
    )
    common = (
        click.option(
            "--known-at",
            type=MomentType(),
            help="See only what Concord knew then. [default: the start of the run]",
        ),
        click.option(
            "--as-of", type=DayType(), help="Business day to judge by. [default: the landscape's, else today]"
        ),
        home_option,
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (no_publish, *common) if publishes else common:
            command = option(command)
        return command

    return decorate


def make_settings(
    home: Path | None,
    landscape: Path | None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    no_publish: bool = False,
) -> Settings:
    """Settings from options and environment; a usage error when no landscape is named anywhere."""
    settings = load_settings(
        environment(),
        home=home,
        landscape_dir=landscape.resolve() if landscape else None,
        as_of=as_of,
        known_at=known_at,
        publish=not no_publish,
    )
    if settings.landscape_dir is None:
        raise click.UsageError("name a landscape: --landscape DIR, or set CONCORD_LANDSCAPE")
    return settings


def read_landscape(settings: Settings) -> Landscape:
    """The landscape; a complaint ends the command with exit code 2."""
    assert settings.landscape_dir is not None
    try:
        return load_landscape(settings.landscape_dir, environment())
    except LandscapeError as error:
        for complaint in error.complaints:
            click.echo(f"Error: {complaint}", err=True)
        click.echo(f"Next: mend these, then concord check --landscape {settings.landscape_dir}", err=True)
        sys.exit(USAGE)


def served_settings(home: Path | None) -> Settings:
    """Settings of a home that has something to read; a usage error when nothing is served there yet."""
    settings = make_settings(home, DEMO_LANDSCAPE)
    if not (settings.serving_dir / DATABASE).exists():
        raise click.UsageError(f"nothing is served in {settings.home} yet; run `concord demo`")
    return settings
