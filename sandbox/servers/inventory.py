"""The inventory system's SFTP drop: password login, read only, folder `/outbound` of the world's files.

Chaos edits the files themselves, the newest that match, and keeps the originals aside until a reset: a reader
sees the same broken file in its listing, its size and its content.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import asyncssh

from sandbox.servers.chaos import NOT_A_NUMBER, NOT_A_UNIT, Switches
from sandbox.servers.http import LOOPBACK

Rows = list[list[str]]
RECEIPTS = "receipts_*.csv"


class FileChaos:
    """Breaks files in the drop folder and puts them right again."""

    def __init__(self, folder: Path, aside: Path) -> None:
        self._folder = folder
        self._aside = aside

    def reset(self) -> None:
        """Restore every file."""
        for original in self._aside.glob("*"):
            shutil.move(original, self._folder / original.name)

    def truncate(self, match: str, count: int) -> list[str]:
        """Cut the tail, with the trailer, from the newest files."""
        return self._edit(match, count, lambda text: text[: int(len(text) * 0.7)])

    def drop_column(self, match: str, column: str) -> list[str]:
        """Leave out a column of the newest file that has it."""

        def without(rows: Rows) -> Rows:
            if column not in rows[0]:
                raise ValueError(f"no column {column}; the file has {', '.join(rows[0])}")
            place = rows[0].index(column)
            return [row if row[0] == "TRL" else row[:place] + row[place + 1 :] for row in rows]

        return self._edit(match, 1, _as_rows(without))

    def overwrite(self, match: str, count: int, column: str, value: str) -> list[str]:
        """Write a value into the first row of the newest files."""

        def spoiled(rows: Rows) -> Rows:
            rows[1][rows[0].index(column)] = value
            return rows

        return self._edit(match, count, _as_rows(spoiled))

    def _edit(self, match: str, count: int, edit: Callable[[str], str]) -> list[str]:
        files = sorted(self._folder.glob(match))[-count:] if count else []
        if count and not files:
            raise ValueError(f"no file matches {match}")
        changed = [(path, edit(path.read_text(encoding="utf-8"))) for path in files]
        self._aside.mkdir(parents=True, exist_ok=True)
        for path, text in changed:
            if not (self._aside / path.name).exists():
                shutil.copy2(path, self._aside / path.name)
            path.write_text(text, encoding="utf-8")
        return [path.name for path, _ in changed]


def _as_rows(edit: Callable[[Rows], Rows]) -> Callable[[str], str]:
    def edited(text: str) -> str:
        sink = io.StringIO()
        csv.writer(sink, lineterminator="\n").writerows(edit(list(csv.reader(io.StringIO(text)))))
        return sink.getvalue()

    return edited


def spoil_files(files: FileChaos, settings: dict[str, object]) -> list[str]:
    """Carry out the file switches of one request and name the files that changed."""
    match = str(settings.get("match", RECEIPTS))
    units = "item_units_*.csv" if match.startswith("item_units") else match
    changed: list[str] = []
    if "truncate_files" in settings:
        changed += files.truncate(match, int(str(settings["truncate_files"])))
    if "drop_column" in settings:
        changed += files.drop_column(match, str(settings["drop_column"]))
    if "text_in_amount" in settings:
        # StockQuantity, so that the trailer's total of Quantity still holds.
        column = "Factor" if match.startswith("item_units") else "StockQuantity"
        changed += files.overwrite(match, int(str(settings["text_in_amount"])), column, NOT_A_NUMBER)
    if "unknown_unit" in settings:
        changed += files.overwrite(units, int(str(settings["unknown_unit"])), "Uom", NOT_A_UNIT)
    return changed


class _Login(asyncssh.SSHServer):  # type: ignore[misc]
    def __init__(self, credentials: dict[str, str], switches: Switches, server: SftpServer) -> None:
        self._credentials = credentials
        self._switches = switches
        self._server = server
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self._connection)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        if self._switches.take("fail_next"):
            return False
        return (username, password) == (self._credentials["user"], self._credentials["password"])


class _ReadOnly(asyncssh.SFTPServer):  # type: ignore[misc]
    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & ~asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("read only")
        return super().open(path, pflags, attrs)

    def remove(self, path: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")


class SftpServer:
    """The SFTP server on one loopback port; after a stop it comes back on the same port."""

    def __init__(
        self, root: Path, credentials: dict[str, str], switches: Switches, host_key: str, port: int
    ) -> None:
        self.port = port
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._root = root
        self._key = asyncssh.import_private_key(host_key)
        self._credentials = credentials
        self._switches = switches
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def public_key(self) -> str:
        """The host key, as known_hosts writes it."""
        return str(self._key.export_public_key().decode().strip())

    async def start(self) -> None:
        """Listen; an OSError when the port is taken."""
        self._acceptor = await asyncssh.listen(
            LOOPBACK,
            self.port,
            server_factory=lambda: _Login(self._credentials, self._switches, self),
            server_host_keys=[self._key],
            sftp_factory=lambda channel: _ReadOnly(channel, chroot=str(self._root).encode()),
        )
        self.port = self._acceptor.get_port()

    async def stop(self) -> None:
        """Drop the listener and every connection."""
        if self._acceptor:
            self._acceptor.close()
            for connection in tuple(self.connections):
                connection.abort()
            await self._acceptor.wait_closed()
        self._acceptor = None


def new_host_key() -> str:
    """A private host key, as text."""
    return str(asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())
