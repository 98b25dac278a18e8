"""Seals what was kept before a landing key was set: payloads, journal, decisions, events that wait.

A file is replaced by its sealed self in one rename, and a manifest names the key afterwards, so that a crash
leaves files of either kind, each of which can be read, and the next attempt finishes.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.landing_copy.inbox import Inbox
from ingestion.landing_copy.journal import FOLDER
from ingestion.landing_copy.landing import Batch, LandedFile, batches_on_disk, note_keys
from ingestion.landing_copy.sealing import HEAD, Seal, SealError, sealed_with
from ingestion.runs import RunContext

ACTOR = "landing seal"


@dataclass(frozen=True)
class Sealed:
    """What was sealed in one place: a batch, the journal or an inbox."""

    place: str
    files: int
    size: int


def seal_late(run: RunContext) -> Iterator[Sealed]:
    """Seals every plain file with the first landing key; each place is audited. Without plain files nothing.

    Raises `SealError` without a key, and for a payload that is not what was landed.
    """
    if not run.seal.key_id:
        raise SealError("CONCORD_LANDING_KEY is not set; set the key that seals from now on")
    for batch in batches_on_disk(run.settings.landing_dir):
        yield from _audited(run, f"{batch.instance}/{batch.batch_id}", _seal_batch(batch, run.seal))
    journal = sorted((run.settings.landing_dir / FOLDER).glob("*.jsonl"))
    sizes = [_seal_file(path, f"{FOLDER}/{path.name}", run.seal) for path in journal]
    yield from _audited(run, FOLDER, sizes)
    for folder in sorted(path for path in run.settings.inbox_dir.glob("*") if path.is_dir()):
        inbox = Inbox(folder, run.seal)
        sizes = [_seal_file(path, inbox.about(path.name), run.seal) for path in inbox.waiting()]
        yield from _audited(run, f"inbox/{folder.name}", sizes)


def _seal_batch(batch: Batch, seal: Seal) -> list[int]:
    sizes, keys = [], {}
    for file in (*batch.files, *batch.tokenized):
        path = batch.path / file.name
        if not path.exists():
            continue  # Its rows with tokens took its place.
        if _is_plain(path):
            _check(batch, file, seal)
            sizes.append(_seal_file(path, batch.about(file), seal))
        keys[file.name] = sealed_with(_head(path))
    if any(keys.get(file.name, file.key_id) != file.key_id for file in (*batch.files, *batch.tokenized)):
        note_keys(batch, keys)
    return sizes


def _check(batch: Batch, file: LandedFile, seal: Seal) -> None:
    """A payload that was changed since must not be sealed as if it had come so."""
    if hashlib.sha256(batch.payload(file, seal)).hexdigest() != file.sha256:
        raise SealError(
            f"{batch.path / file.name} is not what was landed; put the landing copy back from a backup"
        )


def _seal_file(path: Path, about: str, seal: Seal) -> int:
    """The bytes that were plain; 0 for a file that is sealed already."""
    if not _is_plain(path):
        return 0
    content = path.read_bytes()
    unfinished = path.with_name(f".{path.name}.tmp")
    with unfinished.open("wb") as file:
        file.write(seal.close(content, about))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return len(content)


def _is_plain(path: Path) -> bool:
    return not sealed_with(_head(path))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _audited(run: RunContext, place: str, sizes: list[int]) -> Iterator[Sealed]:
    done = [size for size in sizes if size]
    if not done:
        return
    run.state.append_audit(
        at=run.started_at,
        actor=ACTOR,
        action="sealed",
        subject=place,
        detail={"files": len(done), "key_id": run.seal.key_id, "run_id": run.run_id},
    )
    yield Sealed(place, len(done), sum(done))
