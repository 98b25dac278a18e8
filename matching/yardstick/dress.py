"""How systems write suppliers down: cut, abbreviated, mistyped, incomplete records in the shape of `RECORD`.

`Truth` beside them is never passed to the matcher. One record in thirty or so has a moved address, one in
fifty a mistyped tax id, one in sixty a placeholder.
"""

import hashlib
import random
import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from matching.yardstick.words import CLERK_ABBREVIATIONS, STREET_TYPES
from matching.yardstick.world import Address, Supplier, World

SYSTEMS = ("erp_a", "erp_b", "suite", "ap", "stock")
_CUT = {"erp_b": 30, "stock": 40}
_COPIES, _COPY_WEIGHTS = (1, 2, 3, 4, 6), (38, 30, 18, 10, 4)
_PLACEHOLDERS = ("999999999", "000000000", "123456789")


@dataclass(frozen=True)
class Truth:
    """To which supplier (and family of look-alikes) a record really belongs."""

    record_key: str
    supplier: int
    trap: str
    family: int | None


def make_records(rows: int, seed: int) -> tuple[pa.Table, list[Truth]]:
    """At least `rows` records of whole families, cut to `rows`; the same arguments give the same bytes."""
    writer = _Writer(random.Random(f"dress {seed}"))
    for family in World(seed).families():
        for supplier in family:
            writer.write(supplier)
        if len(writer.rows) >= rows:
            return pa.Table.from_pylist(writer.rows[:rows]), writer.truths[:rows]
    raise AssertionError("families never end")


