"""The pinned calendar of the simulated world: first and last day, busy and quiet days, local time to UTC.

Days are integers since 1970-01-01 and instants are seconds UTC, so that columns stay plain numpy arrays.
Nothing here reads the machine's clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STARTS_ON = date(2025, 1, 1)
AS_OF = date(2026, 6, 30)
TIMEZONE = "America/Chicago"
SECONDS_A_DAY = 86_400


def day_number(value: date) -> int:
    """Days since 1970-01-01."""
    return (value - date(1970, 1, 1)).days


FIRST_DAY = day_number(STARTS_ON)
LAST_DAY = day_number(AS_OF)
RENEWAL_DAY = day_number(date(2026, 1, 1))

# Contract renewals in January, flu season from December, fiscal close in June.
_MONTH_WEIGHT = {1: 1.20, 2: 1.08, 3: 1.0, 4: 0.97, 5: 0.98, 6: 1.12, 7: 0.9, 8: 0.93, 9: 1.0, 10: 1.02}
_WEEKDAY_WEIGHT = (1.15, 1.1, 1.05, 1.0, 0.95, 0.08, 0.05)


@cache
def order_day_weights() -> NDArray[np.float64]:
    """Share of orders placed on each day of the world; month-ends are busier than other days."""
    days = [STARTS_ON + timedelta(days=n) for n in range(LAST_DAY - FIRST_DAY + 1)]
    weights = [
        _MONTH_WEIGHT.get(day.month, 1.05)
        * _WEEKDAY_WEIGHT[day.weekday()]
        * (1.25 if (day + timedelta(days=3)).month != day.month else 1.0)
        for day in days
    ]
    shares: NDArray[np.float64] = np.array(weights, dtype=np.float64)
    shares /= shares.sum()
    return shares


@cache
def _utc_offsets() -> Ints:
    zone = ZoneInfo(TIMEZONE)
    first = datetime(STARTS_ON.year, STARTS_ON.month, STARTS_ON.day, 12, tzinfo=zone)
    offsets = []
    for number in range(LAST_DAY - FIRST_DAY + 400):
        offset = (first + timedelta(days=number)).utcoffset()
        offsets.append(-int((offset or timedelta()).total_seconds()))
    return np.array(offsets, dtype=np.int64)


def instants(days: Ints, local_seconds: Ints) -> Ints:
    """UTC seconds of a local time of day; callers stay within 06:00-17:59, so the UTC date is the same."""
    return days * SECONDS_A_DAY + local_seconds + _utc_offsets()[days - FIRST_DAY]


def local(seconds: Ints) -> Ints:
    """Local seconds of UTC instants from 11:00 UTC of a day to 11:00 of the next: when people work."""
    return seconds - _utc_offsets()[(seconds - 39_600) // SECONDS_A_DAY - FIRST_DAY]


def weekday_shift(days: Ints) -> Ints:
    """Move Sundays to Monday: receiving docks are closed."""
    shifted: Ints = days + ((days + 3) % 7 == 6)
    return shifted


def world_end() -> int:
    """The last instant of the world, UTC seconds: end of `AS_OF` in the health system's time zone."""
    end = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=ZoneInfo(TIMEZONE)) + timedelta(days=1)
    return int(end.astimezone(UTC).timestamp()) - 1
