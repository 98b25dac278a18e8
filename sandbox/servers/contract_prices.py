"""Contract prices as the procurement suite takes them: validated, unique by external reference, durable.

Prices of the world's files and those written here are read as one collection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.servers.records import Collection, Record
from sandbox.servers.write_log import WorldClock, WriteLog, iso

_FIELDS = {
    "external-ref": (),
    "contract": ("number",),
    "supplier": ("number",),
    "item": ("item-number",),
    "manufacturer-part-number": (),
    "uom": ("code",),
    "tier": (),
    "minimum-quantity": (),
    "price": (),
    "currency": ("code",),
    "start-date": (),
    "end-date": (),
}  # field -> the keys of its object, none for a plain value
_REQUIRED = ("external-ref", "contract", "supplier", "uom", "price", "currency", "start-date")
_FIRST_ID = 9_000_001


class InvalidError(Exception):
    """A record was refused; `errors` says why, by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class ContractPriceBook:
    """Writes over one collection of prices; `suppliers` and `items` are the numbers the suite knows."""

    def __init__(
        self, log: WriteLog, clock: WorldClock, prices: Collection, suppliers: set[Any], items: set[Any]
    ) -> None:
        self._log, self._clock, self._prices = log, clock, prices
        self._known = {"supplier": suppliers, "item": items}
        self._written: list[Record] = []
        for entry in log.entries():
            clock.seen(entry["at"])
            self._take(entry)

    def create(self, content: Record) -> Record:
        """A new price."""
        self._check(content, _REQUIRED)
        if self._prices.find("external-ref", [content["external-ref"]]):
            raise InvalidError({"external-ref": ["has already been taken"]})
        number = _FIRST_ID + len({row["id"] for row in self._written if row["id"] >= _FIRST_ID})
        at = self._clock.tick()
        record = {"id": number, **{name: content.get(name) for name in _FIELDS}, "created-at": iso(at)}
        return self._commit(record, at)

    def change(self, number: int, content: Record) -> Record | None:
        """A price with some fields changed; None when there is no such price."""
        known = self._prices.find("id", [number])
        if not known:
            return None
        self._check(content, [name for name in _REQUIRED if name in content])
        taken = self._prices.find("external-ref", [content.get("external-ref") or ""])
        if any(record["id"] != number for record in taken):
            raise InvalidError({"external-ref": ["has already been taken"]})
        return self._commit({**known[0], **content}, self._clock.tick())

    def written(self) -> list[Record]:
        """Every write ever accepted, oldest first."""
        return list(self._written)

    def _commit(self, record: Record, at: int) -> Record:
        entry = {"at": at, "record": {**record, "updated-at": iso(at)}}
        self._log.append(entry)
        self._take(entry)
        return {**record, "updated-at": iso(at)}

    def _take(self, entry: Record) -> None:
        record = entry["record"]
        self._written.append(record)
        self._prices.put(record["id"], record, entry["at"], key_column="id")

    def _check(self, content: Record, required: Sequence[str]) -> None:
        errors = {name: ["is unknown"] for name in content if name not in _FIELDS}
        values = {name: _inner(name, content.get(name)) for name in _FIELDS}
        errors |= {name: ["can't be blank"] for name in required if not values[name]}
        if required == _REQUIRED and not (values["item"] or values["manufacturer-part-number"]):
            errors["item"] = ["or manufacturer-part-number can't be blank"]
        errors |= {
            name: ["does not exist"]
            for name, known in self._known.items()
            if values[name] and values[name] not in known
        }
        for name, reads in (("price", _amount), ("minimum-quantity", _amount), ("start-date", _day)):
            if values[name] is not None and name not in errors and not reads(values[name]):
                errors[name] = ["is invalid"]
        end = values["end-date"]
        if end is not None and not _day(end):
            errors["end-date"] = ["is invalid"]
        elif end is not None and values["start-date"] and end <= values["start-date"]:
            errors["end-date"] = ["must be after start-date"]
        if errors:
            raise InvalidError(errors)


def _inner(name: str, value: Any) -> Any:
    for key in _FIELDS[name]:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _readable(parse: Callable[[str], object], value: object) -> bool:
    try:
        parse(str(value))
    except (ValueError, InvalidOperation):
        return False
    return True


def _amount(value: object) -> bool:
    return _readable(Decimal, value) and Decimal(str(value)).is_finite() and Decimal(str(value)) >= 0


def _day(value: object) -> bool:
    return _readable(date.fromisoformat, value)
