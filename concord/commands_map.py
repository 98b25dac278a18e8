"""`map`: a proposal how an unknown extract enters, as files for a landscape and a report to read."""

import re
from pathlib import Path

import click

from concord.proposal import files_of
from ingestion.formats.text_files import FileRefusedError
from ingestion.onboarding.mapping import propose
from ingestion.onboarding.sampling import read_sample
from ingestion.registry import SYSTEMS


@click.command("map")
@click.argument("sample", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--entity", required=True, help="What a row is, such as receipt_line (see docs of the feed).")
@click.option("--name", default="extract", show_default=True, help="Name of the new instance.")
@click.option("--sheet", default="", help="The sheet of a workbook.  [default: the first]")
@click.option("--records", default="", help="Where a JSON document keeps its list, such as Report_Entry.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the proposal here.")
def map_command(sample: Path, entity: str, name: str, sheet: str, records: str, out: Path | None) -> None:
    """Propose how SAMPLE, an extract nobody described yet, becomes rows of a canonical entity.

    Reads CSV (also .gz), spreadsheets, Parquet and JSON, and finds encoding, delimiter, header and list.
    Prints the report and the landscape entry; --out writes them with a staging model to edit and the contract
    of the extract. The report has every column with confidence and reason, what could not be mapped in both
    directions, what to look at before it is trusted, and what to do next.
    """
    feed = SYSTEMS["feed"]
    known = [table.name for table in feed.tables]
    if entity not in known:
        raise click.UsageError(f"no entity {entity!r}; there are {', '.join(known)}")
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or "__" in name:
        raise click.UsageError(f"{name!r} is no instance name; use lower case letters, digits and single _")
    try:
        read = read_sample(sample, sheet=sheet, records=records)
    except FileRefusedError as error:
        raise click.UsageError(str(error)) from None
    files = files_of(propose(feed.table(entity), read.columns), read, name, sample.name)
    if out is None:
        click.echo(f"{files[f'{name}.md']}\n{files[f'{name}.yaml']}", nl=False)
        return
    for path in files:
        if (out / path).exists():
            raise click.UsageError(f"{out / path} is there already; move it away first")
    for path, text in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")
        click.echo(f"wrote {out / path}")
    click.echo(f"Next: read {out / name}.md; it ends with what to do.")
