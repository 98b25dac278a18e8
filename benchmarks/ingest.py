"""Ingest of one large file, against raw DuckDB reading the same file and against dlt's defaults, in one run.

Each case is a process of its own that measures its work without its imports: processor seconds, clock, and
the most memory it held. Call: `python -m benchmarks.ingest --lines 100000`.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb

from ingestion.settings import child_environment, environment, load_settings

ROOT = Path(__file__).parent.parent
TABLE = "invoice_line"
LANDSCAPE = """\
name: bench
environment: test
currency: USD
timezone: UTC
as_of: 2026-06-30
token_key: ${{BENCH_KEY}}
instances:
  erp:
    system: feed
    connection: {{folder: {folder}}}
"""
KEYS = {"BENCH_KEY": "bench"}
# Nine columns as a ledger sends them; every value follows from the row's number.
ROWS = """
    select
        'IL' || n as invoice_line_id, 'I' || (n // 4) as invoice_id, n % 4 + 1 as line_number,
        'GOODS' as charge_class, 'PO' || (n // 5) as po_number, 'IT' || (n * 7919 % 20000) as item_id,
        cast(n % 90 + 1 as decimal(18, 6)) as quantity,
        cast((n * 31 % 99991) / 100 as decimal(18, 6)) as unit_price,
        cast((n * 17 % 9999991) / 100 as decimal(18, 2)) as line_amount
    from range({lines}) as numbers (n)
"""
CSV, PARQUET = f"{TABLE}.csv", f"{TABLE}.parquet"


@dataclass(frozen=True)
class Cost:
    """What one process needed for the work itself; `peak` is its resident memory with imports."""

    cpu: float
    wall: float
    peak: int


def raw_duckdb(folder: Path, name: str) -> Callable[[], int]:
    """The file into a table of a database file, as text columns become types by themselves."""
    reader = "read_csv" if name.endswith(".csv") else "read_parquet"

    def work() -> int:
        with duckdb.connect(str(folder / "raw.duckdb")) as connection:
            connection.execute(f"create table {TABLE} as select * from {reader}('{folder / 'in' / name}')")
            [(count,)] = connection.execute(f"select count(*) from {TABLE}").fetchall()
        return int(count)

    return work


def concord(folder: Path, name: str) -> Callable[[], int]:
    """Landed, checked against the contract, compared with what is known, loaded as versions."""
    from ingestion import pipelines
    from ingestion.configuration.landscape import load_landscape
    from ingestion.runs import start_run

    drop = folder / "drop"
    drop.mkdir()
    (drop / name).hardlink_to(folder / "in" / name)
    (folder / "landscape.yaml").write_text(LANDSCAPE.format(folder=drop))

    def work() -> int:
        run = start_run(load_settings({}, home=folder / "home"), load_landscape(folder, KEYS))
        pipelines.land(run, "erp")
        for batch in pipelines.pending_batches(run, "erp"):
            pipelines.accept_batch(run, batch)
        return pipelines.load_system(run, "feed").new_version_rows

    return work


def dlt_defaults(folder: Path, name: str) -> Callable[[], int]:
    """Rows as dicts into dlt, with Parquet as loader format: its own default format needs gigabytes."""
    import dlt
    import pyarrow.csv
    import pyarrow.parquet

    path = folder / "in" / name
    read = pyarrow.csv.read_csv if name.endswith(".csv") else pyarrow.parquet.read_table

    def work() -> int:
        pipeline = dlt.pipeline(
            pipeline_name="bench",
            destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
            dataset_name="bench",
            pipelines_dir=str(folder / "dlt"),
        )
        table = read(path)
        pipeline.run(table.to_pylist(), table_name=TABLE, loader_file_format="parquet").raise_on_failed_jobs()
        return int(table.num_rows)

    return work


CASES: Mapping[str, Callable[[Path, str], Callable[[], int]]] = {
    "raw DuckDB": raw_duckdb,
    "Concord": concord,
    "dlt, dicts": dlt_defaults,
}


@click.command()
@click.option("--lines", default=100_000, show_default=True, help="Rows of the file.")
@click.option("--rounds", default=3, show_default=True, help="Of each case; the medians are shown.")
@click.option("--skip", multiple=True, type=click.Choice(tuple(CASES)[1:]), help="A case to leave out.")
@click.option("--case", "one", type=click.Choice(tuple(CASES)), hidden=True)
@click.option("--file", "name", type=click.Choice((CSV, PARQUET)), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(
    lines: int, rounds: int, skip: tuple[str, ...], one: str | None, name: str | None, folder: Path | None
) -> None:
    """Processor seconds, clock and memory per case and file kind, and their ratios to raw DuckDB."""
    if one and name and folder:
        work_once(CASES[one](folder, name), lines)
        return
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "in"
        source.mkdir()
        with duckdb.connect() as connection:
            query = ROWS.format(lines=lines)
            connection.execute(f"copy ({query}) to '{source / CSV}' (header)")
            connection.execute(f"copy ({query}) to '{source / PARQUET}' (format parquet)")
        load = os.getloadavg()[0]
        click.echo(f"{lines:,} lines, medians of {rounds}, {os.cpu_count()} cores, load {load:.1f}\n")
        click.echo("| case | CPU s | wall s | peak MiB | x raw (CPU) |\n|---|---|---|---|---|")
        for kind in (CSV, PARQUET):
            base = 0.0
            for case in (case for case in CASES if case not in skip):
                command = command_of(case, kind, lines)
                middle = median([measured(Path(place), *command) for _ in range(rounds)])
                base = base or middle.cpu
                suffix, peak = Path(kind).suffix[1:], middle.peak / 2**20
                click.echo(
                    f"| {case}, {suffix} | {middle.cpu:.2f} | {middle.wall:.2f} | {peak:.0f}"
                    f" | {middle.cpu / base:.1f} |"
                )


def median(costs: Sequence[Cost]) -> Cost:
    """The middle of each figure on its own."""
    cpu, wall = (statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall"))
    return Cost(cpu, wall, int(statistics.median(cost.peak for cost in costs)))


def command_of(case: str, name: str, lines: int) -> tuple[str, ...]:
    """What measures one case, on the file `name`."""
    return "benchmarks.ingest", "--case", case, "--file", name, "--lines", str(lines)


def measured(place: Path, *command: str) -> Cost:
    """One case in a process of its own, which finds what it needs in `place/in`."""
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        folder = Path(scratch)
        (folder / "in").symlink_to(place / "in")
        done = subprocess.run(
            [sys.executable, "-m", *command, "--folder", scratch],
            cwd=ROOT,
            env=child_environment(load_settings({}, home=folder / "home"), environment()),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise click.ClickException(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
        return Cost(**json.loads(done.stdout.splitlines()[-1]))


def work_once(work: Callable[[], int], lines: int) -> None:
    """Does one case and prints its cost; every row must arrive."""
    before, started = time.process_time(), time.monotonic()
    count = work()
    unit = 1 if sys.platform == "darwin" else 1024
    cost = {
        "cpu": time.process_time() - before,
        "wall": time.monotonic() - started,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    }
    if count != lines:
        raise click.ClickException(f"{count} rows of {lines} arrived")
    click.echo(json.dumps(cost))


if __name__ == "__main__":
    main()
