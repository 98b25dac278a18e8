"""An SFTP drop on the loopback interface: password login, files to read, and perhaps a folder to put files.

Everything outside the inbound folder is read only. Uploads can be told to lose their connection at the marker
that completes them, before or after it took effect.
"""

from __future__ import annotations

import asyncio
import posixpath
from pathlib import Path
from typing import NoReturn

import asyncssh

from sandbox.servers.chaos import Switches
from sandbox.servers.http import LOOPBACK

INBOUND = b"/inbound"
_MARKER = b".done"


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

    async def validate_password(self, username: str, password: str) -> bool:
        if self._switches.take("slow_next"):
            await asyncio.sleep(self._switches.slow_seconds)
        if self._switches.take("fail_next"):
            return False
        return (username, password) == (self._credentials["user"], self._credentials["password"])


class _Folders(asyncssh.SFTPServer):  # type: ignore[misc]
    def __init__(self, channel: asyncssh.SSHServerChannel, root: Path, switches: Switches) -> None:
        super().__init__(channel, chroot=str(root).encode())
        self._connection = channel.get_connection()
        self._switches = switches
        self._takes_files = (root / INBOUND.decode().strip("/")).is_dir()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if not pflags & ~asyncssh.FXF_READ:
            return super().open(path, pflags, attrs)
        self._allow(path)
        if not path.endswith(_MARKER):
            return super().open(path, pflags, attrs)
        if self._switches.take("timeout_before_commit"):
            self._break()
        marker = super().open(path, pflags, attrs)
        if self._switches.take("timeout_after_commit"):
            marker.close()
            self._break()
        return marker

    def remove(self, path: bytes) -> None:
        self._allow(path)
        super().remove(path)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._allow(oldpath)
        self._allow(newpath)
        super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._allow(oldpath)
        self._allow(newpath)
        super().posix_rename(oldpath, newpath)

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self._allow(path)
        super().setstat(path, attrs)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise asyncssh.SFTPPermissionDenied("read only")

    rmdir = symlink = link = mkdir

    def _break(self) -> NoReturn:
        self._connection.abort()
        raise asyncssh.SFTPConnectionLost("connection lost")

    def _allow(self, path: bytes) -> None:
        folder = posixpath.dirname(posixpath.normpath(b"/" + path))
        if not self._takes_files or folder.replace(b"//", b"/") != INBOUND:
            raise asyncssh.SFTPPermissionDenied("read only")


class SftpServer:
    """The SFTP server of one folder on one loopback port; after a stop it comes back on the same port.

    Files can be put into `inbound` below the folder, where there is one.
    """

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
            sftp_factory=lambda channel: _Folders(channel, self._root, self._switches),
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
