"""A contract that is not in force yet: a folder that looks like the application's own, to be tried first.

`spec.py` defines SPEC as `ingestion/systems/<system>/spec.py` does, and `models/staging/<system>/` holds what
changes of its staging. Nothing else changes with an interface: what staging makes of it stays the same.
"""

import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingestion.spec import SystemSpec

SPEC_FILE = "spec.py"
MODELS = "models"
SUFFIXES = (".sql", ".yml")


class ProposedContractError(ValueError):
    """A folder that is no contract of the application; the message names the file and what it should be."""


@dataclass(frozen=True)
class ProposedContract:
    """The new spec, and its staging models by their path in the dbt project."""

    path: Path
    spec: SystemSpec
    models: Mapping[str, Path]


def read_proposed(path: Path, system: str) -> ProposedContract:
    """Reads a folder, or a `spec.py` alone, as the new contract of `system`. Its Python is executed.

    Raises `ProposedContractError`.
    """
    file, folder = (path / SPEC_FILE, path) if path.is_dir() else (path, None)
    if not file.is_file():
        raise ProposedContractError(f"{file}: not found; begin with a copy of {_shipped(system)}")
    try:
        spec = runpy.run_path(str(file)).get("SPEC")
    except Exception as error:  # noqa: BLE001 - whatever the code of the file raises is about the file
        raise ProposedContractError(f"{file} cannot be read: {type(error).__name__}: {error}") from None
    if not isinstance(spec, SystemSpec):
        raise ProposedContractError(f"{file} defines no SPEC; begin with a copy of {_shipped(system)}")
    if wrong := "; ".join(_complaints(spec, system)):
        raise ProposedContractError(f"{file}: {wrong}")
    return ProposedContract(path, spec, _models(folder, system) if folder else {})


def _shipped(system: str) -> str:
    return f"ingestion/systems/{system}/{SPEC_FILE}"


def _complaints(spec: SystemSpec, system: str) -> Iterator[str]:
    if spec.name != system:
        yield f"it is the contract of {spec.name}, the instance is of {system}"
    tables = {table.name: {column.name for column in table.columns} for table in spec.tables}
    for resource in spec.resources:
        for name in resource.tables:
            if name not in tables:
                yield f"resource {resource.name} fills the table {name}, which is not declared"
    for table in spec.tables:
        for part in (name for key in table.key for name in key.split(" or ")):
            if part not in tables[table.name]:
                yield f"the key of {table.name} names {part}, which is no column of it"


def _models(folder: Path, system: str) -> dict[str, Path]:
    own = f"{MODELS}/staging/{system}/"
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted((folder / MODELS).rglob("*"))
        if path.is_file() and path.suffix in SUFFIXES
    }
    for name, path in found.items():
        if not name.startswith(own):
            raise ProposedContractError(
                f"{path}: only {own} changes with a contract; own tables belong to a landscape"
            )
    return found
