"""What a publisher of exclusion lists says of one party; masters hold these beside the usual ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Exclusion:
    """A party on the list of a publisher of exclusions."""

    publisher: str
    business: str
    npi: str | None
    street: str
    city: tuple[str, str, str]
    excluded_on: date
    reinstated_on: date | None = None
