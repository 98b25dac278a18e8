"""The inventory system's inbound folder: takes files of unit conversions, acts on them, acknowledges them.

A conversion that applies gives a new snapshot of units and restates the receipts it changes, of which the
finance system hears. A file that comes twice is applied twice, for the system knows no reference.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.servers.chaos import Switches
from sandbox.servers.file_chaos import DropFolder
from sandbox.servers.sftp import SftpServer
from sandbox.servers.unit_corrections import (
    HEADER,
    Correction,
    Row,
    corrected_units,
    read_correction,
    restated,
)
from sandbox.servers.write_log import WorldClock, WriteLog, iso

_POLL_SECONDS = 0.3
_ACK_HEADER = ("Reference", "Status", "Message", "AppliedAt")
_FIRST_EXTRA = 901
Restated = Callable[[Sequence[Row]], None]


def drop_folder(world: Path) -> DropFolder:
    """Inventory's outbound files."""
    # StockQuantity, so that the trailer's total of Quantity still holds.
    amounts = {"receipts": "StockQuantity", "item_units": "Factor"}
    return DropFolder(world / "inventory" / "outbound", "receipts_*.csv", amounts)


class Inbound:
    """Watches the inbound folder of a world while the sandbox runs."""

    def __init__(
        self, world: Path, log: WriteLog, clock: WorldClock, switches: Switches, on_restated: Restated
    ) -> None:
        self._folder = world / "inventory" / "inbound"
        self._outbound = world / "inventory" / "outbound"
        self._log, self._clock, self._switches = log, clock, switches
        self._on_restated = on_restated
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.applied: list[dict[str, Any]] = log.entries()
        for entry in self.applied:
            clock.seen(entry["at"])
        for folder in (self._folder / "processed", self._outbound / "acks"):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Watch from now on."""
        self._stopping.clear()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Finish the file at hand, then rest."""
        self._stopping.set()
        if self._task:
            await self._task
        self._task = None

    async def _watch(self) -> None:
        while not self._stopping.is_set():
            if not self._switches.hold_inbound:
                for marker in sorted(self._folder.glob("*.csv.done")):
                    if (self._folder / marker.stem).exists():
                        await self._process(marker.stem)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _POLL_SECONDS)

    async def _process(self, name: str) -> None:
        """Apply one complete file and acknowledge it."""
        rows, problem = _read_upload(self._folder / name)
        acks = [await self._answer(name, row, problem) for row in rows]
        _write_file(self._outbound / "acks", name, _ACK_HEADER, acks)
        for upload in (name, f"{name}.done"):
            (self._folder / upload).replace(self._folder / "processed" / upload)

    async def _answer(self, name: str, row: Row, problem: str) -> Row:
        at = self._clock.tick()
        ack = {
            "Reference": row.get("Reference") or "",
            "Status": "APPLIED",
            "Message": "",
            "AppliedAt": iso(at),
        }
        try:
            if problem:
                raise ValueError(problem)
            await self._apply(name, read_correction(row, self._units()), at)
        except ValueError as refusal:
            return {**ack, "Status": "REJECTED", "Message": str(refusal), "AppliedAt": ""}
        return ack

    async def _apply(self, name: str, correction: Correction, at: int) -> None:
        """The finance system first, then the files: what a crash leaves half-done, a restart finishes."""
        units, now = self._units(), iso(at)
        receipts = await asyncio.to_thread(self._receipts, correction)
        changed = restated(receipts, units, correction, now)
        self._on_restated(changed)
        stamp = (at // 14_400_000 + 1) * 14_400_000
        if changed:
            total = sum(Decimal(row["Quantity"]) for row in changed)
            header = tuple(changed[0])
            _write_file(self._outbound, self._free("receipts", stamp), header, changed, str(total))
        new = corrected_units(units, correction, now)
        _write_file(self._outbound, self._free("item_units", stamp), tuple(new[0]), new)
        entry = {
            "at": at,
            "file": name,
            "item_number": correction.item,
            "uom": correction.unit,
            "factor": str(correction.factor),
            "valid_from": correction.valid_from,
            "valid_to": correction.valid_to or None,
            "reference": correction.reference,
            "restated_receipts": len(changed),
        }
        self._log.append(entry)
        self.applied.append(entry)

    def _free(self, kind: str, stamp: int) -> str:
        minute = iso(stamp)[:16].replace("-", "").replace(":", "")
        taken = len(list(self._outbound.glob(f"{kind}_{minute}_9*.csv")))
        return f"{kind}_{minute}_{_FIRST_EXTRA + taken}.csv"

    def _units(self) -> list[Row]:
        newest = max(self._outbound.glob("item_units_*.csv"), key=lambda path: path.stem)
        return _read_rows(newest.read_text(encoding="utf-8"))

    def _receipts(self, correction: Correction) -> list[Row]:
        """The last statement of each receipt line of the item; the names sort by time."""
        latest: dict[tuple[str, str], Row] = {}
        needle = f",{correction.item},"
        for path in sorted(self._outbound.glob("receipts_*.csv")):
            header, *lines = path.read_text(encoding="utf-8").splitlines()
            mine = [line for line in lines if needle in line]
            for row in _read_rows("\n".join([header, *mine])):
                latest[row["ReceiptNumber"], row["LineNumber"]] = row
        return list(latest.values())


class InventoryServer(SftpServer):
    """The file server together with what happens to the files put there."""

    def __init__(
        self,
        inbound: Inbound,
        root: Path,
        credentials: dict[str, str],
        switches: Switches,
        host_key: str,
        port: int,
    ) -> None:
        super().__init__(root, credentials, switches, host_key, port)
        self._inbound = inbound

    async def start(self) -> None:
        """Listen and watch; an OSError when the port is taken."""
        await super().start()
        self._inbound.start()

    async def stop(self) -> None:
        """Drop every connection and finish the file at hand."""
        await super().stop()
        await self._inbound.stop()


def _read_rows(text: str) -> list[Row]:
    rows = csv.DictReader(io.StringIO(text))
    return [row for row in rows if next(iter(row.values())) != "TRL"]


def _read_upload(path: Path) -> tuple[list[Row], str]:
    """The rows of an uploaded file, and why none of them counts."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line]
    rows = _read_rows(text)
    if not lines or tuple(lines[0].split(",")) != HEADER:
        return rows, f"INVALID_FILE: the header is not {','.join(HEADER)}"
    if lines[-1] != f"TRL,{len(rows)},0":
        return rows, f"INVALID_FILE: the trailer does not promise {len(rows)} rows"
    return rows, ""


def _write_file(
    folder: Path, name: str, header: Sequence[str], rows: Sequence[Row], total: str = "0"
) -> None:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / name).write_text(f"{sink.getvalue()}TRL,{len(rows)},{total}\n", encoding="utf-8")
    (folder / f"{name}.done").touch()
