"""The manifest of an instance's files: what came, what became of it, and what should have come and did not.

Derived, never kept: from the landing copy, the refusals of the state store and the calendar that the
landscape declares. Only a resource with a cadence or a sequence can miss a file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ingestion.configuration.landscape import Instance
from ingestion.landing_copy.landing import Batch, LandedFile
from ingestion.runs import RunContext
from ingestion.spec import Cadence, ResourceSpec
from ingestion.windows import days_in_name

STATUS = {"ACCEPTED": "LOADED", "HELD": "QUARANTINED", "LANDED": "LANDED"}


@dataclass(frozen=True)
class FileEntry:
    """One file, or the place where one is missing. `seen_at` (UTC): first landed or refused."""

    instance: str
    resource: str
    name: str
    status: str
    seen_at: datetime | None = None
    size: int | None = None
    encoding: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.resource}: {self.name}" + (f", {self.detail}" if self.detail else "")


def manifest(run: RunContext, instance: Instance) -> list[FileEntry]:
    """Every file of an instance in the order it was seen, then what is missing."""
    batches = run.state.batches(instance.name)
    entries = [_landed(batch, file) for batch in batches for file in batch.files if file.source_name]
    entries += [
        FileEntry(
            instance=instance.name,
            resource="",
            name=refused["file"],
            status=refused["status"] or "REFUSED",
            seen_at=refused["first_seen_at"],
            detail=f"{refused['reason']}; {refused['remedy']}",
        )
        for refused in run.state.refusals(instance.name)
    ]
    entries.sort(key=lambda entry: (entry.seen_at or datetime.max, entry.name))
    return entries + missing_files(instance, batches, run.as_of)


def missing_files(instance: Instance, batches: Iterable[Batch], as_of: date) -> list[FileEntry]:
    """What should have come by the end of the business day `as_of` and did not, by resource."""
    files: dict[str, list[LandedFile]] = {}
    landed_on: dict[str, date] = {}
    for batch in batches:
        for file in batch.files:
            if file.source_name:
                files.setdefault(file.resource, []).append(file)
                landed_on[file.resource] = batch.known_at.date()
    return [
        entry
        for resource in instance.spec.resources
        for entry in (
            *_sequence_gaps(instance.name, resource, files.get(resource.name, [])),
            *_absent_days(instance, resource, files.get(resource.name, []), landed_on, as_of),
        )
    ]


def _landed(batch: Batch, file: LandedFile) -> FileEntry:
    return FileEntry(
        instance=batch.instance,
        resource=file.resource,
        name=file.source_name,
        status=STATUS[batch.status],
        seen_at=batch.known_at,
        size=file.size,
        encoding=file.encoding,
        detail=batch.reason,
    )


def _sequence_gaps(instance: str, resource: ResourceSpec, files: list[LandedFile]) -> Iterator[FileEntry]:
    """The numbers between the first and the last seen that no file has."""
    if not resource.sequence:
        return
    found = {int(match[1]) for file in files if (match := re.search(resource.sequence, file.source_name))}
    for number in range(min(found, default=0), max(found, default=0)):
        if number not in found:
            yield FileEntry(instance, resource.name, f"number {number}", "SEQUENCE_GAP")


def _absent_days(
    instance: Instance,
    resource: ResourceSpec,
    files: list[LandedFile],
    landed_on: dict[str, date],
    as_of: date,
) -> Iterator[FileEntry]:
    """Periods without a file: a gap before the newest, expected and missing after it.

    Files whose names say no day are expected once a period, by the day they were landed.
    """
    if not resource.cadence:
        return
    dated = [days for file in files if (days := days_in_name(file.source_name))]
    if files and not dated:
        dated = [(landed_on[resource.name], landed_on[resource.name])]
    newest = max((days[1] for days in dated), default=date.min)
    start = min((days[0] for days in dated), default=instance.history_starts_on or as_of)
    for first, last in periods(resource.cadence, start, as_of - resource.grace):
        if any(days[0] <= last and days[1] >= first for days in dated):
            continue
        status = "SEQUENCE_GAP" if last < newest else "EXPECTED_MISSING"
        name = f"{first}" if first == last else f"{first} to {last}"
        yield FileEntry(instance.name, resource.name, name, status, detail=f"expected {resource.cadence}")


def periods(cadence: Cadence, start: date, end: date) -> Iterator[tuple[date, date]]:
    """First and last day of every period from the one `start` lies in that is over by `end`."""
    first = start
    if cadence == "weekly":
        first = start - timedelta(days=start.weekday())
    elif cadence == "monthly":
        first = start.replace(day=1)
    while True:
        length = {"weekly": 7, "monthly": 32}.get(cadence, 1)
        following = first + timedelta(days=length)
        if cadence == "monthly":
            following = following.replace(day=1)
        last = following - timedelta(days=1)
        if last > end:
            return
        if cadence != "weekdays" or first.weekday() < 5:
            yield first, last
        first = following
