"""Dagster's SQLite event log with open connections.

The one it ships opens a new engine and waits for the disk at each of some thousand events of a run, which was
a fifth of the run's time. Named in HOME/dagster/dagster.yaml; layout and schema stay Dagster's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 60


class EventLogStorage(SqliteEventLogStorage):
    """One open connection per database file, used by one thread at a time under the lock of the base."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "EventLogStorage":
        # The base names itself here, not `cls`.
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engines: dict[str, sa.Engine] = self.__dict__.setdefault("_engines", {})
            if shard not in engines:
                engines[shard] = _open(self.conn_string_for_shard(shard))
                self._initdb(engines[shard])
                self._initialized_dbs.add(shard)
            with engines[shard].connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        for engine in self.__dict__.get("_engines", {}).values():
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
