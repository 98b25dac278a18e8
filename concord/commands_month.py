"""`month`: six extracts in, the account of goods received and not invoiced explained."""

import sys
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from concord.commands_run import refresh_once
from concord.month import MonthError, read_month, write_landscape
from concord.options import make_settings, refresh_options


def _zone(_: click.Context, __: click.Parameter, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"{name!r} is no timezone such as America/Chicago") from None


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--timezone", default="America/Chicago", show_default=True, callback=_zone, help="Where the hospital is."
)
@refresh_options(publishes=False)
def month(
    folder: Path, timezone: ZoneInfo, home: Path | None, as_of: date | None, known_at: datetime | None
) -> None:
    """Explain a month from the extracts in FOLDER: its GRNI to the cent, and the bills that are wrong.

    FOLDER has suppliers.csv, items.csv, purchase_orders.csv, receipts.csv, invoices.csv and ledger.csv, and
    contracts.csv where prices are contracted; one row a line, with the columns of docs/month.md. Parameters
    (tolerances, the account) may stand in FOLDER/seeds. Judged as of the last day of the ledger unless
    --as-of says another. Nothing is sent; the same extracts again change nothing.
    """
    try:
        found = read_month(folder, timezone)
        day = as_of or found.last_day
        settings = make_settings(home, folder, day, known_at, no_publish=True)
        landscape = settings.home / "month"
        settings.home.mkdir(parents=True, exist_ok=True)
        write_landscape(found, folder / "seeds", timezone, landscape)
    except MonthError as error:
        raise click.UsageError(str(error)) from None
    for name, columns in found.unused.items():
        click.echo(f"  {name}: not used: {', '.join(columns)}", err=True)
    sys.exit(refresh_once(make_settings(home, landscape, day, known_at, no_publish=True)))
