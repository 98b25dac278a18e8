"""The landing copy: payloads as received, kept so that the warehouse can be rebuilt without the sources.

A batch is `HOME/landing/<instance>/<day>/<batch_id>/`: gzip files, sealed when a key is set, and
`manifest.json`. It appears by one rename, complete or not at all. The manifest repeats the batch's status, so
the state store can be rebuilt from it. Retention may replace payloads by rows with tokens (`retention.py`).
"""

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ingestion.formats.content import BLOCK, Content, Opened, unpacked, whole
from ingestion.landing_copy.sealing import PLAIN, Seal

Status = Literal["LANDED", "ACCEPTED", "HELD"]
MANIFEST = "manifest.json"
TOKENIZED = "tokenized-"


@dataclass(frozen=True)
class LandedFile:
    """One payload of a batch. `source_name` and `modified` tell whether the source's file was seen before.

    `marks` are `number=content hash` of the numbered documents in it, where the wire has such numbers.
    `api_version` is what the interface called itself in the answer, empty when it does not.
    `encoding` is the one a text file was read by, `columns` a hash of the set of its columns.
    `request_id` names the request that an answer belongs to, for the source's own logs. `records_sha256` is
    the hash of the records alone, where an answer also repeats the moment it was asked. A key set holds the
    keys of the resource and none of its rows.
    """

    name: str
    resource: str
    size: int
    sha256: str
    rows: int | None = None
    source_name: str = ""
    modified: str = ""
    marks: tuple[str, ...] = ()
    api_version: str = ""
    encoding: str = ""
    columns: str = ""
    request_id: str = ""
    records_sha256: str = ""
    key_id: str = ""
    is_key_set: bool = False

    @property
    def says(self) -> str:
        """Equal for payloads that bring the same."""
        return self.records_sha256 or self.sha256


@dataclass(frozen=True)
class Batch:
    """What one run fetched from one instance. `cursors` holds the latest change seen per resource.

    `snapshot_rows`, `snapshot_keys`, `snapshot_names` and `deleting` say what its acceptance settled about
    its snapshots (see `snapshots.Verdict`). `tokenized` are the rows that took the place of the payloads, a
    file for each table (its `resource`); the rows of a key set too.
    """

    batch_id: str
    instance: str
    system: str
    run_id: str
    known_at: datetime
    path: Path
    files: tuple[LandedFile, ...]
    cursors: Mapping[str, str] = field(default_factory=dict)
    status: Status = "LANDED"
    reason: str = ""
    actor: str = ""
    snapshot_rows: Mapping[str, int] = field(default_factory=dict)
    snapshot_keys: Mapping[str, int] = field(default_factory=dict)
    snapshot_names: Mapping[str, str] = field(default_factory=dict)
    deleting: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tokenized: tuple[LandedFile, ...] = ()

    def of_resource(self, resource: str) -> tuple[LandedFile, ...]:
        """What brought rows of a resource."""
        return tuple(file for file in self.files if file.resource == resource and not file.is_key_set)

    def key_sets_of(self, resource: str) -> tuple[LandedFile, ...]:
        """The key sets of a resource: one, or none."""
        return tuple(file for file in self.files if file.resource == resource and file.is_key_set)

    def about(self, file: LandedFile) -> str:
        """What a sealed file is bound to."""
        return _about(self.instance, self.run_id, file.name)

    def payload(self, file: LandedFile, seal: Seal = PLAIN) -> bytes:
        """The bytes as the source sent them. Raises `SealError` without the key they were sealed with."""
        return whole(self.content(file, seal))

    def content(self, file: LandedFile, seal: Seal = PLAIN) -> Opened:
        """The same to be read piece by piece."""

        def opened() -> BinaryIO:
            stored = seal.opened(self.path / file.name, self.about(file))
            is_as_sent = file.source_name.endswith(".gz") or not file.name.endswith(".gz")
            return stored if is_as_sent else unpacked(stored)

        return Opened(opened)


