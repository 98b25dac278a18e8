"""Spec of distributors behind an exchange: EDI X12 over SFTP, each file some interchanges of one partner.

Which element of which segment is which column (source_systems 4.5). Sets named nowhere here (820, 846, 860,
867) are registered and kept in the landing copy. Every row is named by its control numbers and its place in
the set.
"""

from ingestion.formats.edi.grammar import X12Format, X12Set
from ingestion.spec import (
    DATE,
    PRICE,
    QUANTITY,
    SFTP_OPTIONAL,
    SFTP_REQUIRED,
    TIMESTAMP,
    WHOLE,
    ColumnSpec,
    ColumnType,
    ResourceSpec,
    SftpWire,
    SystemSpec,
    TableSpec,
    column,
)

_DAY = "%Y%m%d"
_KEY = ("sender", "receiver", "interchange_number", "group_number", "set_number")


def _columns(words: str, type: ColumnType = "varchar") -> tuple[ColumnSpec, ...]:
    """`name=path` pairs; a leading `*` marks a required column."""
    found = []
    for word in words.split():
        name, _, path = word.partition("=")
        format = _DAY if type == DATE else None
        found.append(column(path, type, name=name.lstrip("*"), required=name.startswith("*"), format=format))
    return tuple(found)


def _envelope(above: str) -> tuple[ColumnSpec, ...]:
    return (
        *_columns(
            f"*sender={above}ISA.06 *receiver={above}ISA.08 *interchange_number={above}ISA.13"
            f" *group_number={above}GS.06 *set_number={above}ST.02"
        ),
        *_columns(f"sent_at={above}GS.at", TIMESTAMP),
    )


def _ids(segment: str, prefix: str = "") -> tuple[ColumnSpec, ...]:
    """The usual qualifiers of an item: buyer's, vendor's, manufacturer's number, GTIN, UPC, NDC."""
    names = {
        "IN": "buyer_item",
        "BP": "buyer_part",
        "VN": "vendor_item",
        "VP": "vendor_part",
        "VC": "vendor_catalogue",
        "MG": "manufacturer_part",
        "UK": "gtin",
        "UP": "upc",
        "N4": "ndc",
    }
    return _columns(" ".join(f"{prefix}{name}={segment}.ids.{code}" for code, name in names.items()))


def _rows(name: str, explode: str, *columns: tuple[ColumnSpec, ...]) -> TableSpec:
    return TableSpec(
        name=name,
        explode=explode,
        key=(*_KEY, "segment_position"),
        source_updated_at=("^GS.at",),
        columns=(
            *_envelope("^"),
            *_columns("*segment_position=at"),
            *(each for group in columns for each in group),
        ),
    )


TRANSACTION_SET = TableSpec(
    name="transaction_set",
    key=_KEY,
    source_updated_at=("GS.at",),
    columns=(
        *_envelope(""),
        *_columns(
            "*set_code=ST.01 sender_qualifier=ISA.05 receiver_qualifier=ISA.07 usage_code=ISA.15"
            " group_code=GS.01 group_sender=GS.02 group_receiver=GS.03 version=GS.08"
            " po_number=BEG.03 changed_po_number=BCH.03"
        ),
        *_columns("segment_count=ST.segments", WHOLE),
    ),
)

PURCHASE_ORDER_LINE = _rows(
    "purchase_order_line",
    "PO1",
    _columns(
        "purpose=^BEG.01 order_type=^BEG.02 *po_number=^BEG.03 currency=^CUR.02 contract_number=^REF.CT.02"
        " line_number=PO1.01 unit=PO1.03 price_basis=PO1.05 description=PID.05"
    ),
    _columns("order_date=^BEG.05", DATE),
    _columns("quantity=PO1.02", QUANTITY),
    _columns("unit_price=PO1.04", PRICE),
    _ids("PO1"),
)

ACKNOWLEDGEMENT_LINE = _rows(
    "acknowledgement_line",
    "PO1.ACK?",
    _columns(
        "purpose=^BAK.01 acknowledgement_type=^BAK.02 *po_number=^BAK.03 vendor_order=^BAK.08"
        " line_number=PO1.01 unit=PO1.03 price_basis=PO1.05"
        " status=ACK.01 status_unit=ACK.03 date_qualifier=ACK.04"
    ),
    _columns("order_date=^BAK.04 acknowledgement_date=^BAK.09 status_date=ACK.05", DATE),
    _columns("quantity=PO1.02 status_quantity=ACK.02", QUANTITY),
    _columns("unit_price=PO1.04", PRICE),
    _ids("PO1"),
)

