"""Who exists in the fictional vendor master: ordinary suppliers, and families of suppliers that look alike.

`TRAPS` names the families; within one, different suppliers must never become one golden record.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from matching.yardstick.words import (
    BRANCH_WORDS,
    CODAS,
    GIVEN,
    LEGAL,
    NUCLEI,
    ONSETS,
    QUALITIES,
    STREET_TYPES,
    STREETS,
    SURNAMES,
    TOWNS,
    TRADES,
)

_LEGAL_END = re.compile(rf",? (?:{'|'.join(map(re.escape, LEGAL))})$")
TRAPS = (
    "franchise",
    "parent_subsidiary",
    "same_name",
    "person",
    "shared_building",
    "shared_bank",
    "placeholder",
)
_SHARES = {
    **{"parent_subsidiary": 0.055, "franchise": 0.015, "same_name": 0.025, "person": 0.04},
    **{"shared_building": 0.02, "shared_bank": 0.012, "placeholder": 0.004},
}


@dataclass(frozen=True)
class Address:
    """A street address or, where `box` is set, a box. `kind` is an index into STREET_TYPES."""

    number: int
    street: str
    kind: int
    suite: str
    city: str
    region: str
    postal_code: str
    box: str = ""


@dataclass(frozen=True)
class Supplier:
    """One legal person as it is; `dress` says how systems write it down."""

    number: int
    name: str
    tax_id: str
    head: Address
    remit: tuple[Address, ...]
    sites: tuple[Address, ...]
    phone: str
    domain: str
    bank: str
    other_name: tuple[str, str] | None = None
    duns: str | None = None
    trap: str = ""
    family: int | None = None
    shares_tax_id: str | None = None


@dataclass
class World:
    """Makes suppliers one family after the other; the same seed makes the same ones."""

    seed: int
    _taken: set[str] = field(default_factory=set)
    _count: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def families(self) -> Iterator[list[Supplier]]:
        """Endless; mostly single suppliers without a family."""
        while True:
            pick, floor = self.chance.random(), 0.0
            for trap, share in _SHARES.items():
                floor += share
                if pick < floor:
                    yield getattr(self, f"_{trap}")()
                    break
            else:
                yield [self._supplier()]

    def _supplier(self, **fixed: object) -> Supplier:
        chance = self.chance
        name = str(fixed.pop("name", "")) or self._name()
        made = Supplier(
            number=self._count,
            name=name,
            tax_id=self._tax_id(),
            head=self._address(),
            remit=tuple(self._box() for _ in range(chance.choice((0, 1, 1, 2)))),
            sites=tuple(self._address() for _ in range(chance.choice((0, 0, 0, 1, 2)))),
            phone=self._phone(),
            domain=self._domain(name),
            bank=f"{chance.randrange(10**12):012d}",
            other_name=self._other_name(),
            duns=f"{chance.randrange(10**8, 10**9 - 1):09d}" if chance.random() < 0.4 else None,
        )
        self._count += 1
        return replace(made, **fixed)  # type: ignore[arg-type]

    def _parent_subsidiary(self) -> list[Supplier]:
        """Own tax ids; often the parent's address, telephone and mail."""
        parent = self._supplier(trap="parent_subsidiary", family=self._count)
        family = [parent]
        stem = _LEGAL_END.sub("", parent.name)
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            tail = self.chance.choice((self._trade(), f"of {self._town()[0]}", *BRANCH_WORDS))
            child = self._supplier(
                name=f"{stem} {tail} {self._legal()}", trap="parent_subsidiary", family=parent.number
            )
            if self.chance.random() < 0.6:
                child = replace(child, head=parent.head, phone=parent.phone, domain=parent.domain)
            family.append(child)
        return family

    def _franchise(self) -> list[Supplier]:
        """One brand, one national telephone and domain; each unit its own tax id and address."""
        brand = f"{self._stem()} {self._trade()}"
        phone, domain = f"800{self.chance.randrange(2_000_000, 9_999_999)}", self._domain(brand)
        number = self._count
        return [
            self._supplier(
                name=f"{brand} of {town[0]}", phone=phone, domain=domain, trap="franchise", family=number
            )
            for town in self.chance.sample(TOWNS, self.chance.randrange(2, 7))
        ]

    def _same_name(self) -> list[Supplier]:
        name, number = f"{self.chance.choice(QUALITIES)} {self._trade()}", self._count
        count = self.chance.choice((2, 2, 2, 3))
        return [
            self._supplier(name=f"{name} {self._legal()}", trap="same_name", family=number)
            for _ in range(count)
        ]

    def _person(self) -> list[Supplier]:
        """One or two individuals; two carry the same name."""
        given, surname, number = self.chance.choice(GIVEN), self.chance.choice(SURNAMES), self._count
        letter = self.chance.choice("ABCDEFGHJKLMNPRSTW")
        name = self.chance.choice(
            (f"{surname}, {given} MD", f"{given} {surname}", f"{given} {letter} {surname} MD PC")
        )
        return [
            self._supplier(name=name, other_name=None, duns=None, trap="person", family=number)
            for _ in range(self.chance.choice((1, 1, 1, 2)))
        ]

    def _shared_building(self) -> list[Supplier]:
        head, number = self._address(), self._count
        phone = self._phone() if self.chance.random() < 0.3 else None
        return [
            self._supplier(
                head=head, trap="shared_building", family=number, **({"phone": phone} if phone else {})
            )
            for _ in range(self.chance.randrange(2, 5))
        ]

    def _shared_bank(self) -> list[Supplier]:
        """A factoring bank is paid for several suppliers, at its own box."""
        bank, box, number = f"{self.chance.randrange(10**12):012d}", self._box(), self._count
        return [
            self._supplier(bank=bank, remit=(box,), trap="shared_bank", family=number)
            for _ in range(self.chance.randrange(2, 6))
        ]

    def _placeholder(self) -> list[Supplier]:
        """Suppliers whose clerk typed one and the same, formally valid, number."""
        number, shared = self._count, self._tax_id()
        return [
            self._supplier(trap="placeholder", family=number, shares_tax_id=shared)
            for _ in range(self.chance.randrange(7, 12))
        ]

    def _name(self) -> str:
        chance, kind = self.chance, self.chance.random()
        if kind < 0.40:
            words = [self._stem(), self._trade(), *([self._trade()] if chance.random() < 0.5 else [])]
        elif kind < 0.68:
            words = [
                chance.choice(QUALITIES),
                self._trade(),
                *([self._trade()] if chance.random() < 0.8 else []),
            ]
        elif kind < 0.88:
            words = [
                chance.choice(SURNAMES),
                *(["&", chance.choice(SURNAMES)] if chance.random() < 0.3 else []),
            ]
            words += [self._trade(), *([self._trade()] if chance.random() < 0.4 else [])]
        else:
            words = [self._stem()]
        return f"{' '.join(words)}{chance.choice((' ', ' ', ', '))}{self._legal()}"

    def _stem(self) -> str:
        parts = [
            self.chance.choice(ONSETS) + self.chance.choice(NUCLEI)
            for _ in range(self.chance.choice((1, 2, 2)))
        ]
        return ("".join(parts) + self.chance.choice(CODAS)).capitalize()

    def _trade(self) -> str:
        return self.chance.choice(TRADES)

    def _legal(self) -> str:
        return self.chance.choice(LEGAL)

    def _town(self) -> tuple[str, str, str]:
        return self.chance.choice(TOWNS)

    def _other_name(self) -> tuple[str, str] | None:
        pick = self.chance.random()
        if pick > 0.11:
            return None
        return ("DBA" if pick < 0.07 else "FKA", self._name().rsplit(" ", 1)[0].rstrip(","))

    def _address(self) -> Address:
        city, region, prefix = self._town()
        suite = str(self.chance.randrange(100, 990)) if self.chance.random() < 0.35 else ""
        return Address(
            self.chance.randrange(1, 9900),
            self.chance.choice(STREETS),
            self.chance.randrange(len(STREET_TYPES)),
            suite,
            city,
            region,
            f"{prefix}{self.chance.randrange(60):02d}",
        )

    def _box(self) -> Address:
        city, region, prefix = self._town()
        return Address(
            0,
            "",
            0,
            "",
            city,
            region,
            f"{prefix}{self.chance.randrange(60, 99)}",
            box=str(self.chance.randrange(1000, 999_999)),
        )

    def _phone(self) -> str:
        return f"{self.chance.randrange(201, 989)}{self.chance.randrange(2_000_000, 9_999_999)}"

    def _domain(self, name: str) -> str:
        stem = re.sub(r"[^a-z]", "", name.lower())[:16]
        while True:
            domain = stem + self.chance.choice((".com", ".com", ".net", ".org"))
            if domain not in self._taken:
                self._taken.add(domain)
                return domain
            stem += str(self.chance.randrange(10))

    def _tax_id(self) -> str:
        while True:
            number = f"{self.chance.randrange(10, 69):02d}{self.chance.randrange(10_000, 9_999_999):07d}"
            if number not in self._taken and len(set(number)) > 2:
                self._taken.add(number)
                return number
