"""All servers of one world, put together: their data, their books, what may go wrong with them.

`sandbox/serve.py` starts and stops what is built here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette

from sandbox.generate import WORLD_FILE
from sandbox.servers import apauto, erp_cloud, inventory, procurement, workforce
from sandbox.servers.chaos import ALLOWED, ChaosLayer, Switches
from sandbox.servers.erp_book import ErpBook
from sandbox.servers.erp_entities import open_collections
from sandbox.servers.erp_journal import open_chart
from sandbox.servers.erp_legacy import ErpLegacyServer
from sandbox.servers.file_chaos import DropFolder, FileChaos
from sandbox.servers.goods_receipts import GoodsReceipts
from sandbox.servers.http import HttpServer, Tokens
from sandbox.servers.legacy_receipts import LegacyReceipts
from sandbox.servers.sftp import SftpServer
from sandbox.servers.unit_corrections import Row
from sandbox.servers.write_log import WorldClock, WriteLog
from sandbox.servers.wsse import Signatures

Credentials = dict[str, dict[str, str]]
# What a client is told; what is missing is drawn once per world.
LOGINS: dict[str, dict[str, str | None]] = {
    "procurement": {"client_id": "lakeshore-client", "client_secret": None, "signing_secret": None},
    "apauto": {"api_key": "lakeshore-key", "api_secret": None, "signing_secret": None},
    "inventory": {"user": "lakeshore", "password": None},
    "erp_cloud": {"user": "LAKESHORE_RFC", "password": None},
    "erp_legacy": {"user": "lakeshore_reader", "password": None},
    "sourcing": {"user": "lakeshore", "password": None},
    "workforce": {"user": "lakeshore_isu", "password": None},
    "distributor": {"user": "lakeshore", "password": None},
}


class Server(Protocol):
    """What all servers have in common."""

    port: int

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Estate:
    """The servers of a world by name, with the switches of each."""

    def __init__(self, world: Path, credentials: Credentials, host_key: str, ports: Iterator[int]) -> None:
        self.switches = {name: Switches() for name in ALLOWED}
        self.sessions = erp_cloud.Sessions()
        self.tokens: dict[str, Tokens | erp_cloud.Sessions | Signatures] = {"erp_cloud": self.sessions}
        self.files = {
            "inventory": FileChaos(inventory.drop_folder(world), world / "state" / "files_aside"),
            "sourcing": FileChaos(_sourcing_folder(world), world / "state" / "sourcing_aside"),
            "distributor": FileChaos(_exchange_folder(world), world / "state" / "distributor_aside"),
        }
        self._world, self._credentials, self._host_key = world, credentials, host_key
        self._clock = WorldClock(world / WORLD_FILE)
        self.servers: dict[str, Server] = {}
        self._books: dict[str, Any] = {}
        self._build(ports)

    def book(self) -> dict[str, dict[str, Any]]:
        """Every write that any target ever accepted, oldest first."""
        return {
            "erp_cloud": vars(self._books["erp_cloud"].written),
            "procurement": {"contract_prices": self._books["procurement"].written()},
            "inventory": {"item_units": self._books["inventory"].applied},
            "apauto": {"match_status": self._books["apauto"].postings()},
        }

    def delete(self, server: str, table: str, key: Mapping[str, Any]) -> int:
        """Rows that people delete for good at a source; how many. ValueError for what cannot be deleted."""
        if server == "procurement" and table in self._orders:
            return procurement.Desk(self._orders).delete(table, key)
        if server == "erp_cloud" and table in self._entities:
            return self._entities[table].remove(key)
        if server == "apauto" and table == "invoice_lines":
            return apauto.delete_lines(self._payables["invoices"], key, self._clock.tick())
        if server == "erp_legacy":
            return self._legacy.delete(table, key)
        raise ValueError(f"{server} has no rows of {table} to delete")

    def change(self, server: str, table: str, key: Mapping[str, Any], values: dict[str, Any]) -> int:
        """Rows that people change without a change of what these belong to; how many."""
        if server != "procurement":
            raise ValueError(f"rows of {server} cannot be changed")
        return procurement.Desk(self._orders).change(table, key, values, self._clock.tick())

    def _build(self, ports: Iterator[int]) -> None:
        world, known, key = self._world, self._credentials, self._host_key
        apps = {
            "procurement": self._procurement(),
            "apauto": self._apauto(),
            "erp_cloud": self._erp_cloud(),
            "workforce": self._workforce(),
        }
        inbound = self._inbound()
        statements = WriteLog(world / "state" / "erp_legacy_book.jsonl")
        self._legacy = ErpLegacyServer(
            world,
            known["erp_legacy"],
            LegacyReceipts(statements, self._clock, self._goods_receipts.factor),
            port=0,
        )
        for name in ALLOWED:
            port, switches = next(ports), self.switches[name]
            if name in apps:
                self.servers[name] = HttpServer(ChaosLayer(apps[name], switches, name), port)
            elif name == "erp_legacy":
                self._legacy.port = port
                self.servers[name] = self._legacy
            elif name == "inventory":
                self.servers[name] = inventory.InventoryServer(
                    inbound, world / name, known[name], switches, key, port
                )
            else:
                self.servers[name] = SftpServer(world / name, known[name], switches, key, port)

    def _procurement(self) -> Starlette:
        tokens = self.tokens["procurement"] = Tokens(procurement.TOKEN_SECONDS)
        self._orders = procurement.collections(self._world)
        book = self._books["procurement"] = procurement.open_book(self._world, self._orders, self._clock)
        login, switches = self._credentials["procurement"], self.switches["procurement"]
        return procurement.build_app(login, switches, tokens, self._orders, book)

    def _apauto(self) -> Starlette:
        tokens = self.tokens["apauto"] = Tokens(apauto.TOKEN_SECONDS)
        book = self._books["apauto"] = apauto.open_book(self._world)
        login, switches = self._credentials["apauto"], self.switches["apauto"]
        self._payables = apauto.collections(self._world)
        return apauto.build_app(self._payables, login, switches, tokens, book)

    def _erp_cloud(self) -> Starlette:
        login, switches = self._credentials["erp_cloud"], self.switches["erp_cloud"]
        self._entities = open_collections(self._world)
        log = WriteLog(self._world / "state" / "erp_cloud_book.jsonl")
        chart = open_chart(self._entities, login["user"])
        book = self._books["erp_cloud"] = ErpBook(log, self._clock, self._entities, chart, switches)
        return erp_cloud.build_app(login, switches, self.sessions, self._entities, book)

    def _workforce(self) -> Starlette:
        login = self._credentials["workforce"]
        signatures = self.tokens["workforce"] = Signatures(login["user"], login["password"])
        return workforce.build_app(self._world, self.switches["workforce"], signatures)

    def _inbound(self) -> inventory.Inbound:
        orders = self._orders["purchase_orders"]
        self._goods_receipts = GoodsReceipts(self._books["erp_cloud"], self._entities, orders)
        log = WriteLog(self._world / "state" / "item_unit_book.jsonl")
        switches = self.switches["inventory"]
        inbound = inventory.Inbound(self._world, log, self._clock, switches, self._restated)
        self._books["inventory"] = inbound
        return inbound

    def _restated(self, receipts: Sequence[Row]) -> None:
        """Each finance system takes the receipts of the orders it knows."""
        self._goods_receipts.take(receipts)
        self._legacy.take(receipts)


def _sourcing_folder(world: Path) -> DropFolder:
    folder = world / "sourcing" / "outbound"
    folder.mkdir(parents=True, exist_ok=True)
    return DropFolder(folder, "prices_*.csv", {"prices": "UnitPrice", "contracts": "Markup"})


def _exchange_folder(world: Path) -> DropFolder:
    folder = world / "distributor" / "outbound"
    folder.mkdir(parents=True, exist_ok=True)
    return DropFolder(folder, "855_*.x12", {}, marker="")
