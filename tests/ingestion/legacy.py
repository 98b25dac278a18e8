"""The database of the legacy ERP as tests need it: empty tables made from the spec, and a reader's login."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg

from ingestion.registry import SYSTEMS
from sandbox.servers.postgres import PostgresServer

if TYPE_CHECKING:
    from tests.ingestion.conftest import Harness

TYPES = {
    "varchar": "varchar(60)", "decimal(18,2)": "numeric(26,3)", "decimal(18,6)": "numeric(15,5)",
    "date": "date", "timestamp": "timestamp", "bigint": "integer",
}  # fmt: skip


class Legacy:
    """The database of the legacy ERP, made from the spec, with a reader's login."""

    def __init__(self, server: PostgresServer, harness: Callable[..., Harness]) -> None:
        self.server = server
        self.run("drop schema if exists sysadm cascade; create schema sysadm")
        for table in SYSTEMS["erp_legacy"].tables:
            columns = ", ".join(f"{column.path} {TYPES[column.type]}" for column in table.columns)
            self.run(f"create table sysadm.ps_{table.name} ({columns})")
        self.run(
            "do $$ begin if not exists (select from pg_roles where rolname = 'reader') then"
            " create role reader login password 'secret'; end if; end $$;"
            "grant usage on schema sysadm to reader; grant select on all tables in schema sysadm to reader"
        )
        self.harness = harness(
            "  old:\n    system: erp_legacy\n    connection: {url: '${OLD_URL}'}\n",
            {"OLD_URL": server.url("postgres", "reader", "secret")},
        )

    def run(self, sql: str) -> None:
        with psycopg.connect(self.server.admin_url) as connection:
            connection.execute(sql.encode())

    def connect_with(self, url: str) -> None:
        self.harness.environ = {**self.harness.environ, "OLD_URL": url}
