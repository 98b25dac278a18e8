"""A landscape's own models and macros laid over the dbt project, so that an upgrade is no merge.

`models/` and `macros/` of the landscape keep their folders: `models/marts/x.sql` becomes a mart like others.
With them a project is put together under HOME; without them the shipped one is used as it is.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from ingestion.settings import Settings

SHIPPED = Path(__file__).parent.parent / "dbt_project"
SOURCES = (".sql", ".yml", ".csv")
OWN = ("models", "macros")


class OwnModelsError(ValueError):
    """A file of the landscape that would take the place of a shipped one."""


def own_files(settings: Settings) -> dict[str, Path]:
    """The landscape's SQL and YAML by their path in the project."""
    root = settings.landscape_dir
    if root is None:
        return {}
    return {
        path.relative_to(root).as_posix(): path
        for folder in OWN
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and path.suffix in SOURCES
    }


def project_dir(settings: Settings) -> Path:
    """The project that the models of this landscape are built from."""
    return settings.home / "dbt" / "project" if own_files(settings) else SHIPPED


def project_hash(settings: Settings) -> str:
    """A hash over every file that makes the manifest."""
    digest = hashlib.sha256()
    for name, path in [*_shipped(), *own_files(settings).items()]:
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def put_together(settings: Settings) -> None:
    """Makes the project of a landscape with models of its own anew; nothing to do for one without.

    Raises `OwnModelsError` for a model or macro file that is called like a shipped one: dbt knows models by
    name, and what replaces a shipped rule would be lost at the next upgrade.
    """
    own = own_files(settings)
    if not own:
        return
    shipped = {Path(name).name: name for name, _ in _shipped() if name.endswith(".sql")}
    for path in own.values():
        if path.name in shipped:
            raise OwnModelsError(f"{path}: {shipped[path.name]} is shipped under this name; choose another")
    target = settings.home / "dbt" / "project"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SHIPPED, target, ignore=shutil.ignore_patterns("target", "logs"))
    for name, path in own.items():
        into = target / name
        if into.exists():
            raise OwnModelsError(f"{path}: {name} is shipped under this name; choose another")
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, into)


def _shipped() -> Iterator[tuple[str, Path]]:
    for path in sorted(SHIPPED.rglob("*")):
        name = path.relative_to(SHIPPED)
        if path.suffix in SOURCES and "target" not in name.parts:
            yield name.as_posix(), path
