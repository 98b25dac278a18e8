"""What dbt parsed of a project, kept in the cache of the user: one version is parsed once, not once per HOME.

An entry is one archive named after the content of the project and the versions of dbt. Entries come by one
rename and are checked as they are read; whatever is wrong with the cache costs a parse and nothing else.
"""

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

MANIFEST = "manifest.json"
PARSED = "partial_parse.msgpack"
STAMP = "project.sha256"
SOURCES = (".sql", ".yml", ".csv", ".py")
ENTRIES = 6
# Fast; a third of the time of the default for a tenth more bytes.
LEVEL = 1
PARSED_BY = ("dbt-core", "dbt-common", "dbt-adapters", "dbt-duckdb")
DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError)


def sources(project: Path) -> dict[str, bytes]:
    """The files of a dbt project that make its manifest, by their path in it."""
    found = [(path.relative_to(project), path) for path in project.rglob("*") if path.suffix in SOURCES]
    return {name.as_posix(): path.read_bytes() for name, path in found if name.parts[0] != "target"}


def hash_of(files: Mapping[str, bytes]) -> str:
    """A hash over names, contents and what parses them."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in PARSED_BY).encode())
    for name, content in sorted(files.items()):
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def parsed_in(target: Path) -> str:
    """Which project, by its hash, lies parsed in `target`; empty when none does, whole."""
    stamp = target / STAMP
    is_whole = stamp.is_file() and all((target / name).is_file() for name in (MANIFEST, PARSED))
    return stamp.read_text(encoding="utf-8") if is_whole else ""


def cache_dir(environ: Mapping[str, str]) -> Path | None:
    """`$XDG_CACHE_HOME/concord`, else `~/.cache/concord`; none for a user without a home."""
    given = environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(given) if Path(given).is_absolute() else Path.home() / ".cache") / "concord" / "parsed"
    except RuntimeError:
        return None


def have_parsed(project: Path, target: Path, cache: Path | None, parse: Callable[[], None]) -> None:
    """Lays manifest and partial parse of `project` into `target`, from the cache or by `parse`.

    What `parse` raises is passed on, and then `target` counts as holding nothing.
    """
    key = hash_of(sources(project))
    if parsed_in(target) == key:
        return
    target.mkdir(parents=True, exist_ok=True)
    (target / STAMP).unlink(missing_ok=True)
    if cache is None or not _take(cache / f"{key}.zip", target):
        parse()
        # Whoever edits a model meanwhile must not find it parsed as it was.
        if cache and key == hash_of(sources(project)):
            with suppress(OSError):
                _keep(cache / f"{key}.zip", target)
    (target / STAMP).write_text(key, encoding="utf-8")


def _take(entry: Path, target: Path) -> bool:
    """Whether the files of an entry, whole, lie in `target` now."""
    try:
        with zipfile.ZipFile(entry) as archive:
            # Reading to the end compares the checksum.
            files = {name: archive.read(name) for name in (PARSED, MANIFEST)}
    except DAMAGED:
        return False
    for name, content in files.items():
        unfinished = target / f"{name}.{os.getpid()}"
        unfinished.write_bytes(content)
        unfinished.replace(target / name)
    # The entries used last are kept.
    with suppress(OSError):
        os.utime(entry)
    return True


def _keep(entry: Path, target: Path) -> None:
    entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=entry.parent, prefix="new-", delete=False) as unfinished:
        try:
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, True, LEVEL) as archive:
                for name in (PARSED, MANIFEST):
                    archive.write(target / name, name)
            Path(unfinished.name).replace(entry)
        except BaseException:
            Path(unfinished.name).unlink(missing_ok=True)
            raise
    # With them go the unfinished files of killed processes: they grow no younger.
    by_age = sorted(entry.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[ENTRIES:]:
        old.unlink(missing_ok=True)
