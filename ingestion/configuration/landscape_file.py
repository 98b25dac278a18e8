"""A landscape's YAML with its line numbers: resolves its references and words complaints.

Knows nothing of what the keys mean; `landscape.py` does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from ingestion.configuration.references import REFERENCE, References, UnresolvedError

Where = tuple[str | int, ...]


class LandscapeError(Exception):
    """A landscape that must not be used; each complaint names file, line and what is allowed."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(complaints))


@dataclass(frozen=True)
class LandscapeFile:
    """The parsed document; `CommentedMap` remembers where each key stands."""

    path: Path
    document: CommentedMap

    @classmethod
    def read(cls, path: Path) -> "LandscapeFile":
        if not path.is_file():
            raise LandscapeError([f"{path}: not found; a landscape folder holds landscape.yaml and seeds/"])
        try:
            document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise LandscapeError([f"{path}:{line}: {error.problem}"]) from None
        if not isinstance(document, CommentedMap):
            raise LandscapeError([f"{path}:1: must be a mapping of keys such as name, instances"])
        return cls(path, document)

    def text(self, key: str) -> str:
        return str(self.document.get(key, ""))

    def line(self, where: Where) -> int:
        """The line of the deepest part of a path that exists in the file."""
        node: Any = self.document
        line = 0
        for part in where:
            if isinstance(node, CommentedMap) and part in node:
                line = node.lc.key(part)[0]
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line = node.lc.item(part)[0]
            else:
                break
            node = node[part]
        return line + 1

    def variables(self, where: Where) -> tuple[str, ...]:
        """The environment variables that the mapping at a place refers to, each once, in the file's order."""
        node: Any = self.document
        for part in where:
            node = node.get(part, {})
        found = (match["name"] for value in node.values() for match in REFERENCE.finditer(str(value)))
        return tuple(dict.fromkeys(name for name in found if name))

    def written(self, where: Where) -> str:
        """The text at a place as it stands in the file, references unresolved."""
        node: Any = self.document
        for part in where:
            node = node.get(part, {})
        return str(node)

    def message(self, where: Where, text: str) -> str:
        return f"{self.path}:{self.line(where)}: {text}"

    def resolve(self, environ: Mapping[str, str], *, optional: frozenset[Where]) -> dict[str, Any]:
        """Plain values with references filled in (`references.py`); an optional one may be unset."""
        complaints: list[str] = []
        known = References(environ, self.path.parent)

        def plain(node: Any, where: Where) -> Any:
            if isinstance(node, CommentedMap):
                return {str(key): plain(value, (*where, key)) for key, value in node.items()}
            if isinstance(node, CommentedSeq):
                return [plain(value, (*where, at)) for at, value in enumerate(node)]
            return text(node, where) if isinstance(node, str) else node

        def text(node: str, where: Where) -> str | None:
            def value(match: re.Match[str]) -> str:
                try:
                    return known.value(match)
                except UnresolvedError as error:
                    if where not in optional:
                        complaints.append(self.message(where, str(error)))
                    return ""

            return REFERENCE.sub(value, node) or None

        document = plain(self.document, ())
        if complaints:
            raise LandscapeError(complaints)
        assert isinstance(document, dict)
        return document

    def complaint(self, problem: Mapping[str, Any], model: type[BaseModel]) -> str:
        """One pydantic problem in words, with what is allowed at its place."""
        where: Where = tuple(problem["loc"])
        if problem["type"] == "extra_forbidden":
            allowed = ", ".join(_fields(model, where[:-1]))
            return self.message(where, f"unknown key {where[-1]!r}; allowed: {allowed}")
        name = ".".join(str(part) for part in where)
        if problem["type"] == "missing":
            return self.message(where, f"{name} is missing")
        if problem["type"] == "literal_error":
            allowed = str(problem["ctx"]["expected"])
            return self.message(where, f"{name} is {problem['input']!r}; allowed: {allowed}")
        return self.message(where, f"{name}: {problem['msg'].removeprefix('Value error, ')}")


def references(path: Path) -> set[str]:
    """The names of all environment variables a landscape file refers to."""
    found = (match["name"] for match in REFERENCE.finditer(path.read_text(encoding="utf-8")))
    return {name for name in found if name}


def _fields(model: type[BaseModel], where: Where) -> list[str]:
    current: Any = model
    for part in where:
        field = current.model_fields.get(part) if _is_model(current) else None
        current = field.annotation if field else _inner(current)
        if not _is_model(current) and not get_args(current):
            return []
    while not _is_model(current) and get_args(current):
        current = _inner(current)
    return list(current.model_fields) if _is_model(current) else []


def _inner(annotation: Any) -> Any:
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    return arguments[-1] if arguments else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
