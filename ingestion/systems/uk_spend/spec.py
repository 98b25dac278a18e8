"""Spec of the published UK public-body payment files (one CSV or workbook a month, no line id).

What most bodies write stands here; what one body alone does is said by its instance in the landscape.
"""

from ingestion.formats.numbers import POINT
from ingestion.spec import (
    DATE,
    MONEY,
    FileFormat,
    FilesWire,
    ResourceSpec,
    SystemSpec,
    TableSpec,
    column,
)

PAYMENT_LINE = TableSpec(
    name="payment_line",
    key=("transaction_number", "payment_date"),
    key_prefix_removed="id:",
    count_equal_rows=True,
    columns=(
        column("Department family", aliases=("Department",)),
        column("Entity"),
        column(
            "Date of payment",
            DATE,
            name="payment_date",
            required=True,
            format=("%d/%m/%Y", "%d-%b-%Y", "%d-%b-%y"),
            aliases=("Date", "Payment date", "Date paid"),
        ),
        column("Expense type", required=True),
        column("Expense area", required=True, aliases=("Cost centre", "Directorate")),
        column("Supplier", required=True, aliases=("Supplier name",)),
        column(
            "Transaction number",
            required=True,
            aliases=("Transaction no", "Transaction", "Transaction ref", "Transaction reference"),
        ),
        column(
            "amount",
            MONEY,
            required=True,
            format=POINT,
            aliases=("Amount in Sterling", "AP amount", "Amount GBP", "Payment amount", "Value"),
        ),
    ),
)

SPEC = SystemSpec(
    name="uk_spend",
    title="published payment files",
    wire=FilesWire(
        wanted=(
            "the body's published payment files, one a month (.csv, .csv.gz, .xlsx or .xls) with the columns"
            " Date of payment, Expense type, Expense area, Supplier, Transaction number and amount, for"
            " example gstt_payments_2020-04.csv.gz"
        ),
        format=FileFormat(encodings=("utf-8-sig", "cp1252", "mac_roman")),
        excluded=("derived_*",),
    ),
    resources=(
        ResourceSpec(
            name="payment_line",
            path="*",
            tables=("payment_line",),
            quantity_column="amount",
            dated_column="payment_date",
        ),
    ),
    tables=(PAYMENT_LINE,),
    connection_required=("folder",),
)
