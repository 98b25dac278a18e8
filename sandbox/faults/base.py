"""What a fault is to the generator: a code, a rate, two hooks, and the labels it hands back.

Also the choice of victims, shared by the faults: lines with plain paperwork that no other fault uses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sandbox.banks import Payments
from sandbox.clock import Bools, Ints
from sandbox.documents import Documents
from sandbox.masters import Masters
from sandbox.orders import Orders

INVOICE_LINE = "invoice_line"
ORDER_LINE = "purchase_order_line"
INVOICE = "invoice"
ORDER = "purchase_order"
RECEIPT_LINE = "receipt_line"
JOURNAL_LINE = "journal_line"
SUPPLIER = "supplier"


@dataclass(frozen=True)
class Label:
    """One finding a fault explains, on row `row` of the chunk's columns of that entity type.

    For a supplier it is a position among the extra records of the masters, for a journal line the receipt
    that was booked astray. `expected_code` is None for a control that should be left alone; `amount` is in
    cents.
    """

    fault_id: str
    fault_code: str
    entity_type: str
    row: int
    expected_code: str | None
    cause_code: str | None
    amount: int


@dataclass(frozen=True)
class MasterLabel:
    """One finding a fault of the masters explains, under the identifiers its system prints.

    For what is decided when the whole world is known; `amount` is in cents.
    """

    fault_id: str
    fault_code: str
    instance: str
    entity_type: str
    native_id: str
    expected_code: str | None
    amount: int = 0
    cause_code: str | None = None


class Fault(ABC):
    """A fault in one chunk of the world; `rate` is per 1,000 relevant records if not said otherwise.

    `most` is how often a world can have it, where more records of the world would not help.
    """

    code: ClassVar[str]
    rate: ClassVar[float]
    most: ClassVar[int | None] = None

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        self.wanted = rate
        self.chunk = chunk
        self.least = least

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        """Reshape planned lines and mark them taken; most faults need none."""
        return None

    def extend(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
        """The documents with those this fault adds at their end; most faults add none."""
        return documents

    @abstractmethod
    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        """Edit documents, mark their lines taken and label the findings to expect."""

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        """Edit the masters when all documents are written and label that; most faults need not."""
        return []

    def fault_id(self, number: int) -> str:
        """An id that no other chunk uses."""
        return f"{self.code}-{self.chunk:03d}-{number:05d}"

    def count(self, relevant: int) -> int:
        """How often among so many relevant records: by the rate, and no less than the least."""
        return max(round(relevant * self.wanted / 1_000), self.least) if self.wanted > 0 else 0

    def choose(self, candidates: Ints, rng: np.random.Generator) -> Ints:
        """`rate` of 1,000 candidates, at least the least of any, in their order."""
        if not len(candidates) or self.wanted <= 0:
            return candidates[:0]
        count = min(self.count(len(candidates)), len(candidates))
        return np.sort(rng.choice(candidates, count, replace=False))


def plainly_billed(documents: Documents) -> Bools:
    """Invoice rows whose order line has this one invoice row and is free: no credit, void or other fault."""
    bills, orders = documents.invoices, documents.orders
    alone: Bools = documents.invoices_per_line[bills.line] == 1
    return alone & ~orders.taken[bills.line]