@dataclass(frozen=True)
class Payload:
    """Bytes fetched from a wire, not yet landed; `name` is unique within its batch."""

    name: str
    resource: str
    content: Content
    rows: int | None = None
    source_name: str = ""
    modified: str = ""
    marks: tuple[str, ...] = ()
    api_version: str = ""
    encoding: str = ""
    columns: str = ""
    request_id: str = ""
    records_sha256: str = ""
    is_key_set: bool = False

    @property
    def sha256(self) -> str:
        return self.content.sha256

    @property
    def says(self) -> str:
        """As of a landed file."""
        return self.records_sha256 or self.sha256

    def landed(self, name: str) -> LandedFile:
        """What a manifest keeps of it."""
        return LandedFile(
            name=name,
            resource=self.resource,
            size=self.content.size,
            sha256=self.sha256,
            rows=self.rows,
            source_name=self.source_name,
            modified=self.modified,
            marks=self.marks,
            api_version=self.api_version,
            encoding=self.encoding,
            columns=self.columns,
            request_id=self.request_id,
            records_sha256=self.records_sha256,
            is_key_set=self.is_key_set,
        )


def write_batch(
    landing_dir: Path,
    *,
    batch_id: str,
    instance: str,
    system: str,
    run_id: str,
    known_at: datetime,
    payloads: Sequence[Payload],
    cursors: Mapping[str, str],
    seal: Seal = PLAIN,
) -> Batch:
    """Lands the payloads as one batch; a reader sees all of it or nothing."""
    folder = landing_dir / instance / f"{known_at:%Y-%m-%d}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    final = folder / batch_id
    unfinished = folder / f".{batch_id}.tmp"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    files = []
    for payload in payloads:
        compressed = payload.source_name.endswith(".gz") or payload.name.endswith(".parquet")
        name = payload.name if compressed else f"{payload.name}.gz"
        with (
            payload.content.open() as source,
            (unfinished / name).open("wb") as file,
            seal.closing(file, _about(instance, run_id, name)) as sealed,
        ):
            _copy(source, sealed, compressed=compressed)
        files.append(replace(payload.landed(name), key_id=seal.key_id))
    batch = Batch(batch_id, instance, system, run_id, known_at, final, tuple(files), dict(cursors))
    _write_manifest(unfinished, batch)
    unfinished.rename(final)
    return batch


