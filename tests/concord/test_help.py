"""Every command says what it does, with which options, and what to run next."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from concord.cli import COMMANDS, main


def _commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None and command.name == name
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("path", "command"), _commands(main), ids=[" ".join(path) or "concord" for path, _ in _commands(main)]
)
def test_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    outcome = CliRunner().invoke(main, [*path, "--help"], prog_name="concord")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.output.startswith(" ".join(("Usage: concord", *path)))
    assert command.help and len(command.help) > 20
    silent = [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
    assert not silent, f"options without a word of help: {silent}"


def test_what_there_is_is_told_without_the_engine() -> None:
    """Seconds of imports are for those commands that need them."""
    listing = (
        "import sys; from click.testing import CliRunner; from concord.cli import main;"
        " outcome = CliRunner().invoke(main, ['--help']); print(outcome.output);"
        " heavy = {'dagster', 'dlt', 'duckdb', 'pandas', 'pyarrow', 'splink', 'sqlalchemy', 'zeep'};"
        " sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
