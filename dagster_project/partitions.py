"""The history of a landscape in months or days, and what a range of them covers.

A backfill lands a range of partitions in one run; keys read `2024-03` or `2024-03-31`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg

from ingestion.runs import Window

MONTH, DAY = "%Y-%m", "%Y-%m-%d"


def partitions_of(given: Mapping[str, Any] | None, timezone: str) -> dg.TimeWindowPartitionsDefinition | None:
    """The partitions of a landscape's `partitions` key; `ends_on` is the first day outside, none is open."""
    if not given:
        return None
    starts_on, ends_on = str(given["starts_on"]), given.get("ends_on")
    if given["grain"] == "month":
        return dg.MonthlyPartitionsDefinition(
            start_date=starts_on[:7],
            end_date=_key(ends_on, MONTH),
            fmt=MONTH,
            timezone=timezone,
        )
    return dg.DailyPartitionsDefinition(
        start_date=starts_on, end_date=_key(ends_on, DAY), fmt=DAY, timezone=timezone
    )


def window_of(partitions: dg.TimeWindowPartitionsDefinition, first: str, last: str) -> Window:
    """The days that the keys `first` to `last` cover; the end is exclusive."""
    return Window(
        starts_on=partitions.time_window_for_partition_key(first).start.date(),
        ends_on=partitions.time_window_for_partition_key(last).end.date(),
    )


def complaint_about(partitions: dg.TimeWindowPartitionsDefinition, first: str, last: str) -> str:
    """Why a range cannot be backfilled, empty when it can."""
    keys = partitions.get_partition_keys()
    for key in (first, last):
        if key not in keys:
            return f"{key!r} is no partition of this landscape; they run from {keys[0]} to {keys[-1]}"
    return f"{first} comes after {last}" if first > last else ""


def _key(moment: Any, form: str) -> str | None:
    return date.fromisoformat(str(moment)).strftime(form) if moment else None
