"""The sandbox's PostgreSQL: starts on loopback with a password, keeps its data, ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from sandbox.servers.postgres import PostgresServer

CHILD = """
import sys, time
from pathlib import Path
from sandbox.servers.postgres import PostgresServer
print(PostgresServer(Path(sys.argv[1])).start().pid, flush=True)
time.sleep(60)
"""


def test_data_and_password_outlive_a_stop(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "data")
    with server:
        with psycopg.connect(server.admin_url) as admin:
            admin.execute("create table kept as select 1 as a")
            assert admin.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url(password="guess"))
        with pytest.raises(RuntimeError, match="already exists"):
            PostgresServer(tmp_path / "data").start()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.admin_url)
    with PostgresServer(tmp_path / "data", server.port) as again, psycopg.connect(again.admin_url) as admin:
        assert admin.execute("select a from kept").fetchone() == (1,)


def test_a_killed_parent_leaves_no_server(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
