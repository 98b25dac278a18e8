"""Which files at a source are whole: a marker no older stands beside them, and they stopped changing."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from ingestion.spec import ResourceSpec
from ingestion.transports.fetched import Candidate, SeenFiles

Look = Callable[[], list[Candidate]]


def missing_marker(
    name: str, resource: ResourceSpec, wire_marker: str, modified: int, times: Mapping[str, int]
) -> str:
    """What a file waits for; empty when nothing.

    `modified` and `times` (by name, of all that stands beside it) are times of change on one clock. A marker
    older than its file was set for what stood there before.
    """
    suffix = wire_marker if resource.marker is None else resource.marker
    marker = f"{name}{suffix}"
    if not suffix:
        return ""
    if marker not in times:
        return f"{name}: waits, {marker} is not there yet"
    return f"{name}: waits, {marker} is older than the file" if times[marker] < modified else ""


def settled_by_age(candidates: list[Candidate], now: datetime) -> tuple[list[Candidate], list[str]]:
    """The files that were left alone long enough before `now` (UTC), on a clock that is ours."""
    at = now.replace(tzinfo=UTC).timestamp()
    young = {
        each.name: each.resource.settled_for
        for each in candidates
        if each.resource.settled_for
        and int(each.modified) / 1e9 > at - each.resource.settled_for.total_seconds()
    }
    return _divided(candidates, young)


def settled_by_looks(look: Look, seen: SeenFiles) -> tuple[list[Candidate], list[str]]:
    """The files that a second look finds as the first did; the server's clock does not matter.

    Between the two the longest time is waited that a file not seen before asks for, so nothing new is no
    waiting. What changed or went is left for a later run.
    """
    first = look()
    asking = {
        each.name: each.resource.settled_for
        for each in first
        if each.resource.settled_for and not seen.is_untouched(each.name, each.size, each.modified)
    }
    if not asking:
        return first, []
    time.sleep(max(asking.values()).total_seconds())
    states = {each.name: (each.size, each.modified) for each in look()}
    moving = {
        each.name: asking[each.name]
        for each in first
        if each.name in asking and states.get(each.name) != (each.size, each.modified)
    }
    return _divided(first, moving)


def _divided(
    candidates: list[Candidate], unsettled: Mapping[str, timedelta]
) -> tuple[list[Candidate], list[str]]:
    remarks = [
        f"{name}: waits, it changed less than {int(length.total_seconds())} s ago"
        for name, length in sorted(unsettled.items())
    ]
    return [each for each in candidates if each.name not in unsettled], remarks