def set_aside(batch: Batch, resource: str, *, only_keys: bool = False) -> tuple[Batch, Batch]:
    """Divides a batch: what is left of it, and a batch of its own for the files of one resource.

    With `only_keys` the rows stay and their cursor with them. The new one appears first, whole. A crash in
    between leaves its files in both; dividing again mends that.
    """
    name = f"{batch.batch_id}-{resource}{'.keys' if only_keys else ''}"
    final, unfinished = batch.path.with_name(name), batch.path.with_name(f".{name}.tmp")
    moved = batch.key_sets_of(resource)
    if not only_keys:
        moved = (*batch.of_resource(resource), *moved)
    goes = {name for name in batch.cursors if name == resource and not only_keys}
    part = replace(
        batch,
        batch_id=name,
        path=final,
        files=moved,
        cursors={name: at for name, at in batch.cursors.items() if name in goes},
    )
    rest = replace(
        batch,
        files=tuple(file for file in batch.files if file not in moved),
        cursors={name: at for name, at in batch.cursors.items() if name not in goes},
    )
    for folder in (unfinished, final):
        shutil.rmtree(folder, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    for file in moved:
        shutil.copy2(batch.path / file.name, unfinished / file.name)
    _write_manifest(unfinished, part)
    unfinished.rename(final)
    _write_manifest(rest.path, rest)
    for file in moved:
        (batch.path / file.name).unlink()
    return rest, part


def replace_payloads(
    batch: Batch, tables: Mapping[str, bytes], key_sets: Mapping[str, bytes], *, seal: Seal = PLAIN
) -> Batch:
    """The batch with rows (a Parquet file for each table) in place of its payloads, which are deleted.

    `key_sets` are the rows of key sets, by table.

    The manifest changes between the two, so that a reader finds one or the other; what is left over when the
    process dies is deleted the next time.
    """
    if not batch.tokenized:
        files = []
        kept = [(table, content, False) for table, content in tables.items()]
        kept += [(table, content, True) for table, content in key_sets.items()]
        for table, content, is_key_set in kept:
            file = LandedFile(
                name=f"{TOKENIZED}{table}{'.keys' if is_key_set else ''}.parquet",
                resource=table,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                key_id=seal.key_id,
                is_key_set=is_key_set,
            )
            (batch.path / file.name).write_bytes(seal.close(content, batch.about(file)))
            files.append(file)
        batch = replace(batch, tokenized=tuple(files))
        _write_manifest(batch.path, batch)
    for file in batch.files:
        (batch.path / file.name).unlink(missing_ok=True)
    return batch


def note_keys(batch: Batch, keys: Mapping[str, str]) -> Batch:
    """The batch whose manifest names the key (its id) that each of these files is sealed with."""

    def noted(files: Sequence[LandedFile]) -> tuple[LandedFile, ...]:
        return tuple(replace(file, key_id=keys.get(file.name, file.key_id)) for file in files)

    changed = replace(batch, files=noted(batch.files), tokenized=noted(batch.tokenized))
    _write_manifest(changed.path, changed)
    return changed


def set_status(batch: Batch, status: Status, *, reason: str, actor: str) -> Batch:
    """The batch with its new status, also in its manifest."""
    changed = replace(batch, status=status, reason=reason, actor=actor)
    _write_manifest(changed.path, changed)
    return changed


def read_batch_manifest(path: Path) -> Batch:
    found: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    found["files"] = tuple(
        LandedFile(**{**file, "marks": tuple(file.get("marks", ()))}) for file in found["files"]
    )
    found["tokenized"] = tuple(LandedFile(**file) for file in found.get("tokenized", ()))
    found["known_at"] = datetime.fromisoformat(found["known_at"])
    return Batch(path=path, **found)


def batches_on_disk(landing_dir: Path) -> Iterator[Batch]:
    """Every complete batch, oldest first."""
    manifests = sorted(landing_dir.glob(f"*/*/*/{MANIFEST}"), key=lambda path: (path.parent.name, str(path)))
    for manifest in manifests:
        if not manifest.parent.name.startswith("."):
            yield read_batch_manifest(manifest.parent)


def sort_into_days(landing_dir: Path) -> None:
    """Moves the batches of a home from before there were folders for days; one rename each."""
    for manifest in landing_dir.glob(f"*/*/{MANIFEST}"):
        folder = manifest.parent
        if not folder.name.startswith("."):
            day = folder.parent / f"{read_batch_manifest(folder).known_at:%Y-%m-%d}"
            day.mkdir(mode=0o700, exist_ok=True)
            folder.rename(day / folder.name)


def _about(instance: str, run_id: str, name: str) -> str:
    # Not the batch: its files may be divided (`set_aside`).
    return f"{instance}/{run_id}/{name}"


def _copy(source: BinaryIO, target: BinaryIO, *, compressed: bool) -> None:
    if compressed:
        shutil.copyfileobj(source, target, BLOCK)
        return
    with gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=target, mtime=0) as packed:
        shutil.copyfileobj(source, packed, BLOCK)


def _write_manifest(folder: Path, batch: Batch) -> None:
    content = asdict(batch)
    content.pop("path")
    content["known_at"] = batch.known_at.isoformat()
    unfinished = folder / f".{MANIFEST}.tmp"
    unfinished.write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    unfinished.replace(folder / MANIFEST)
