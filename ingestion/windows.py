"""A window of business days, for backfills: what it means for a point in time and for a file's name."""

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_DATED = re.compile(
    r"(?<![0-9])((?:19|20)[0-9]{2})[-_]?(0[1-9]|1[0-2])(?:[-_]?(0[1-9]|[12][0-9]|3[01]))?(?![0-9])"
)

Bounds = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Window:
    """The days from `starts_on` to before `ends_on`.

    The first window of a history also takes what changed before it, the last what changed after it: all
    windows together then bring what one go brings.
    """

    starts_on: date
    ends_on: date
    takes_earlier: bool = False
    takes_later: bool = False

    def __post_init__(self) -> None:
        if self.ends_on <= self.starts_on:
            raise ValueError(f"a window must end after it starts: {self.starts_on} to {self.ends_on}")

    def within(self, first: date | None, end: date | None) -> "Window":
        """The window as one of a history from `first` to before `end`, as far as these are known."""
        return replace(
            self,
            takes_earlier=first is not None and self.starts_on <= first,
            takes_later=end is not None and self.ends_on >= end,
        )

    def local(self) -> Bounds:
        """Its first instant and the first after it as wall-clock times without a zone; None is no bound."""
        return (
            None if self.takes_earlier else datetime.combine(self.starts_on, time()),
            None if self.takes_later else datetime.combine(self.ends_on, time()),
        )

    def instants(self, zone: ZoneInfo) -> Bounds:
        """The same in UTC for the days of a time zone."""
        starts, ends = (moment and moment.replace(tzinfo=zone).astimezone(UTC) for moment in self.local())
        return starts, ends

    def meets(self, days: tuple[date, date]) -> bool:
        """True when any of the days from the first to the last lies inside."""
        is_early, is_late = days[1] < self.starts_on, days[0] >= self.ends_on
        return not (is_early and not self.takes_earlier) and not (is_late and not self.takes_later)


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
