"""Spec of the legacy ERP: tables of one PostgreSQL schema, read with a reader's login.

Times have no zone and are the instance's local time; the stamp of the last update may be missing, then the
time of entry counts where the table has one. Rows are deleted for good there, so every table tells its keys,
also those whose header is gone. `recv_type`, `voucher_style` and signs are the source's own.
"""

from ingestion.spec import (
    DATE,
    HTTPS_OPTIONAL,
    MONEY,
    PRICE,
    QUANTITY,
    TIMESTAMP,
    WHOLE,
    ColumnSpec,
    DatabaseWire,
    ResourceSpec,
    SystemSpec,
    TableSpec,
    column,
    texts,
)

UPDATED = column("last_dttm_update", TIMESTAMP)
ENTERED = column("entered_dttm", TIMESTAMP)


def _table(name: str, *columns: ColumnSpec, key: str) -> TableSpec:
    # The time of entry is no time of change: a row that has lost its stamp changed at some time since.
    stamps = ("last_dttm_update", "last_update_dttm")
    names = {spec.name for spec in columns}
    return TableSpec(
        name=name,
        key=tuple(key.split()),
        source_updated_at=tuple(stamp for stamp in stamps if stamp in names),
        columns=columns,
    )


VENDOR = _table(
    "vendor",
    *texts("setid"),
    column("vendor_id", required=True),
    column("name1", required=True),
    column("vendor_status", enum=("A", "I", "X")),
    column("tin", sensitive="tax_id"),
    *texts("duns", "pymnt_terms_cd", "currency_cd"),
    column("wthd_sw", enum=("Y", "N")),
    ENTERED,
    column("last_update_dttm", TIMESTAMP),
    key="vendor_id",
)

PO_HDR = _table(
    "po_hdr",
    column("business_unit", required=True),
    column("po_id", required=True),
    column("vendor_id", required=True),
    column("po_dt", DATE),
    column("po_status", enum=("A", "D", "C", "X")),
    *texts("currency_cd"),
    ENTERED,
    UPDATED,
    key="business_unit po_id",
)

PO_LINE = _table(
    "po_line",
    column("business_unit", required=True),
    column("po_id", required=True),
    column("line_nbr", required=True),
    *texts("inv_item_id", "descr254"),
    column("qty_po", QUANTITY),
    *texts("unit_of_measure"),
    column("price_po", PRICE),
    column("merchandise_amt", MONEY),
    *texts("deptid", "account", "location"),
    column("cancel_status", enum=("A", "X")),
    column("recv_complete", enum=("Y", "N")),
    UPDATED,
    key="business_unit po_id line_nbr",
)

RECV_LN_SHIP = _table(
    "recv_ln_ship",
    column("business_unit", required=True),
    column("receiver_id", required=True),
    column("recv_ln_nbr", required=True),
    column("recv_type", required=True, enum=("R", "T", "V")),
    *texts("po_id", "line_nbr", "inv_item_id"),
    column("qty_sh_recvd", QUANTITY, required=True),
    *texts("receive_uom"),
    column("qty_base", QUANTITY),
    *texts("base_uom"),
    column("receipt_dt", DATE, required=True),
    column("acctg_dt", DATE),
    *texts("ext_receipt_id", "ext_receipt_ln"),
    ENTERED,
    UPDATED,
    key="business_unit receiver_id recv_ln_nbr",
)

VOUCHER = _table(
    "voucher",
    column("business_unit", required=True),
    column("voucher_id", required=True),
    column("voucher_style", enum=("REG", "ADJ")),
    *texts("invoice_id"),
    column("invoice_dt", DATE),
    *texts("vendor_id"),
    column("gross_amt", MONEY, required=True),
    *texts("txn_currency_cd"),
    column("accounting_dt", DATE),
    column("entry_status", enum=("P", "X")),
    *texts("post_status_ap"),
    ENTERED,
    UPDATED,
    key="business_unit voucher_id",
)

PYMNT_VCHR_XREF = _table(
    "pymnt_vchr_xref",
    column("business_unit", required=True),
    column("voucher_id", required=True),
    column("pymnt_cnt", required=True),
    *texts("pymnt_id"),
    column("paid_amt", MONEY),
    column("dscnt_taken", MONEY),
    column("due_dt", DATE),
    UPDATED,
    key="business_unit voucher_id pymnt_cnt",
)

PAYMENT_TBL = _table(
    "payment_tbl",
    column("pymnt_id", required=True),
    column("pymnt_dt", DATE),
    *texts("remit_vendor"),
    column("pymnt_amt", MONEY, required=True),
    *texts("currency_pymnt", "pymnt_method"),
    column("pymnt_status", enum=("P", "V")),
    ENTERED,
    UPDATED,
    key="pymnt_id",
)

JRNL_LN = _table(
    "jrnl_ln",
    column("business_unit", required=True),
    column("journal_id", required=True),
    column("journal_date", DATE, required=True),
    column("journal_line", required=True),
    *texts("ledger"),
    column("account", required=True),
    *texts("deptid"),
    column("monetary_amount", MONEY, required=True),
    *texts("currency_cd"),
    column("jrnl_ln_source", enum=("RCV", "APX", "APP", "MAN")),
    column("ref_type", enum=("RECV", "VCHR", "PYMT")),
    *texts("ref_id", "line_descr", "po_ref"),
    column("accounting_period", WHOLE),
    column("fiscal_year", WHOLE),
    UPDATED,
    key="business_unit journal_id journal_date journal_line",
)

TABLES = (
    VENDOR,
    PO_HDR,
    PO_LINE,
    RECV_LN_SHIP,
    VOUCHER,
    PYMNT_VCHR_XREF,
    PAYMENT_TBL,
    JRNL_LN,
)


def _resource(table: TableSpec) -> ResourceSpec:
    names = {spec.name for spec in table.columns}
    return ResourceSpec(
        name=table.name,
        path=f"ps_{table.name}",
        tables=(table.name,),
        updated_path="last_update_dttm" if "last_update_dttm" in names else "last_dttm_update",
        entered_path="entered_dttm" if "entered_dttm" in names else "",
        has_key_set=True,
    )


SPEC = SystemSpec(
    name="erp_legacy",
    title="legacy ERP",
    wire=DatabaseWire(schema="sysadm"),
    resources=tuple(_resource(table) for table in TABLES),
    tables=TABLES,
    connection_required=("url",),
    connection_optional=HTTPS_OPTIONAL,
)
