"""Planted faults: one module a family, each editing orders and documents, never a verdict.

A fault may reshape the plan of some lines before documents exist (`shape`), add documents (`extend`), edit
them afterwards (`plant`) and edit masters when all is paid (`close`); there it labels every finding it
explains. To add one, write a class like those here and name it in `FAULTS`; the order is the order of
planting, narrow choices first.
"""

from __future__ import annotations

from sandbox.faults.bank import BankChangeRisk, BankFlip, BankShared, PaidToUnreleasedBank
from sandbox.faults.base import Fault, Label
from sandbox.faults.certificate import CertificateExpired, OwnershipConflict
from sandbox.faults.coding import (
    CapitalAsExpense,
    CodingDiffers,
    DerivationAmbiguous,
    DerivationGap,
    SegmentInactive,
)
from sandbox.faults.contract_price import (
    OffContract,
    PriceExpired,
    PriceLateSync,
    PriceOtherUom,
    PriceStale,
    PriceWrongTier,
)
from sandbox.faults.invoice_duplicate import InvoiceDuplicate
from sandbox.faults.invoice_header import FreightUnplanned, HeaderTotal, TaxOnExempt
from sandbox.faults.invoice_lookalike import InvoiceLookalike
from sandbox.faults.invoice_reference import InvoiceNoPo, InvoiceWrongPo
from sandbox.faults.ledger_copy import InvoiceNotReplicated, InvoiceValueDiffers, OrphanPosting
from sandbox.faults.price import PriceInTolerance, PriceOnLimit, PriceOver
from sandbox.faults.receipt import Backorder, ReceiptLate
from sandbox.faults.receipt_excess import ReceiptDuplicate, ReceiptOver
from sandbox.faults.replication import (
    AccrualMissing,
    AccrualWrong,
    CancelNotReplicated,
    PaymentNotReplicated,
    PoNotReplicated,
    ReceiptMissing,
)
from sandbox.faults.returned import ReturnNoCredit
from sandbox.faults.screening import ScreeningHit, ScreeningStale
from sandbox.faults.supplier import DuplicateSupplier, LookalikeSupplier
from sandbox.faults.tax_form import Flag1099Differs, W9Missing
from sandbox.faults.terms import TermsMismatch
from sandbox.faults.unit_drift import UnitDrift

FAULTS: dict[str, type[Fault]] = {
    fault.code: fault
    for fault in (
        *(UnitDrift, CancelNotReplicated, DuplicateSupplier, LookalikeSupplier),
        *(OffContract, PriceExpired, PriceLateSync, PriceStale, PriceWrongTier, PriceOtherUom),
        *(InvoiceDuplicate, InvoiceLookalike, ReturnNoCredit, ReceiptDuplicate),
        *(TaxOnExempt, FreightUnplanned, HeaderTotal, InvoiceNoPo, InvoiceWrongPo, ReceiptOver),
        *(PriceOnLimit, Backorder, ReceiptLate, PriceInTolerance, PriceOver),
        *(PoNotReplicated, ReceiptMissing, PaymentNotReplicated, AccrualMissing, AccrualWrong),
        *(InvoiceNotReplicated, InvoiceValueDiffers, OrphanPosting),
        *(BankChangeRisk, PaidToUnreleasedBank, BankFlip, BankShared),
        *(CapitalAsExpense, DerivationGap, DerivationAmbiguous, SegmentInactive, CodingDiffers),
        *(ScreeningHit, ScreeningStale),
        *(TermsMismatch, CertificateExpired, OwnershipConflict, W9Missing, Flag1099Differs),
    )
}

__all__ = ["FAULTS", "Fault", "Label", "select_faults"]


def select_faults(words: str, rates: dict[str, float] | None = None) -> tuple[tuple[str, float], ...]:
    """Codes and rates of `all`, `none` or `CODE,CODE`; a ValueError names what is allowed."""
    rates = rates or {}
    wanted = tuple(FAULTS) if words == "all" else () if words == "none" else tuple(words.split(","))
    unknown = sorted({*wanted, *rates} - set(FAULTS))
    if unknown:
        raise ValueError(f"unknown fault code {', '.join(unknown)}; known: {', '.join(sorted(FAULTS))}")
    return tuple((code, float(rates.get(code, FAULTS[code].rate))) for code in FAULTS if code in wanted)
