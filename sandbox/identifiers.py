"""Identifiers that pass their check digits and belong to nobody.

Reserved ranges are used where they exist: GS1 prefix 952 (demonstrations) for GTIN and GLN, the routing range
80 that no bank account uses, area codes with 9 in the middle. Employer numbers have no check digit, only
valid prefixes.
"""

from __future__ import annotations

_EIN_PREFIXES = (
    "20",
    "26",
    "27",
    "45",
    "46",
    "47",
    "81",
    "82",
    "83",
    "84",
    "85",
    "86",
    "87",
    "88",
    "92",
    "93",
)
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _gs1_check(body: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def gtin(number: int, level: int = 0) -> str:
    """GTIN-14 of a packaging level."""
    body = f"{level}952{number:09d}"
    return body + _gs1_check(body)


def gln(number: int) -> str:
    """GLN-13 of a place."""
    body = f"952{number:09d}"
    return body + _gs1_check(body)


def routing(number: int) -> str:
    """Nine-digit bank routing number."""
    body = f"80{number:06d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return body + str(-total % 10)


def npi(number: int) -> str:
    """National provider number: Luhn over the prefix 80840."""
    body = f"1{number:08d}"
    total = 24 + sum(
        _LUHN_DOUBLED[int(digit)] if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(body))
    )
    return body + str(-total % 10)


def lei(number: int) -> str:
    """Legal entity identifier with its two ISO 7064 check digits."""
    body = f"9695{number:014d}"
    return f"{body}{98 - int(body + '00') % 97:02d}"


def ein(number: int) -> str:
    """Employer number with a prefix in use; consecutive numbers differ in several digits."""
    serial = (number * 7_368_787 + 3_141_593) % 10_000_000
    return f"{_EIN_PREFIXES[number % len(_EIN_PREFIXES)]}-{serial:07d}"


def duns(number: int) -> str:
    """Nine digits, spread so that neighbors are unlike."""
    return f"{(number * 61_803_399 + 271_828_183) % 900_000_000 + 100_000_000}"


def phone(number: int) -> str:
    """A telephone number in an area code that is held back for a longer numbering plan."""
    return f"({2 + number % 7}9{number % 10}) {200 + number * 7 % 700}-{1_000 + number * 37 % 9_000}"