SHIP_NOTICE_LINE = _rows(
    "ship_notice_line",
    "*.I",
    _columns(
        "purpose=^BSN.01 *shipment_number=^BSN.02 shipment_time=^BSN.04 order_po_number=O.PRF.01"
        " item_po_number=I.PRF.01 line_number=I.LIN.01 unit=I.SN1.03"
        " lot_reference=I.REF.LT.02 serial_reference=I.REF.SE.02 lot=I.LIN.ids.LT serial=I.LIN.ids.SN"
        " tracking_number=S.REF.CN.02 carton=P.MAN.GM.02 ship_to=S.N1.ST.04"
    ),
    _columns(
        "shipment_date=^BSN.03 shipped_date=S.DTM.011.02 set_shipped_date=^DTM.011.02"
        " expected_date=S.DTM.017.02 set_expected_date=^DTM.017.02 scheduled_date=S.DTM.067.02",
        DATE,
    ),
    _columns("quantity=I.SN1.02", QUANTITY),
    _ids("I.LIN"),
)

INVOICE = TableSpec(
    name="invoice",
    key=_KEY,
    source_updated_at=("GS.at",),
    columns=(
        *_envelope(""),
        *_columns(
            "*invoice_number=BIG.02 po_number=BIG.04 invoice_type=BIG.07 currency=CUR.02"
            " seller=N1.SE.04 seller_name=N1.SE.02 remit_to=N1.RE.04 remit_to_name=N1.RE.02 ship_to=N1.ST.04"
            " original_invoice_number=REF.OI.02"
        ),
        *_columns("*invoice_date=BIG.01 order_date=BIG.03 due_date=ITD.06", DATE),
        *_columns("total_cents=TDS.01", WHOLE),
    ),
)

INVOICE_LINE = _rows(
    "invoice_line",
    "IT1|IT1.SAC|IT1.TXI|SAC|TXI",
    _columns(
        "*invoice_number=^BIG.02 po_number=^BIG.04 invoice_type=^BIG.07 line_number=IT1.01 unit=IT1.03"
        " price_basis=IT1.05 description=PID.05 charge_indicator=SAC.01 charge_code=SAC.02"
        " charge_description=SAC.15 tax_type=TXI.01"
    ),
    _columns("quantity=IT1.02", QUANTITY),
    _columns("unit_price=IT1.04 tax_amount=TXI.02", PRICE),
    _columns("charge_cents=SAC.05", WHOLE),
    _ids("IT1"),
)

CATALOGUE = TableSpec(
    name="catalogue",
    key=_KEY,
    source_updated_at=("GS.at",),
    columns=(
        *_envelope(""),
        *_columns(
            "*catalogue_number=BCT.02 purpose=BCT.01 set_purpose=BCT.10 currency=CUR.02"
            " seller=N1.SE.04 seller_name=N1.SE.02 supplier=N1.SU.04 supplier_name=N1.SU.02"
            " distributor=N1.DS.04 distributor_name=N1.DS.02 manufacturer=N1.MF.04 manufacturer_name=N1.MF.02"
        ),
    ),
)

CATALOGUE_PRICE = _rows(
    "catalogue_price",
    "LIN.CTP|LIN.PKL.CTP",
    _columns(
        "catalogue_purpose=^BCT.01 *catalogue_number=^BCT.02 currency=^CUR.02 line_number=LIN.01"
        " line_position=LIN.at contract_number=REF.CT.02 catalogue_contract_number=^REF.CT.02"
        " price_class=CTP.01 price_type=CTP.02 unit=CTP.05 price_basis=CTP.09 pack_unit=PKL.03"
    ),
    _columns(
        "effective_date=DTM.007.02 effective_from=DTM.007.from effective_to=DTM.007.to expiry_date=DTM.036.02"
        " catalogue_date=^DTM.007.02 catalogue_from=^DTM.007.from catalogue_to=^DTM.007.to"
        " contract_from=^DTM.092.02 contract_to=^DTM.093.02",
        DATE,
    ),
    _columns("quantity=CTP.04", QUANTITY),
    _columns("*unit_price=CTP.03", PRICE),
    _ids("LIN"),
)

