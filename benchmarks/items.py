"""How many item lines find their item in another list, by the product's own ladder of numbers.

Reads published lists that are not part of the project. `gudid_devices` are one feed instance, and another one
has lines made from some of them, damaged as item lists are: numbers with other punctuation, lost or added
zeros, tags, a distributor's letters, glued units, swapped digits, spreadsheet damage, shortened companies;
the truth is the device a line was made from. All runs through landing and the shipped models. Call:
`python -m benchmarks.items FOLDER`, the list below it.
"""

import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import duckdb
import pyarrow as pa
import pyarrow.parquet

from dagster_project.manifest import dbt, prepare
from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.runs import start_run
from ingestion.settings import load_settings

HEAD = """\
name: bench
environment: test
currency: USD
timezone: UTC
as_of: 2026-06-30
instances:
"""
DEVICE_LISTS = """\
  makers:
    system: feed
    connection: {folder: makers}
    columns:
      item_package:
        item_id: {headers: [primary_di]}
        gtin: {headers: [deviceId]}
        identifier_type: {headers: [deviceIdType]}
        contained_gtin: {headers: [containsDINumber]}
        contained_quantity: {headers: [pkgQuantity]}
  hospital:
    system: feed
    connection: {folder: hospital}
"""
# The number a maker prints: that of the catalogue, else that of the version.
DEVICES = """
    select
        primary_di as item_id, primary_di as gtin, coalesce(deviceDescription, brandName) as description,
        companyName as manufacturer_name, 'EA' as base_uom_code,
        coalesce(catalogNumber, versionModelNumber) as manufacturer_part_number
    from read_parquet('{folder}/device.parquet')
    order by primary_di
"""
LINKS = """
    select lines.native_id, makers.native_id
    from identity.xref_item as lines
    inner join identity.xref_item as makers
        on lines.item_key = makers.item_key and makers.source_instance = 'makers'
    where lines.source_instance = 'hospital'
"""
# A line that something was found for and that is joined with nothing, and whether a person is asked about it.
UNDECIDED = """
    select
        records.native_id, bool_or(candidates.link_status = 'AMBIGUOUS'),
        bool_or(asked.item_key is not null)
    from identity.int_item__candidate as candidates
    inner join identity.int_item__record as records on candidates.left_key = records.record_key
    inner join identity.xref_item as links
        on records.source_instance = links.source_instance and records.native_id = links.native_id
    left join identity.xref_item_candidate as asked
        on links.item_key in (asked.item_key, asked.other_item_key)
    where
        records.source_instance = 'hospital'
        and links.item_key not in (select item_key from identity.xref_item where source_instance = 'makers')
    group by records.native_id
"""
# What lists are compared by without the ladder; the company fits when its first words are equal.
BASELINES: Mapping[str, str] = {
    "number as written, and company": """
        lines.manufacturer_part_number = devices.manufacturer_part_number
        and split_part(upper(lines.manufacturer_name), ' ', 1)
        = split_part(upper(devices.manufacturer_name), ' ', 1)
    """,
    "identifier as written": "lines.gtin = devices.gtin",
}
Found = dict[str, str]


def _drawn(
    draw: random.Random, changes: Sequence[tuple[float, Callable[[str], str | None]]], text: str
) -> str | None:
    """The text after the change that the draw falls on; what is left of one keeps the text."""
    at = draw.random()
    for share, change in changes:
        if at < share:
            return change(text)
        at -= share
    return text


def damaged_line(draw: random.Random, device: Mapping[str, str], number: int) -> dict[str, str | None]:
    """A hospital's line for a device; the shares are assumed, not observed."""

    def swapped(text: str) -> str:
        at = draw.randrange(max(len(text) - 1, 1))
        return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]

    def mistyped(text: str) -> str:
        at = draw.randrange(2, 12)
        return (
            text[:at] + (str((int(text[at]) + 1) % 10) if text[at].isdigit() else text[at]) + text[at + 1 :]
        )

    part = _drawn(
        draw,
        [
            (0.25, lambda text: re.sub(r"\W|_", "", text)),
            (0.10, lambda text: f"{text[:3]}-{text[3:]}" if len(text) > 5 else text),
            (0.10, lambda text: text.lstrip("0") or text),
            (0.05, lambda text: f"00{text}"),
            (0.06, lambda text: draw.choice(("REF ", "CAT ", "#", "MFR ")) + text),
            (0.06, lambda text: draw.choice(("ABC", "MED", "OWN")) + text),
            (0.04, lambda text: text + draw.choice(("/BX", "-CS", " EA"))),
            (0.04, swapped),
            (0.06, lambda text: None),
        ],
        device["manufacturer_part_number"],
    )
    identifier = _drawn(
        draw,
        [
            (0.45, lambda text: None),
            (0.05, lambda text: text.lstrip("0")[-13:] if text.startswith("0") and text.isdigit() else text),
            (0.03, mistyped),
            (0.03, lambda text: f"{float(text):.5E}" if text.isdigit() else text),
        ],
        device["gtin"],
    )
    company = device["manufacturer_name"]
    if draw.random() < 0.5:
        words = re.sub(r"[^A-Z0-9 ]", "", company.upper()).split()
        company = " ".join(words[: draw.choice((1, 2, 2, 3))])
    return {
        "item_id": f"L{number:06d}",
        "gtin": identifier,
        "description": device["description"],
        "manufacturer_name": company,
        "manufacturer_part_number": part,
        "base_uom_code": "EA",
    }


