"""The commands of README and docs exist: make targets, `concord` commands and the options they show."""

import re
import shlex
from collections.abc import Iterator
from functools import partial

import click
import pytest

from concord.cli import main
from tests.conftest import ROOT

README = ROOT / "README.md"
MOST_LINES = 250
BLOCK = re.compile(r"^```(?:console|bash|sh|shell)\n(.*?)^```", re.DOTALL | re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def commands_in(text: str) -> list[list[str]]:
    """The command lines of the shell blocks, as words; where a block has prompts, what follows them."""
    found = []
    for body in BLOCK.findall(text):
        lines = body.replace("\\\n", " ").splitlines()
        prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        words = [shlex.split(line, comments=True) for line in prompted or lines]
        found.extend(line for line in words if line)
    return found


def complaint_about(words: list[str], targets: set[str]) -> str:
    """Why a command line would not work, empty when it would."""
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if not words:
        return ""
    match words[0]:
        case "make":
            unknown = [word for word in words[1:] if "=" not in word and word not in targets]
            return f"no make target {unknown[0]}" if unknown else ""
        case "eval" if words[1].startswith("$(") and words[1].endswith(")"):
            return complaint_about(shlex.split(words[1][2:-1]), targets)
        case ".venv/bin/concord" | "concord":
            return _complaint_about_options(main, words[1:])
        case "cp" | "git" | "cd" | "export" | "source" | "." | "duckdb" | ".venv/bin/python" | "curl":
            return ""
    return f"unknown command {words[0]}: show make or concord, or let a test know it"


def _complaint_about_options(command: click.Command, words: list[str]) -> str:
    """Parses options and arguments of a command of the real command line, without running anything."""
    context = click.Context(command, info_name=command.name)
    try:
        _, rest, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    if not isinstance(command, click.Group):
        return f"{command.name} takes no {rest[0]}" if rest else ""
    if not rest:
        return ""
    below = command.get_command(context, rest[0])
    return _complaint_about_options(below, rest[1:]) if below else f"no command {rest[0]}"


def _targets() -> set[str]:
    return set(TARGET.findall((ROOT / "Makefile").read_text()))


def _commands() -> Iterator[list[str]]:
    for document in (README, *sorted((ROOT / "docs").glob("*.md"))):
        yield from commands_in(document.read_text(encoding="utf-8"))


def test_commands_of_the_documents_exist() -> None:
    wrong = {
        " ".join(words): complaint
        for words in _commands()
        if (complaint := complaint_about(words, _targets()))
    }
    assert not wrong, wrong


def test_readme_shows_the_two_commands_of_a_newcomer() -> None:
    assert {"make demo", "make test"} <= {" ".join(words) for words in _commands()}
    assert len(README.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize(
    "line",
    [
        "make coffee",
        "concord brew",
        ".venv/bin/concord run --no-such-option",
        "concord outbox brew",
        "npm install",
        "A=1 concord demo --lines",
    ],
)
def test_commands_that_do_not_exist_are_found(line: str) -> None:
    (words,) = commands_in(f"```bash\n{line}\n```\n")
    assert complaint_about(words, _targets())


@pytest.mark.parametrize(
    "line", ["make demo", "concord demo --seed 7 --lines 500", ".venv/bin/concord --help"]
)
def test_commands_that_exist_pass(line: str) -> None:
    (words,) = commands_in(f"```console\n$ {line}  # why\nwhat it prints\n```\n")
    assert complaint_about(words, _targets()) == ""


def test_every_command_explains_itself() -> None:
    def silent(command: click.Command, name: str) -> Iterator[str]:
        if not command.get_short_help_str():
            yield name
        if isinstance(command, click.Group):
            context = click.Context(command)
            for below in map(partial(command.get_command, context), command.list_commands(context)):
                assert below is not None
                yield from silent(below, f"{name} {below.name}")

    assert not list(silent(main, "concord"))
