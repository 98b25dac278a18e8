"""What a target has accepted, one line of JSON a commit, synced; and the clock by which it dates it.

Used by every book of a target. A line that was cut off by a crash never was a commit and is dropped.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Entry = dict[str, Any]


class WriteLog:
    """An append-only file of commits."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> list[Entry]:
        """All commits, oldest first."""
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self._path.write_bytes(whole)
        return [orjson.loads(line) for line in whole.splitlines()]

    def append(self, *entries: Entry) -> None:
        """Commits; on disk when this returns."""
        if not entries:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as book:
            book.write(b"".join(orjson.dumps(entry) + b"\n" for entry in entries))
            book.flush()
            os.fsync(book.fileno())


class WorldClock:
    """Milliseconds since 1970 that rise within the world's last second.

    The wall clock would date what is written after the world's end, where nobody who looks at its last day
    would see it.
    """

    def __init__(self, world_file: Path) -> None:
        world = json.loads(world_file.read_text(encoding="utf-8"))
        end = datetime.fromisoformat(world["as_of"]).replace(tzinfo=ZoneInfo(world["timezone"]))
        self.last_day = end.date()
        last_second = (end + timedelta(days=1)).astimezone(UTC) - timedelta(seconds=1)
        self._now = (last_second - EPOCH) // timedelta(milliseconds=1)
        self._end = self._now + 999

    def tick(self) -> int:
        """The next instant."""
        self._now = min(self._now + 1, self._end)
        return self._now

    def seen(self, instant: int) -> None:
        """Go on after an instant of an earlier start."""
        self._now = max(self._now, instant)


def iso(millis: int) -> str:
    """ISO 8601 with milliseconds, UTC."""
    moment = EPOCH + timedelta(milliseconds=millis)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis % 1000:03d}Z"


def odata_date(value: datetime | int) -> str:
    """A date, or milliseconds, as OData v2 writes it."""
    if isinstance(value, datetime):
        value = (value - EPOCH) // timedelta(milliseconds=1)
    return f"/Date({value})/"
