"""Whose each supplier record is: `truth/supplier_record`, which no system prints."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from sandbox.beliefs import apauto, erp_legacy, procurement
from sandbox.columns import WorldWriter
from sandbox.masters import Masters


def write_supplier_records(masters: Masters, writer: WorldWriter) -> int:
    """One row per record: system, its id there, number of its supplier, way it was added (else empty)."""
    rows = [*_common(masters), *_extra(masters)]
    names = ("instance", "native_id", "supplier", "way")
    table = {name: pa.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    return writer.write("truth/supplier_record", table, 0)


def records_of(masters: Masters, supplier: int) -> list[tuple[str, str]]:
    """Instance and id of the records that every system holds of a supplier."""
    return [
        ("procurement", str(procurement.supplier_ids(masters)[supplier])),
        ("apauto", apauto.vendor_ids(masters)[supplier]),
        ("erp_cloud", masters.suppliers[supplier].number),
        ("erp_legacy", erp_legacy.vendor_ids(masters)[supplier]),
    ]


def _common(masters: Masters) -> Iterator[tuple[str, str, str, str]]:
    for supplier, row in enumerate(masters.suppliers):
        for instance, native_id in records_of(masters, supplier):
            yield instance, native_id, row.number, ""


def _extra(masters: Masters) -> Iterator[tuple[str, str, str, str]]:
    for extra in masters.extra_suppliers:
        known = masters.suppliers[extra.of] if extra.of is not None else extra.row
        yield extra.instance, extra.native_id, known.number, extra.way
