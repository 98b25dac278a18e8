"""A scratch home: another home's landing copy and memory, to be built on and thrown away.

The other home is only read. Payloads are linked where the file system allows it and copied otherwise; what
changes one of them replaces the file, so that a link never writes through.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from ingestion.database_url import STATE, engine_of, explained
from ingestion.settings import Settings
from ingestion.state import StateStore
from ingestion.state_tables import DECISION, INSTANCE_STATUS, VERDICT
from publishing.ledger_tables import make_tables, outbox_message

PREFIX = "concord-scratch-"
# Batches come from the landing copy, which lies elsewhere here; audit and refusals are about the other home.
REMEMBERED = (INSTANCE_STATUS, VERDICT, DECISION, outbox_message)
KEYS = ("token.key", "vault.key")
ROWS_AT_ONCE = 1_000
ATTEMPTS = 20


@contextmanager
def scratch_home(settings: Settings) -> Iterator[Settings]:
    """Settings of a scratch home with the landing copy, memory and keys of `settings.home`.

    It serves nobody and publishes nothing. Removed afterwards, whatever ends the block.
    """
    home = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    try:
        own = replace(
            settings,
            home=home,
            state_url=f"sqlite:///{home / 'state.sqlite'}",
            serving_url=None,
            serving_reader=None,
            publish=False,
        )
        if settings.landing_dir.is_dir():
            shutil.copytree(settings.landing_dir, own.landing_dir, copy_function=_link)
        for name in KEYS:
            if (settings.home / name).is_file():
                shutil.copy(settings.home / name, home / name)
        _copy_memory(settings.state_url, own.state_url)
        yield own
    finally:
        _remove(home)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _copy_memory(source_url: str, target_url: str) -> None:
    """Copies what a state store remembers; nothing where there is none yet."""
    source = engine_of(STATE, _read_only(source_url))
    target = StateStore(target_url)
    try:
        make_tables(target.engine)
        with explained(STATE):
            if source.dialect.name == "sqlite" and not _is_there(source_url):
                return
            present = set(sa.inspect(source).get_table_names())
            for table in REMEMBERED:
                if table.name in present:
                    _copy_rows(source, target.engine, table)
    finally:
        source.dispose()
        target.close()


def _copy_rows(source: sa.Engine, target: sa.Engine, table: sa.Table) -> None:
    known = {column["name"] for column in sa.inspect(source).get_columns(table.name)}
    query = sa.select(*(column for column in table.columns if column.name in known))
    with source.connect() as reading, target.begin() as writing:
        found = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
        for rows in found.mappings().partitions():
            writing.execute(sa.insert(table), [dict(row) for row in rows])


def _read_only(url: str) -> str:
    path = sa.make_url(url).database
    is_file = url.startswith("sqlite") and path
    return f"sqlite:///file:{path}?mode=ro&uri=true" if is_file else url


def _is_there(url: str) -> bool:
    path = sa.make_url(url).database
    return bool(path) and Path(str(path)).is_file()


def _remove(home: Path) -> None:
    # A thread that a signal left behind may still write: what it makes again is removed again.
    for _ in range(ATTEMPTS):
        shutil.rmtree(home, ignore_errors=True)
        if not home.exists():
            return
