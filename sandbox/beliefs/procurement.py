"""What the procurement suite believes: suppliers, items with their suppliers, orders and order lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sandbox import clock, columns, names
from sandbox.beliefs.identity import Chunk
from sandbox.clock import Ints
from sandbox.columns import WorldWriter
from sandbox.contracts import prices
from sandbox.masters import UNITS, Masters, Supplier
from sandbox.orders import CANCELLED, DRAFT, ISSUED, PENDING

TERM_CODES = tuple(code for code, _ in names.TERMS)
# Masters were last touched before the world begins.
_MASTER_DAY = clock.FIRST_DAY - 200


def master_times(count: int) -> Ints:
    """UTC seconds at which each master record was last changed."""
    return _MASTER_DAY * clock.SECONDS_A_DAY + np.arange(count) * 5_557 % (180 * clock.SECONDS_A_DAY)


def printed_terms(rows: Sequence[Supplier], record: Ints, *others: Ints) -> Ints:
    """Place in the list of terms for each document: its supplier record's, or the last other one given."""
    terms = np.array([row.terms for row in rows])[record]
    for other in others:
        terms = np.where(other >= 0, other, terms)
    return terms


def supplier_ids(masters: Masters) -> list[int]:
    """Procurement's id of each supplier record."""
    usual = range(5_001, 5_001 + len(masters.suppliers))
    return [*usual, *(int(extra.native_id) for extra in masters.extras_of("procurement"))]


def write_suppliers(masters: Masters, writer: WorldWriter) -> int:
    """The supplier records as procurement keeps them and, as their children, diversity certificates."""
    rows = masters.supplier_rows("procurement")
    count, usual = len(rows), len(masters.suppliers)
    times = master_times(count)
    # Of records that were entered anew nobody has asked for the form yet.
    forms, unknown = masters.tax_forms, [None] * (count - usual)
    for place, extra in enumerate(masters.extras_of("procurement"), usual):
        if extra.since is not None:
            times[place] = extra.since * clock.SECONDS_A_DAY + 60_000
    touched = columns.timestamps(times)
    table = {
        "id": pa.array(supplier_ids(masters)),
        "number": pa.array([row.number for row in rows]),
        "name": pa.array([row.name for row in rows]),
        "display-name": pa.array([row.name.split(",")[0] for row in rows]),
        "status": columns.constant("active", count),
        "tax-id": pa.array([row.tax_id for row in rows]),
        "duns": pa.array([row.duns for row in rows], pa.string()),
        "payment-method": columns.constant("ACH", count),
        "payment-term.code": pa.array(masters.terms_of("procurement")),
        "on-hold": columns.constant(False, count),
        "primary-address.street1": pa.array([row.street for row in rows]),
        "primary-address.city": pa.array([row.city[0] for row in rows]),
        "primary-address.state": pa.array([row.city[1] for row in rows]),
        "primary-address.postal-code": pa.array([row.postal_code for row in rows]),
        "primary-address.country.code": columns.constant("US", count),
        "custom-fields.npi": pa.array([row.npi for row in rows], pa.string()),
        "custom-fields.lei": pa.array([row.lei for row in rows], pa.string()),
        "custom-fields.currency": columns.constant("USD", count),
        "custom-fields.is-1099": pa.array([*(row.box is not None for row in forms), *unknown], pa.bool_()),
        "custom-fields.box-1099": pa.array([*(row.box for row in forms), *unknown], pa.string()),
        "custom-fields.w9-date": pa.array([*(row.w9_date for row in forms), *unknown], pa.date32()),
        "created-at": touched,
        "updated-at": touched,
        "updated-by.login": columns.constant("supplier.onboarding", count),
    }
    held = masters.certificates
    children = {
        "parent": pa.array([5_001 + row.supplier for row in held]),
        "id": pa.array(range(81_001, 81_001 + len(held))),
        "code": pa.array([row.code for row in held]),
        "certifier": pa.array([row.certifier for row in held]),
        "number": pa.array([row.number for row in held]),
        "effective-date": pa.array([row.starts_on for row in held]),
        "expiration-date": pa.array([row.expires_on for row in held]),
    }
    records = writer.write("procurement/supplier", table, 0)
    return records + writer.write("procurement/supplier_certificate", children, 0)


