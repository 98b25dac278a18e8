"""Databases that people configure by URL: what is wrong is told in one message, without the password."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from concord.cli import main
from ingestion.database_url import DatabaseUrlError, require_serving_shape, require_state

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
