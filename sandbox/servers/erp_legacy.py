"""The legacy ERP: the world's tables in a PostgreSQL of its own, for a reader with a password.

The database is kept with the world and loaded again only when the world's tables changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from psycopg import sql

from sandbox.servers.legacy_receipts import LegacyReceipts
from sandbox.servers.postgres import PostgresServer, find_binaries
from sandbox.servers.unit_corrections import Row

DATABASE = "legacy"
SCHEMA = "sysadm"
_DEFINITION = "erp_legacy.sql"


class ErpLegacyServer:
    """The database server; after a stop it comes back on the same port."""

    def __init__(self, world: Path, credentials: dict[str, str], receipts: LegacyReceipts, port: int) -> None:
        self.port = port
        self._receipts = receipts
        self._tables = world / "erp_legacy"
        self._home = world / "state" / "erp_legacy"
        self._credentials = credentials
        self._definition = (
            resources.files("sandbox.servers").joinpath(_DEFINITION).read_text(encoding="utf-8")
        )
        self._server: PostgresServer | None = None

    @property
    def url(self) -> str:
        """Where a reader finds the tables, with the login."""
        assert self._server
        user, password = self._credentials["user"], self._credentials["password"]
        return self._server.url(DATABASE, user, password)

    async def start(self) -> None:
        """Answer queries when this returns; an OSError when the port is taken or there is no PostgreSQL."""
        try:
            await asyncio.to_thread(self._start)
        except RuntimeError as error:
            raise OSError(str(error)) from error

    async def stop(self) -> None:
        """Disconnect every reader; the data stays."""
        if self._server:
            await asyncio.to_thread(self._server.stop)

    def take(self, receipts: Sequence[Row]) -> None:
        """Receipts that inventory restated: now, or at the next start when it is down."""
        server = self._server
        self._receipts.take(receipts, server.url(DATABASE) if server and server.pid else None)

    def delete(self, table: str, key: Mapping[str, Any]) -> int:
        """Rows of a table deleted for good; how many."""
        assert self._server
        conditions = [sql.SQL("{} = {}").format(sql.Identifier(name), key[name]) for name in key]
        query = sql.SQL("delete from {}.{} where {}").format(
            sql.Identifier(SCHEMA), sql.Identifier(table), sql.SQL(" and ").join(conditions)
        )
        with psycopg.connect(self._server.url(DATABASE)) as owner:
            return owner.execute(query).rowcount

    def _start(self) -> None:
        binaries = find_binaries()
        stamp, mark = self._stamp(binaries), self._home / "loaded"
        is_loaded = mark.exists() and mark.read_text(encoding="utf-8") == stamp
        if not is_loaded:
            shutil.rmtree(self._home, ignore_errors=True)
        server = PostgresServer(self._home / "data", self.port, binaries=binaries).start()
        self._server, self.port = server, server.port
        if not is_loaded:
            self._load(server)
            mark.write_text(stamp, encoding="utf-8")
        self._receipts.catch_up(server.url(DATABASE))

    def _stamp(self, binaries: Path) -> str:
        """Changes when the tables, their definition, the login or the kind of PostgreSQL do."""
        found = sorted(self._tables.rglob("*.parquet"))
        parts = [f"{path.relative_to(self._tables)} {path.stat().st_mtime_ns}" for path in found]
        text = "\n".join([str(binaries), self._definition, *self._credentials.values(), *parts])
        return hashlib.sha256(text.encode()).hexdigest()

    def _load(self, server: PostgresServer) -> None:
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        with psycopg.connect(server.url(DATABASE)) as owner:
            owner.execute(self._definition.encode())
            for folder in sorted(path for path in self._tables.glob("ps_*") if path.is_dir()):
                _copy(owner, folder)
            owner.execute("analyze")
            self._grant(owner)

    def _grant(self, owner: psycopg.Connection) -> None:
        reader, schema = sql.Identifier(self._credentials["user"]), sql.Identifier(SCHEMA)
        password = sql.Literal(self._credentials["password"])
        for statement in (
            "create role {reader} login password {password}",
            "alter role {reader} set default_transaction_read_only = on",
            "grant usage on schema {schema} to {reader}",
            "grant select on all tables in schema {schema} to {reader}",
        ):
            owner.execute(sql.SQL(statement).format(reader=reader, schema=schema, password=password))


def _copy(owner: psycopg.Connection, folder: Path) -> None:
    table = pq.read_table(folder)
    names = sql.SQL(", ").join(sql.Identifier(name) for name in table.column_names)
    target = sql.SQL("copy {}.{} ({}) from stdin (format csv)").format(
        sql.Identifier(SCHEMA), sql.Identifier(folder.name), names
    )
    with owner.cursor().copy(target) as copy:
        for batch in table.to_batches(max_chunksize=50_000):
            sink = io.BytesIO()
            options = pa_csv.WriteOptions(include_header=False)
            pa_csv.write_csv(pa.Table.from_batches([batch]), sink, options)
            copy.write(sink.getvalue())
