"""Dagster's SQLite event log with open connections and a memory for its schema.

The one it ships opens a new engine, asks the schema what it can do and waits for the disk at each of the some
thousand events of a run, more than the events themselves. Named in HOME/dagster/dagster.yaml; layout and
schema stay Dagster's own, so either reads what the other wrote.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import dagster as dg
import sqlalchemy as sa
from dagster._core.event_api import EventLogRecord
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import AssetKeyTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData, deserialize_value
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 60


class EventLogStorage(SqliteEventLogStorage):
    """One open connection per database file, used by one thread at a time and once at a time in it."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._begun: dict[str, sa.Connection] = {}
        self._present: set[tuple[str, str]] = set()
        self._lock = threading.RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "EventLogStorage":
        # The base names itself here, not `cls`.
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        """A connection in a transaction; asked for again within, the same one in the same transaction."""
        with self._lock:
            if shard in self._begun:
                yield self._begun[shard]
                return
            if shard not in self._engines:
                self._engines[shard] = _open(self.conn_string_for_shard(shard))
                self._initdb(self._engines[shard])
                self._initialized_dbs.add(shard)
            with self._engines[shard].connect() as connection, connection.begin():
                self._begun[shard] = connection
                try:
                    yield connection
                finally:
                    del self._begun[shard]

    def store_event(self, event: EventLogEntry) -> None:
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """All in one transaction of each file they belong in: of a batch that fails, nothing stays.

        The run's file is committed before the index, as the base does it.
        """
        with self.index_connection(), ExitStack() as runs:
            for run_id in sorted({event.run_id for event in events}):
                runs.enter_context(self.run_connection(run_id))
            for event in events:
                super().store_event(event)

    def has_table(self, table_name: str) -> bool:
        return self._has("table", table_name, super().has_table)

    def has_secondary_index(self, name: str) -> bool:
        return self._has("secondary index", name, super().has_secondary_index)

    def has_asset_key_col(self, column_name: str) -> bool:
        return self._has("asset key column", column_name, super().has_asset_key_col)

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._has("asset key column", column_name, lambda name: ask(conn, name))

    def _has(self, kind: str, name: str, ask: Callable[[str], bool]) -> bool:
        # What is there stays; what is missing may yet come, with a migration by another process.
        if (kind, name) not in self._present and ask(name):
            self._present.add((kind, name))
        return (kind, name) in self._present

    def _get_latest_materialization_records(
        self, raw_asset_rows: Any
    ) -> Mapping[dg.AssetKey, EventLogRecord | None]:
        """From the rows alone where each holds its record; the base asks the event table in any case."""
        records: dict[dg.AssetKey, EventLogRecord | None] = {}
        for row in raw_asset_rows:
            key = dg.AssetKey.from_db_string(row["asset_key"])
            held = row["last_materialization"]
            record = deserialize_value(held, NamedTuple) if held else None
            # Details tell of a wipe, which a record may be older than.
            if key is None or row["asset_details"] or not isinstance(record, EventLogRecord):
                return super()._get_latest_materialization_records(raw_asset_rows)
            records[key] = record
        return records

    def _store_asset_event(self, conn: sa.Connection, event: EventLogEntry, event_id: int) -> None:
        """Updates the row of the asset before it inserts one; the base inserts and is refused every time."""
        key = event.dagster_event.asset_key if event.dagster_event else None
        if key is None:
            return
        values = self._get_asset_entry_values(
            event, event_id, self._has_asset_key_index_cols_on_connection(conn)
        )
        if not values:
            return
        mine = AssetKeyTable.c.asset_key == key.to_string()
        if conn.execute(AssetKeyTable.update().values(**values).where(mine)).rowcount == 0:
            conn.execute(AssetKeyTable.insert().values(asset_key=key.to_string(), **values))

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        super().dispose()


def _open(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url, poolclass=StaticPool, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def relax(connection: Any, _record: Any) -> None:
        # Safe against a killed process; a power cut may cost the last lines of run history, never the file.
        connection.execute("pragma synchronous = normal")

    return engine
