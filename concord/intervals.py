"""What a random sample says of all it was drawn from: exact bounds, without asking for large numbers.

They are the bounds of Clopper and Pearson for a stratum of known size (hypergeometric): the smaller what is
left unseen, the narrower; where everything was seen they are one number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb

CONFIDENCE = Fraction(95, 100)


def bounds(size: int, seen: int, hits: int, error: Fraction = 1 - CONFIDENCE) -> tuple[int, int]:
    """The fewest and the most of `size` that are hits, if `hits` of `seen` are; a side errs `error / 2`."""
    if not 0 <= hits <= seen <= size:
        raise ValueError(f"{hits} hits of {seen} seen of {size}")
    ways = comb(size, seen)

    def is_above(
        total: int,
    ) -> bool:  # so many hits or more are not too rare, and with more in all still less so
        return 2 * _ways(size, seen, total, range(hits, seen + 1)) > error * ways

    def is_below(total: int) -> bool:
        return 2 * _ways(size, seen, total, range(hits + 1)) > error * ways

    least, most = hits, size - (seen - hits)
    low = _first(least, most, is_above)
    high = _first(low, most + 1, lambda total: total > most or not is_below(total)) - 1
    return low, high


def _ways(size: int, seen: int, total: int, hits: range) -> int:
    return sum(comb(total, hit) * comb(size - total, seen - hit) for hit in hits)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number for which something holds that holds for all after it; `high` at the latest."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


@dataclass(frozen=True)
class Stratum:
    """Documents of one kind: how many there are, how many of them a person labeled, how many with yes."""

    size: int
    labeled: int
    hits: int

    @property
    def expected(self) -> Fraction | None:
        """How many of all would be yes; None where documents are and nobody labeled one."""
        if not self.labeled:
            return None if self.size else Fraction(0)
        return Fraction(self.size * self.hits, self.labeled)

    @property
    def is_known(self) -> bool:
        return self.labeled == self.size


@dataclass(frozen=True)
class Estimate:
    """A share with the interval it lies in; None where nothing can be said."""

    value: Fraction | None
    low: Fraction
    high: Fraction


def precision(found: Stratum) -> Estimate:
    """The share of findings that are right."""
    if not found.size:
        return Estimate(None, Fraction(0), Fraction(1))
    expected = found.expected
    low, high = bounds(found.size, found.labeled, found.hits)
    value = None if expected is None else expected / found.size
    return Estimate(value, Fraction(low, found.size), Fraction(high, found.size))


def missed(others: list[Stratum]) -> tuple[Fraction | None, int, int]:
    """How many documents without the finding should have it: expected, at least and at most."""
    error = (1 - CONFIDENCE) / max(sum(not stratum.is_known for stratum in others), 1)
    each = [bounds(one.size, one.labeled, one.hits, error) for one in others]
    told = [one.expected for one in others if one.expected is not None]
    expected = sum(told, Fraction(0)) if len(told) == len(others) else None
    return expected, sum(low for low, _ in each), sum(high for _, high in each)


def recall(found: Stratum, others: list[Stratum]) -> Estimate:
    """The share of what is so that was found.

    Each stratum counts with its size. The error is shared out among the strata that are not fully seen, so
    that all their bounds hold together with the stated confidence, or a higher one.
    """
    unknown = sum(not stratum.is_known for stratum in (found, *others))
    error = (1 - CONFIDENCE) / max(unknown, 1)
    right = bounds(found.size, found.labeled, found.hits, error)
    missed = [bounds(one.size, one.labeled, one.hits, error) for one in others]
    fewest, most = sum(low for low, _ in missed), sum(high for _, high in missed)
    expected = [stratum.expected for stratum in (found, *others)]
    told = [one for one in expected if one is not None]
    total = sum(told, Fraction(0))
    value = told[0] / total if len(told) == len(expected) and total else None
    if right[1] + most == 0:
        return Estimate(None, Fraction(0), Fraction(1))
    low = Fraction(right[0], right[0] + most) if right[0] + most else Fraction(1)
    high = Fraction(right[1], right[1] + fewest) if right[1] + fewest else Fraction(0)
    return Estimate(value, low, high)