CATALOGUE_PACK = _rows(
    "catalogue_pack",
    "LIN|LIN.PKL|LIN.SLN|LIN.PO4",
    _columns(
        "*catalogue_number=^BCT.02 line_number=LIN.01 line_position=LIN.at description=PID.05"
        " seller=^N1.SE.04 supplier=^N1.SU.04 distributor=^N1.DS.04 manufacturer=^N1.MF.04"
        " package_unit=PKL.03 subline_unit=SLN.05 pack_unit=PO4.03"
        " package_gtin=PKL.ids.UK subline_gtin=SLN.ids.UK"
    ),
    _columns("package_quantity=PKL.04 subline_quantity=SLN.04 pack_count=PO4.01 pack_size=PO4.02", QUANTITY),
    _ids("LIN"),
)

FUNCTIONAL_ACKNOWLEDGEMENT = _rows(
    "functional_acknowledgement",
    "AK2?",
    _columns(
        "group_code=^AK1.01 *acknowledged_group=^AK1.02 group_status=^AK9.01"
        " set_code=AK2.01 acknowledged_set=AK2.02 set_status=AK5.01 error_code=AK5.02"
    ),
)

TABLES = (
    TRANSACTION_SET,
    PURCHASE_ORDER_LINE,
    ACKNOWLEDGEMENT_LINE,
    SHIP_NOTICE_LINE,
    INVOICE,
    INVOICE_LINE,
    CATALOGUE,
    CATALOGUE_PRICE,
    CATALOGUE_PACK,
    FUNCTIONAL_ACKNOWLEDGEMENT,
)

FORMAT = X12Format(
    register="transaction_set",
    sets=(
        X12Set(
            "850",
            tables=("purchase_order_line",),
            loops=(("PO1", ""),),
            summary=("CTT",),
            counted="PO1",
            totaled="PO1.02",
            ids=(("PO1", 6),),
        ),
        X12Set(
            "855",
            tables=("acknowledgement_line",),
            loops=(("PO1", ""), ("ACK", "PO1")),
            summary=("CTT",),
            counted="PO1",
            totaled="PO1.02",
            ids=(("PO1", 6),),
        ),
        X12Set(
            "856",
            tables=("ship_notice_line",),
            hierarchy="HL",
            summary=("CTT",),
            counted="HL",
            totaled="SN1.02",
            ids=(("LIN", 2),),
        ),
        X12Set(
            "810",
            tables=("invoice", "invoice_line"),
            loops=(("IT1", ""), ("SAC", "IT1"), ("TXI", "IT1"), ("SAC", ""), ("TXI", "")),
            leaves=("SAC", "TXI"),
            summary=("TDS", "CTT"),
            counted="IT1",
            totaled="IT1.02",
            ids=(("IT1", 6),),
        ),
        X12Set(
            "832",
            tables=("catalogue", "catalogue_price", "catalogue_pack"),
            loops=(
                *(
                    ("LIN", ""),
                    ("CTP", "LIN"),
                    ("PKL", "LIN"),
                    ("CTP", "PKL"),
                    ("SLN", "LIN"),
                    ("PO4", "LIN"),
                ),
            ),
            leaves=("PO4",),
            summary=("CTT",),
            counted="LIN",
            ids=(("LIN", 2), ("PKL", 1), ("SLN", 9)),
        ),
        X12Set("997", tables=("functional_acknowledgement",), loops=(("AK2", ""),), summary=("AK9",)),
        X12Set("846", counted="LIN"),
        X12Set("860", counted="POC"),
    ),
)

SPEC = SystemSpec(
    name="distributor",
    title="distributors by EDI",
    wire=SftpWire(folder="/outbound", marker="", format=FORMAT),
    resources=(ResourceSpec(name="interchange", path="*", tables=tuple(table.name for table in TABLES)),),
    tables=TABLES,
    connection_required=SFTP_REQUIRED,
    connection_optional=SFTP_OPTIONAL,
)