def token(kind: str, value: str) -> str:
    """A stand-in for the keyed tokens of ingestion, in their form."""
    return "v1:" + hashlib.sha256(f"yardstick {kind} {value}".encode()).hexdigest()


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.rows: list[dict[str, Any]] = []
        self.truths: list[Truth] = []

    def write(self, supplier: Supplier) -> None:
        count = self.chance.choices(_COPIES, _COPY_WEIGHTS)[0]
        systems = self.chance.sample(SYSTEMS, min(count, len(SYSTEMS)))
        systems += [self.chance.choice(SYSTEMS) for _ in range(count - len(systems))]
        for system in systems:
            key = f"{system}|{len(self.rows):07d}"
            self.rows.append(self._record(key, system, supplier))
            self.truths.append(Truth(key, supplier.number, supplier.trap, supplier.family))

    def _record(self, key: str, system: str, supplier: Supplier) -> dict[str, Any]:
        chance = self.chance
        legal, other = self._names(supplier, system)
        number, verdict = self._tax_id(supplier)
        phone = self._phone(supplier)
        mail = self._mail(supplier)
        bank = supplier.bank if chance.random() < 0.5 else None
        return {
            "record_key": key,
            "legal_name": legal,
            "dba_name": other,
            "name_width": _CUT.get(system),
            "tax_id": token("tax_id", number) if number else None,
            "tax_id_verdict": verdict,
            "tax_id_near": [token("tax_id", number[:at] + number[at + 1 :]) for at in range(9)]
            if number
            else [],
            "tax_country": "US",
            "duns": supplier.duns if chance.random() < 0.4 else None,
            "addresses": [self._address(address) for address in self._places(supplier)],
            "phones": [phone] if phone else [],
            "emails": [mail] if mail else [],
            "bank_accounts": [token("bank", bank)] if bank else [],
        }

    def _names(self, supplier: Supplier, system: str) -> tuple[str, str | None]:
        chance, name, other = self.chance, supplier.name, None
        if supplier.other_name:
            kind, second = supplier.other_name
            pick = chance.random()
            if kind == "DBA" and pick < 0.3:
                name = second
            elif kind == "DBA" and pick < 0.5:
                name = f"{name} {chance.choice(('DBA', 'D/B/A', 'dba'))} {second}"
            elif kind == "DBA" and pick < 0.65:
                other = second
            elif kind == "FKA" and pick < 0.35:
                name = second
            elif kind == "FKA" and pick < 0.5:
                name = f"{name} F/K/A {second}"
        name = self._worn(name, is_single=supplier.family is None)
        name = name[: _CUT[system]].strip() if system in _CUT else name
        return name, other

    def _worn(self, name: str, is_single: bool) -> str:
        chance = self.chance
        if chance.random() < 0.35:
            words = name.upper().split()
            name = " ".join(
                CLERK_ABBREVIATIONS.get(word, word) if chance.random() < 0.7 else word for word in words
            )
        if chance.random() < 0.3:
            name = re.sub(
                r",? (?:inc|l\.?l\.?c|corp|corporation|co|company|ltd|lp|pc|incorporated)\.?$",
                "",
                name,
                flags=re.I,
            )
        if chance.random() < 0.07:
            name = self._mistyped(name)
        if chance.random() < 0.05:
            name = name.replace(" & ", " AND ")
        if chance.random() < 0.03:
            name += chance.choice((" - REMIT TO", " ATTN ACCOUNTS RECEIVABLE", " (DO NOT USE)"))
        if is_single and chance.random() < 0.03:
            name += f" - {chance.choice(('WEST', 'PLANT 2', 'REGION 4', 'MAIN OFFICE'))}"
        return name.upper() if chance.random() < 0.55 else name

    def _tax_id(self, supplier: Supplier) -> tuple[str | None, str]:
        number, pick = supplier.tax_id, self.chance.random()
        if supplier.shares_tax_id:
            return (supplier.shares_tax_id, "VALID") if pick < 0.9 else (None, "MISSING")
        if pick < 0.25:
            return None, "MISSING"
        if pick < 0.27:
            at = self.chance.randrange(2, 8)
            if self.chance.random() < 0.5:
                number = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
            else:
                number = (
                    number[:at]
                    + str((int(number[at]) + self.chance.randrange(1, 10)) % 10)
                    + number[at + 1 :]
                )
        elif pick < 0.285:
            return self.chance.choice(_PLACEHOLDERS), "PLACEHOLDER"
        return number, "VALID"

    def _places(self, supplier: Supplier) -> list[Address]:
        pick = self.chance.random()
        if pick < 0.04:
            return []
        if supplier.remit and pick < 0.3:
            chosen = [self.chance.choice(supplier.remit)]
        elif supplier.sites and pick < 0.45:
            chosen = [self.chance.choice(supplier.sites)]
        else:
            chosen = [supplier.head]
        if supplier.remit and self.chance.random() < 0.15:
            chosen.append(supplier.remit[0])
        return list(dict.fromkeys(chosen))

    def _address(self, address: Address) -> dict[str, str | None]:
        chance = self.chance
        if address.box:
            form = chance.choice(("PO Box {}", "P.O. BOX {}", "P O BOX {}", "Post Office Box {}"))
            line1, line2 = form.format(address.box), None
        else:
            line1 = f"{address.number} {address.street} {chance.choice(STREET_TYPES[address.kind])}"
            line1 = self._mistyped(line1) if chance.random() < 0.04 else line1
            suite = f"{chance.choice(('Suite', 'Ste', 'STE.'))} {address.suite}" if address.suite else None
            line2 = suite if chance.random() < 0.4 else None
            line1 = f"{line1}, {suite}" if suite and not line2 and chance.random() < 0.5 else line1
        code = address.postal_code
        code = code if chance.random() < 0.7 else f"{code}-{chance.randrange(1, 9999):04d}"
        line1 = line1.upper() if chance.random() < 0.5 else line1
        names = ("line1", "line2", "city", "region", "postal_code", "country")
        return dict(zip(names, (line1, line2, address.city, address.region, code, "US"), strict=True))

    def _phone(self, supplier: Supplier) -> str | None:
        pick = self.chance.random()
        if pick < 0.3:
            return None
        if pick < 0.31:
            return "555-555-5555"
        number = supplier.phone
        if pick < 0.42:
            number = f"{self.chance.randrange(201, 989)}{self.chance.randrange(2_000_000, 9_999_999)}"
        return f"({number[:3]}) {number[3:6]}-{number[6:]}" if self.chance.random() < 0.5 else number

    def _mail(self, supplier: Supplier) -> str | None:
        pick = self.chance.random()
        if pick < 0.5:
            return None
        domain = self.chance.choice(("gmail.com", "yahoo.com")) if pick < 0.53 else supplier.domain
        return f"{self.chance.choice(('ar', 'billing', 'remit', 'orders', 'info'))}@{domain}"

    def _mistyped(self, text: str) -> str:
        if len(text) < 6:
            return text
        at, pick = self.chance.randrange(1, len(text) - 2), self.chance.random()
        if pick < 0.4:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text[:at] + text[at + 1 :] if pick < 0.7 else text[:at] + text[at] + text[at:]
