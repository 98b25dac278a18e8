"""What a gate answers: plain frozen values without a Great Expectations type in them.

Callers hold a batch (`passed`) or single rows (`failing`) by these; the gates themselves hold nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CRITICAL = "critical"
SEVERITIES = (CRITICAL, "warning", "info")


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold, in words its owner understands."""

    expectation: str
    column: str | None
    table: str
    unexpected_count: int
    sample_keys: tuple[str, ...]
    severity: str
    message: str
    owner: str
    observed: str | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict of one gate.

    `passed` is false when a critical expectation failed; warnings are listed but hold nothing. `failing`
    maps the key of every row that must stay behind to its reasons (posting gate only); rows without a key
    cannot be named there and are counted in `unkeyed`.
    """

    suite: str
    passed: bool
    failures: tuple[Failure, ...] = ()
    evaluated: int = 0
    failing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    unkeyed: int = 0

    @property
    def critical(self) -> tuple[Failure, ...]:
        return tuple(failure for failure in self.failures if failure.severity == CRITICAL)