def write_items(masters: Masters, writer: WorldWriter) -> int:
    """The item records and, as their children, the suppliers that sell them."""
    rows, count = masters.items, len(masters.items)
    touched = columns.timestamps(master_times(count))
    goods = [row.family is not None for row in rows]
    table = {
        "id": pa.array(range(20_001, 20_001 + count)),
        "item-number": pa.array([row.number for row in rows]),
        "name": pa.array([row.name for row in rows]),
        "description": pa.array([row.name for row in rows]),
        "item-type": pa.array(["Item" if is_goods else "Service" for is_goods in goods]),
        "uom.code": columns.constant("EA", count),
        "manufacturer-name": pa.array([row.manufacturer or None for row in rows]),
        "manufacturer-part-number": pa.array([row.manufacturer_part or None for row in rows]),
        "commodity.name": pa.array([row.family.commodity if row.family else "Services" for row in rows]),
        "commodity.code": pa.array([row.family.unspsc if row.family else "85000000" for row in rows]),
        "active": columns.constant(True, count),
        "custom-fields.gtin": pa.array([row.gtin or None for row in rows]),
        "custom-fields.unspsc": pa.array([row.family.unspsc if row.family else "85000000" for row in rows]),
        "custom-fields.spend-type": pa.array([row.spend_type for row in rows]),
        "custom-fields.is-stocked": pa.array(goods),
        "custom-fields.is-implant": pa.array([row.spend_type == "IMPLANT" for row in rows]),
        "custom-fields.is-lot-controlled": pa.array([row.spend_type in ("IMPLANT", "DRUG") for row in rows]),
        "created-at": touched,
        "updated-at": touched,
    }
    sources = sorted(masters.sourcing, key=lambda row: row.item)
    children = {
        "parent": pa.array([20_001 + row.item for row in sources]),
        "id": pa.array(range(60_001, 60_001 + len(sources))),
        "supplier.id": pa.array([5_001 + row.supplier for row in sources]),
        "supplier.number": pa.array([masters.suppliers[row.supplier].number for row in sources]),
        "supplier-part-num": pa.array([row.part_number for row in sources]),
        "uom.code": pa.array(["BX" if masters.factor[row.item, 1] else "EA" for row in sources]),
        "packaging": pa.array([row.packaging or None for row in sources]),
    }
    return writer.write("procurement/item", table, 0) + writer.write("procurement/supplier_item", children, 0)


def write_contract_prices(masters: Masters, writer: WorldWriter) -> int:
    """The replica of the contract prices that procurement has loaded by now."""
    rows = [row for row in prices(masters) if row.loaded_at is not None]
    count = len(rows)
    loaded = columns.timestamps(np.array([row.loaded_at for row in rows], dtype=np.int64))
    table = {
        "id": pa.array(range(300_001, 300_001 + count)),
        "external-ref": columns.nulls(count),
        "contract.number": pa.array([row.contract.number for row in rows]),
        "supplier.number": pa.array([masters.suppliers[row.contract.supplier].number for row in rows]),
        "item.item-number": pa.array([masters.items[row.item].number for row in rows]),
        "manufacturer-part-number": pa.array(
            [masters.items[row.item].manufacturer_part or None for row in rows], pa.string()
        ),
        "uom.code": pa.array([UNITS[row.unit] for row in rows]),
        "tier": pa.array([row.tier for row in rows], pa.string()),
        "minimum-quantity": columns.quantities(np.zeros(count, dtype=np.int64)),
        "price": columns.prices(np.array([row.price for row in rows], dtype=np.int64)),
        "currency.code": columns.constant("USD", count),
        "start-date": pa.array([row.valid_from for row in rows]),
        "end-date": pa.array([row.valid_to for row in rows]),
        "created-at": loaded,
        "updated-at": loaded,
    }
    return writer.write("procurement/contract_price", table, 0)


def write_orders(chunk: Chunk, writer: WorldWriter) -> int:
    """Order headers and, as their children, order lines; only what happened by the end of the world."""
    orders, masters = chunk.documents.orders, chunk.masters
    count, everywhere = len(orders.po_day), np.arange(len(orders.po_day))
    created = clock.instants(orders.po_day, orders.po_second)
    unsent = (orders.po_state == DRAFT) | (orders.po_state == PENDING)
    approved, sent = orders.approved_at, orders.approved_at + 600
    closed, cancelled = chunk.closed_at, chunk.cancelled_at
    updated = np.where(unsent, created, np.maximum(np.maximum(sent, chunk.last_event), cancelled))
    updated = np.minimum(np.where(closed > 0, closed, updated), clock.world_end())
    state = np.where(closed > 0, 4, orders.po_state)
    status = {
        ISSUED: "issued",
        CANCELLED: "cancelled",
        DRAFT: "draft",
        PENDING: "pending_approval",
        4: "closed",
    }
    suppliers = masters.supplier_rows("procurement")
    record = masters.record_of("procurement", orders.po_supplier, chunk.order_ids)
    table = {
        "id": pa.array(chunk.order_ids),
        "po-number": chunk.po_numbers,
        "type": columns.constant("ExternalOrderHeader", count),
        "status": columns.pick([status[code] for code in range(5)], state),
        "version": pa.array(np.where(unsent, 1, 2) + ((closed > 0) | (cancelled > 0))),
        "internal-revision": pa.array(np.where(unsent, 0, 1)),
        "currency.code": columns.constant("USD", count),
        "supplier.id": pa.array(supplier_ids(masters)).take(pa.array(record)),
        "supplier.number": columns.pick([row.number for row in suppliers], record),
        "supplier.name": columns.pick([row.name for row in suppliers], record),
        "payment-term.code": columns.pick(TERM_CODES, printed_terms(suppliers, record, orders.po_terms)),
        "shipping-term.code": columns.pick(
            ("PREPAID", "PREPAY_AND_ADD"), (orders.po_freight > 0).astype(np.int64)
        ),
        "created-at": columns.timestamps(created),
        "updated-at": columns.timestamps(updated),
        "custom-fields.legal-entity": chunk.entity_codes(everywhere),
        "custom-fields.approved-at": columns.where(~unsent, columns.timestamps(approved)),
        "custom-fields.sent-at": columns.where(~unsent, columns.timestamps(sent)),
        "custom-fields.closed-at": columns.where(closed > 0, columns.timestamps(closed)),
        "custom-fields.cancelled-at": columns.where(cancelled > 0, columns.timestamps(cancelled)),
        "custom-fields.planned-freight": columns.money(orders.po_freight),
        "custom-fields.po-type": columns.constant("STANDARD", count),
    }
    headers = writer.write("procurement/purchase_order", table, chunk.number)
    return headers + _write_lines(chunk, created, updated, state, writer)


