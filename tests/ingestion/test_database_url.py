"""Databases that people configure by URL: what is wrong is told in one message, without the password."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from concord.cli import main
from ingestion.database_url import DatabaseUrlError, require_serving_shape, require_state
from publishing.serving import ServingError
from publishing.serving_postgres import publish_to_postgres

SECRET = "s3cr3t"
COMMANDS = {
    "demo": ("demo", "--lines", "10"),
    "run": ("run", "--landscape", "landscapes/gstt"),
    "check": ("check", "--landscape", "landscapes/gstt"),
    "dev": ("dev",),
    "outbox": ("outbox", "list"),
}


@pytest.fixture
def refused() -> str:
    """A URL behind which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"postgresql://concord:{SECRET}@127.0.0.1:{free.getsockname()[1]}/state"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_to_do_before_anything_changes(
    name: str, refused: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    environ = {"CONCORD_STATE_URL": refused, "CONCORD_GSTT_DATA": str(tmp_path)}
    done = CliRunner().invoke(main, [*COMMANDS[name], "--home", str(home)], env=environ)
    assert done.exit_code == 2, done.output
    assert "CONCORD_STATE_URL cannot be used: connection failed" in done.output
    assert "start the server, or unset it" in done.output
    assert SECRET not in done.output and len(done.output.splitlines()) == 1
    assert not home.exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"no url {SECRET}", "it is no database URL"),
        (f"mysql://me:{SECRET}@host/state", "mysql is neither"),
        (f"postgresql://me:{SECRET}@127.0.0.1:port/state", "it is no database URL"),
        (f"postgresql://me:p@{SECRET}@host/state", "has an @ that is not written as %40"),
        (f"oracle9://me:{SECRET}@host/state", "oracle9 is neither"),
    ],
)
def test_a_url_that_can_never_work_is_refused_without_its_password(url: str, reason: str) -> None:
    for require in (require_state, require_serving_shape):
        with pytest.raises(DatabaseUrlError) as caught:
            require(url)
        assert reason in str(caught.value) and SECRET not in str(caught.value)


def test_a_serving_server_that_is_down_is_no_reason_to_stop(refused: str) -> None:
    require_serving_shape(refused)
    require_serving_shape(None)
    with pytest.raises(DatabaseUrlError, match="sqlite is no PostgreSQL"):
        require_serving_shape("sqlite:///bi.sqlite")


def test_a_place_for_sqlite_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {"CONCORD_STATE_URL": f"sqlite:///{tmp_path / 'file' / 'state.sqlite'}"}
    done = CliRunner().invoke(main, ["outbox", "list", "--home", str(tmp_path)], env=environ)
    assert done.exit_code == 2 and "CONCORD_STATE_URL cannot be used: " in done.output


@pytest.fixture
def without_tls() -> Iterator[tuple[int, list[bytes]]]:
    """A server that knows no TLS: its port, and all it is told after it said so."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    if client.recv(8)[4:] == (80877103).to_bytes(4):  # SSLRequest
                        client.sendall(b"N")
                    told.append(client.recv(1024))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1], told
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_a_server_elsewhere_that_proves_nothing_gets_no_login(
    without_tls: tuple[int, list[bytes]], tmp_path: Path
) -> None:
    port, told = without_tls
    here = f"postgresql://concord:{SECRET}@127.0.0.1:{port}/db"
    url = f"{here}?hostaddr=127.0.0.1"  # which may be anywhere
    with pytest.raises(DatabaseUrlError, match=r"SSL.*\?sslrootcert=FILE"):
        require_state(url)
    duckdb.connect(str(tmp_path / "release.duckdb")).close()
    with pytest.raises(ServingError, match="SSL"):
        publish_to_postgres(tmp_path / "release.duckdb", url)
    assert set(told) == {b""}
    # On this machine nothing leaves on a wire; and a URL may say that a server elsewhere needs no proof.
    for plain in (here, f"{url}&sslmode=disable"):
        with pytest.raises(DatabaseUrlError):
            require_state(plain)
    assert b"concord" in b"".join(told)
