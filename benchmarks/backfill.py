"""Backfill of one large table of the legacy ERP's database, against COPY and read_csv in the same run.

The database is a real PostgreSQL of its own on this machine; its own work is not counted, that of whoever
reads it is. Call: `python -m benchmarks.backfill --lines 1000000`.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import duckdb
import psycopg

from benchmarks.ingest import KEYS, measured, median, work_once
from ingestion.settings import load_settings
from ingestion.systems.erp_legacy.spec import SPEC
from sandbox.servers.postgres import PostgresServer

LANDSCAPE = """\
name: bench
environment: test
currency: USD
timezone: America/Chicago
as_of: 2026-06-30
token_key: ${BENCH_KEY}
instances:
  old:
    system: erp_legacy
    connection: {url: '${BENCH_URL}'}
"""
TYPES = {
    "varchar": "varchar(60)", "decimal(18,2)": "numeric(26,3)", "decimal(18,6)": "numeric(15,5)",
    "date": "date", "timestamp": "timestamp", "bigint": "integer",
}  # fmt: skip
# Fifteen columns, two of them never filled; every value follows from the row's number.
ROWS = """
    insert into sysadm.ps_po_line
    select
        'LH02', 'PO' || n / 5, n % 5 + 1, 'IT' || n * 7919::bigint % 20000, null, n % 90 + 1, 'EA',
        n * 31::bigint % 99991 / 100.0, n * 17::bigint % 9999991 / 100.0, 'D' || n % 400, '6100', null,
        'A', 'Y',
        timestamp '2024-01-01' + n * interval '1 minute'
    from generate_series(1, {lines}) as n
"""
COLUMNS = ", ".join(column.path for column in SPEC.table("po_line").columns)


def copy_and_read(folder: Path) -> Callable[[], int]:
    """The table by COPY into a file, and the file into a table of a database file."""
    url, file = (folder / "in" / "url").read_text(), folder / "po_line.csv"

    def work() -> int:
        with (
            psycopg.connect(url) as connection,
            connection.cursor() as cursor,
            cursor.copy(
                f"copy sysadm.ps_po_line ({COLUMNS}) to stdout (format csv, header)".encode()
            ) as rows,
            file.open("wb") as target,
        ):
            target.writelines(rows)
        with duckdb.connect(str(folder / "raw.duckdb")) as database:
            database.execute(f"create table po_line as select * from read_csv('{file}')")
            [(count,)] = database.execute("select count(*) from po_line").fetchall()
        return int(count)

    return work


def concord(folder: Path) -> Callable[[], int]:
    """Landed, checked against the contract, compared with what is known, loaded as versions."""
    from ingestion import pipelines
    from ingestion.configuration.landscape import load_landscape
    from ingestion.runs import start_run

    (folder / "landscape.yaml").write_text(LANDSCAPE)
    environ = KEYS | {"BENCH_URL": (folder / "in" / "url").read_text()}

    def work() -> int:
        run = start_run(load_settings({}, home=folder / "home"), load_landscape(folder, environ))
        pipelines.land(run, "old")
        for batch in pipelines.pending_batches(run, "old"):
            pipelines.accept_batch(run, batch)
        return pipelines.load_system(run, "erp_legacy").new_version_rows

    return work


CASES: Mapping[str, Callable[[Path], Callable[[], int]]] = {
    "COPY and read_csv": copy_and_read,
    "Concord": concord,
}


def fill(server: PostgresServer, lines: int) -> None:
    """The tables of the legacy ERP, empty but for its order lines."""
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("create schema sysadm")
        for table in SPEC.tables:
            columns = ", ".join(f"{column.path} {TYPES[column.type]}" for column in table.columns)
            connection.execute(f"create table sysadm.ps_{table.name} ({columns})".encode())
        connection.execute(ROWS.format(lines=lines).encode())


@click.command()
@click.option("--lines", default=100_000, show_default=True, help="Rows of the table.")
@click.option("--rounds", default=3, show_default=True, help="Of each case; the medians are shown.")
@click.option("--case", "one", type=click.Choice(tuple(CASES)), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(lines: int, rounds: int, one: str | None, folder: Path | None) -> None:
    """Processor seconds, clock and memory of both ways, and their ratio."""
    if one and folder:
        work_once(CASES[one](folder), lines)
        return
    with tempfile.TemporaryDirectory() as place, PostgresServer(Path(place) / "data") as server:
        fill(server, lines)
        (Path(place) / "in").mkdir()
        (Path(place) / "in" / "url").write_text(server.admin_url)
        load = os.getloadavg()[0]
        click.echo(f"{lines:,} rows, medians of {rounds}, {os.cpu_count()} cores, load {load:.1f}\n")
        click.echo(
            "| case | CPU s | wall s | peak MiB | x COPY (CPU) | x COPY (wall) |\n|---|---|---|---|---|---|"
        )
        base = None
        for case in CASES:
            command = ("benchmarks.backfill", "--case", case, "--lines", str(lines))
            middle = median([measured(Path(place), *command) for _ in range(rounds)])
            base = base or middle
            click.echo(
                f"| {case} | {middle.cpu:.2f} | {middle.wall:.2f} | {middle.peak / 2**20:.0f}"
                f" | {middle.cpu / base.cpu:.1f} | {middle.wall / base.wall:.1f} |"
            )


if __name__ == "__main__":
    main()