def _write_lines(chunk: Chunk, created: Ints, updated: Ints, state: Ints, writer: WorldWriter) -> int:
    orders, masters = chunk.documents.orders, chunk.masters
    items, po, count = masters.items, orders.po, len(orders.po)
    entity, center = chunk.entity_codes(po), _cost_centers(chunk)
    account = columns.pick([row.account for row in items], orders.item)
    line_state = np.where(state[po] == CANCELLED, 3, np.where(state[po] == 4, 2, chunk.delivery_complete))
    match = np.where(~orders.three_way, 0, np.where(orders.receipt_first, 2, 1))

    def recoded(field: str, of_items: list[str]) -> pa.Array:
        """The value of each line's item, or of the commodity its buyer chose instead."""
        values, place = list(of_items), orders.item.copy()
        for coding, commodity in names.ODD_COMMODITIES.items():
            if (value := getattr(commodity, field)) is not None:
                place[orders.coding == coding] = len(values)
                values.append(value)
        return columns.pick(values, place)

    table = {
        "parent": pa.array(chunk.order_ids[po]),
        "id": pa.array(chunk.line_ids),
        "line-num": columns.numbered("", orders.number),
        "item.id": pa.array(20_001 + orders.item),
        "item.item-number": columns.pick([row.number for row in items], orders.item),
        "description": columns.pick([row.name for row in items], orders.item),
        "quantity": columns.quantities(orders.quantity),
        "uom.code": columns.pick(UNITS, orders.unit),
        "price": columns.prices(orders.price),
        "total": columns.money(columns.extend(orders.quantity, orders.price)),
        "currency.code": columns.constant("USD", count),
        "status": columns.pick(("created", "received", "closed", "cancelled"), line_state.astype(np.int64)),
        "need-by-date": columns.dates(orders.need_by),
        "receipt-required": pa.array(orders.three_way),
        "match-type": columns.pick(("2-way", "3-way", "3-way-gr"), match),
        "receipt-approval-required": columns.constant(False, count),
        "source-part-num": supplier_parts(chunk),
        "manufacturer-part-number": columns.pick(
            [row.manufacturer_part or None for row in items], orders.item
        ),
        "commodity.name": recoded(
            "name", [row.family.commodity if row.family else "Services" for row in items]
        ),
        "commodity.code": recoded("code", [row.family.unspsc if row.family else "85000000" for row in items]),
        "account.code": columns.joined("-", entity, center, account),
        "account.segment-1": entity,
        "account.segment-2": center,
        "account.segment-3": account,
        "custom-fields.facility": columns.pick([p.code for p in names.PLACES], orders.po_place[po]),
        "custom-fields.delivery-complete": pa.array(chunk.delivery_complete),
        "custom-fields.finally-invoiced": pa.array(chunk.finally_invoiced),
        "custom-fields.price-estimated": columns.constant(False, count),
        "custom-fields.spend-type": recoded("spend_type", [row.spend_type for row in items]),
        "created-at": columns.timestamps(created[po]),
        "updated-at": columns.timestamps(updated[po]),
        "version": columns.constant(1, count),
    }
    return writer.write("procurement/purchase_order_line", table, chunk.number)


def supplier_parts(chunk: Chunk) -> pa.Array:
    """The supplier's part number of each order line's item."""
    orders = chunk.documents.orders
    supplier, item = orders.po_supplier[orders.po], orders.item
    return columns.joined(
        "-",
        columns.numbered("", supplier, 3),
        columns.numbered("", item * 17 % 9973, 4),
        columns.numbered("", item, 4),
    )


def _cost_centers(chunk: Chunk) -> pa.Array:
    orders = chunk.documents.orders
    return columns.pick([row.code for row in chunk.masters.cost_centers], orders.po_cost_center[orders.po])
