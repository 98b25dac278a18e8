"""A window of business days, for backfills: what it means for a point in time and for a file's name."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_DATED = re.compile(
    r"(?<![0-9])((?:19|20)[0-9]{2})[-_]?(0[1-9]|1[0-2])(?:[-_]?(0[1-9]|[12][0-9]|3[01]))?(?![0-9])"
)


@dataclass(frozen=True)
class Window:
    """The days from `starts_on` to before `ends_on`."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on <= self.starts_on:
            raise ValueError(f"a window must end after it starts: {self.starts_on} to {self.ends_on}")

    def local(self) -> tuple[datetime, datetime]:
        """Its first instant and the first after it, as wall-clock times without a zone."""
        return datetime.combine(self.starts_on, time()), datetime.combine(self.ends_on, time())

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The same in UTC for the days of a time zone."""
        starts, ends = self.local()
        return starts.replace(tzinfo=zone).astimezone(UTC), ends.replace(tzinfo=zone).astimezone(UTC)

    def meets(self, days: tuple[date, date]) -> bool:
        """True when any of the days from the first to the last lies inside."""
        return days[0] < self.ends_on and days[1] >= self.starts_on


def days_in_name(name: str) -> tuple[date, date] | None:
    """The first and last day a file is about by its name: a day, a month, or None when it names neither."""
    for match in _DATED.finditer(name):
        year, month = int(match[1]), int(match[2])
        last = calendar.monthrange(year, month)[1]
        if match[3] is None:
            return date(year, month, 1), date(year, month, last)
        if int(match[3]) <= last:
            day = date(year, month, int(match[3]))
            return day, day
    return None
