"""Every command says what it does, with which options, and what to run next."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from concord.cli import main


def _commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
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
