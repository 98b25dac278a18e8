"""The published X12 samples: each of the 31 files is read whole, or refused with the segment that is
wrong.
"""

from pathlib import Path

import pytest

from ingestion.formats.edi.rows import set_marks, x12_rows
from ingestion.formats.text_files import FileRefusedError
from ingestion.systems.distributor.spec import FORMAT, TABLES

DATA = Path(__file__).parents[3] / "shared" / "data" / "edi_x12_samples" / "oopfactory"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the published X12 samples are not in {DATA}"),
]
SPECS = {table.name: table for table in TABLES}
REFUSED = {
    "_820/Example3_HomeDepot.txt": "GE (segment 27): GE02 '44' closes GS06 '44 (Group Control Number)'",
    "_850/Example3_Adobe_CLP.txt": "ISA (segment 1): ISA06 has 14 characters where 15 are due",
    "_850/Example4_Adobe_ShrinkWrapped.txt": "ISA (segment 1): ISA06 has 14 characters where 15 are due",
    "_860/Example1.txt": "ISA (segment 1): ISA06 has 14 characters where 15 are due",
}
REJECTED = {
    "_820/Example6.txt": "SE (segment 17): SE02 '000001203' closes ST02 '0001203'",
    "_856/Example2.txt": "CTT (segment 35): CTT01 promises 2 HL, there are 3",
}
# Transaction sets by code, and rows by table, over all files that are read.
SETS = {"810": 7, "820": 5, "832": 2, "846": 2, "850": 3, "855": 3, "856": 5}
ROWS = {
    "purchase_order_line": 7,
    "acknowledgement_line": 4,
    "ship_notice_line": 16,
    "invoice": 7,
    "invoice_line": 39,
    "catalogue": 2,
    "catalogue_price": 5,
    "catalogue_pack": 7,
}


def read(path: Path) -> dict[str, tuple[list[dict[str, str]], list[str]]]:
    content = path.read_bytes()
    set_marks(path.name, content, FORMAT)
    return {
        table: (found.table.to_pylist(), [item.reason for item in found.unreadable])
        for table, found in x12_rows(path.name, content, SPECS, FORMAT)
    }


def test_every_file_is_read_or_refused_with_the_segment() -> None:
    refused: dict[str, str] = {}
    rejected: dict[str, str] = {}
    sets: dict[str, int] = {}
    rows: dict[str, int] = {}
    paths = sorted(DATA.rglob("*.txt"))
    for path in paths:
        name = path.relative_to(DATA).as_posix()
        try:
            found = read(path)
        except FileRefusedError as error:
            refused[name] = error.reason
            continue
        register, reasons = found.pop("transaction_set")
        if reasons:
            (rejected[name],) = reasons
        for one in register:
            sets[one["set_code"]] = sets.get(one["set_code"], 0) + 1
        for table, (lines, _) in found.items():
            rows[table] = rows.get(table, 0) + len(lines)
    assert len(paths) == 31
    assert (refused, rejected) == (REFUSED, REJECTED)
    assert (sets, rows) == (SETS, ROWS)


def test_hibcc_catalogues_give_packs_from_case_to_each() -> None:
    def packs(name: str, unit: str, quantity: str) -> list[tuple[str, str]]:
        lines, _ = read(DATA / "_832" / "_4010" / name)["catalogue_pack"]
        return [(line[unit], line[quantity]) for line in lines if line[unit]]

    assert packs("Example1_HIBCC.txt", "package_unit", "package_quantity") == [("CA", "1"), ("BX", "4")]
    assert packs("Example2_HIBCC.txt", "subline_unit", "subline_quantity") == [
        ("CA", "1"), ("BX", "4"), ("EA", "20"),
    ]  # fmt: skip
    prices, _ = read(DATA / "_832" / "_4010" / "Example2_HIBCC.txt")["catalogue_price"]
    assert [(one["price_type"], one["unit_price"], one["unit"], one["effective_date"]) for one in prices] == [
        ("C01", "65", "CA", "20000301"),
        ("C02", "62.20", "CA", "20000301"),
        ("C03", "58.75", "CA", "20000301"),
    ]