@contextmanager
def built(instances: str, tables: Mapping[str, pa.Table | Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with all crosswalks of items, from feed files by their path in the landscape."""
    with tempfile.TemporaryDirectory() as place:
        landscape = Path(place) / "landscape"
        landscape.mkdir()
        (landscape / "landscape.yaml").write_text(HEAD + instances, encoding="utf-8")
        for name, table in tables.items():
            path = landscape / name
            path.parent.mkdir(exist_ok=True)
            if isinstance(table, Path):
                path.symlink_to(table.resolve())
            else:
                pyarrow.parquet.write_table(table, path)
        settings = load_settings({}, home=Path(place) / "home", landscape_dir=landscape)
        run = start_run(settings, load_landscape(landscape, {}))
        for name in run.landscape.instances:
            pipelines.land(run, name)
            for batch in pipelines.pending_batches(run, name):
                pipelines.accept_batch(run, batch)
        pipelines.load_system(run, "feed")
        pipelines.load_landscape(run)
        run.state.close()
        prepare(settings)
        kinds = ("--resource-type", "seed", "--resource-type", "model")
        dbt(settings, "build", "--select", "+xref_item_candidate", *kinds)
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            yield connection


def _row(title: str, found: Found, truth: Mapping[str, str]) -> str:
    right = sum(truth[line] == device for line, device in found.items())
    precision = right / len(found) if found else 1.0
    return f"| {title} | {len(found) / len(truth):.3f} | {precision:.4f} |"


def devices(folder: Path, lines: int, seed: int) -> None:
    """Found and precision of the ladder beside numbers as they are written, and what is left to people."""
    draw = random.Random(seed)
    table = duckdb.sql(DEVICES.format(folder=folder)).to_arrow_table()
    drawn = draw.sample(table.to_pylist(), min(lines, table.num_rows))
    made = [damaged_line(draw, device, number) for number, device in enumerate(drawn)]
    truth = {str(line["item_id"]): device["item_id"] for line, device in zip(made, drawn, strict=True)}
    tables = {
        "makers/item.parquet": table,
        "makers/item_package.parquet": folder / "identifier.parquet",
        "hospital/item.parquet": pa.Table.from_pylist(made),
    }
    with built(DEVICE_LISTS, tables) as connection:
        click.echo(f"\n{table.num_rows:,} devices, {len(made):,} lines, seed {seed}\n")
        click.echo("| compared by | found | precision |\n|---|---|---|")
        for title, condition in BASELINES.items():
            click.echo(_row(title, _alone(connection, condition), truth))
        click.echo(_row("ladder", dict(connection.sql(LINKS).fetchall()), truth))
        undecided = connection.sql(UNDECIDED).fetchall()
    several = [is_asked for _, is_ambiguous, is_asked in undecided if is_ambiguous]
    click.echo(
        f"\nSeveral devices found for {len(several) / len(truth):.3f} of the lines, in review"
        f" {sum(several)} of {len(several)}; anything found and not joined: {len(undecided)}, in review"
        f" {sum(is_asked for _, _, is_asked in undecided)}."
    )


def _alone(connection: duckdb.DuckDBPyConnection, condition: str) -> Found:
    """The device of a line where the condition holds for one device only."""
    rows = connection.sql(
        f"""
        select lines.native_id, min(devices.native_id)
        from canonical.can_item as lines
        inner join canonical.can_item as devices on {condition}
        where lines.source_instance = 'hospital' and devices.source_instance = 'makers'
        group by lines.native_id having count(*) = 1
        """
    ).fetchall()
    return dict(rows)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--lines", default=10_000, show_default=True, help="Lines of the hospital.")
@click.option("--seed", default=21, show_default=True, help="What is drawn and how it is damaged.")
def main(folder: Path, lines: int, seed: int) -> None:
    """Items found again by number, beside simpler ways."""
    devices(folder / "gudid_devices", lines, seed)


if __name__ == "__main__":
    main()
