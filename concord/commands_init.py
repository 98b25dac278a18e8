"""`init`: a landscape folder ready for a repository of its own."""

import re
from pathlib import Path

import click

from concord.landscape_template import files_of


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def init(directory: Path) -> None:
    """Make DIRECTORY a landscape: configuration, governed parameters, places for own models and tests.

    The folder must be new or empty (a .git in it does not count). What to do next stands in its README.
    """
    found = [path.name for path in directory.iterdir() if path.name != ".git"] if directory.is_dir() else []
    if found:
        raise click.UsageError(
            f"{directory} is not empty ({', '.join(sorted(found)[:3])}); choose a new folder"
        )
    name = re.sub(r"[^a-z0-9]+", "_", directory.resolve().name.lower()).strip("_")
    name = name if name[:1].isalpha() else f"landscape_{name}".rstrip("_")
    for path, text in files_of(name).items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (directory / "in").mkdir()
    click.echo(f"{directory} is the landscape {name}. Next:")
    click.echo(f"  concord check --landscape {directory}")
