"""A landscape's own models and macros laid over the dbt project, so that an upgrade is no merge.

`models/` and `macros/` of the landscape keep their folders: `models/marts/x.sql` becomes a mart like others,
and `models/staging/<instance>/stg_<instance>__<entity>.sql` reads that feed instance instead of the shipped
model. With them, or with the staging of a contract that is tried, a project is put together under HOME; else
the shipped one is used as it is.
"""

import json
import re
import shutil
from pathlib import Path

from dagster_project.parsing import hash_of, sources
from ingestion.configuration.landscape_file import LandscapeFile
from ingestion.registry import SYSTEMS
from ingestion.settings import Settings

SHIPPED = Path(__file__).parent.parent / "dbt_project"
SOURCES = (".sql", ".yml", ".csv")
OWN = ("models", "macros")
STAGING_MACRO = "macros/own_staging.sql"


class OwnModelsError(ValueError):
    """A file of the landscape that would replace a shipped one, or a staging model nobody reads."""


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
    return settings.home / "dbt" / "project" if own_files(settings) or settings.tried_models else SHIPPED


def project_hash(settings: Settings) -> str:
    """A hash over every file that makes the manifest of this landscape; raises like `put_together`."""
    return hash_of(sources(SHIPPED) | _laid_over(settings))


def put_together(settings: Settings) -> None:
    """Makes the project of a landscape with models of its own anew; nothing to do for one without.

    Raises `OwnModelsError` for a model or macro file that is called like a shipped one: dbt knows models by
    name, and what replaces a shipped rule would be lost at the next upgrade.
    """
    target = project_dir(settings)
    if target == SHIPPED:
        return
    over = _laid_over(settings)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SHIPPED, target, ignore=shutil.ignore_patterns("target", "logs"))
    for name, content in over.items():
        into = target / name
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_bytes(content)


def _laid_over(settings: Settings) -> dict[str, bytes]:
    """What is laid over the shipped project, by its path there."""
    own = own_files(settings)
    over = {name: path.read_bytes() for name, path in [*own.items(), *settings.tried_models.items()]}
    if own and (staging := own_staging(settings)):
        models = json.dumps(staging, indent=8, sort_keys=True)
        macro = f"{{% macro own_staging() -%}}\n{models}\n{{%- endmacro %}}\n"
        over[STAGING_MACRO] = macro.encode()
    return over


def own_staging(settings: Settings) -> dict[str, dict[str, str]]:
    """The landscape's staging models of feed instances, entity -> instance -> model.

    Raises `OwnModelsError` for a name that is shipped, and for a staging model that belongs to no instance
    and no shipped system: its rows would reach nobody.
    """
    names = sources(SHIPPED)
    shipped = {Path(name).name: name for name in names if name.endswith(".sql")}
    own = own_files(settings)
    for name, path in own.items():
        if path.name in shipped or name in names:
            raise OwnModelsError(
                f"{path}: {shipped.get(path.name, name)} is shipped under this name; choose another"
            )
    entities = {table.name for table in SYSTEMS["feed"].tables}
    feeds = _feed_instances(settings)
    found: dict[str, dict[str, str]] = {}
    for path in own.values():
        named = re.fullmatch(r"stg_(.+?)__(.+)[.]sql", path.name)
        if named is None or (named[1] in SYSTEMS and named[1] not in feeds):
            continue
        if named[1] not in feeds or named[2] not in entities:
            raise OwnModelsError(
                f"{path}: call it stg_<instance>__<entity>.sql after an instance of system feed"
                f" ({', '.join(feeds) or 'landscape.yaml has none'}) and an entity such as receipt_line"
            )
        found.setdefault(named[2], {})[named[1]] = path.stem
    return found


def _feed_instances(settings: Settings) -> list[str]:
    assert settings.landscape_dir is not None
    document = LandscapeFile.read(settings.landscape_dir / "landscape.yaml").document
    instances = document.get("instances") or {}
    return [str(name) for name, entry in instances.items() if entry.get("system") == "feed"]
