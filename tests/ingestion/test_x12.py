"""X12 read from bytes: any legal delimiters, verified envelopes, loops to rows; nothing crashes, nothing
is lost.
"""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.formats.edi.interchange import read_delimiters, read_interchanges
from ingestion.formats.edi.rows import set_marks, x12_rows
from ingestion.formats.raw_rows import RawRows
from ingestion.formats.text_files import FileRefusedError
from ingestion.systems.distributor.spec import FORMAT, TABLES
from tests.ingestion.x12_text import ACKNOWLEDGEMENT, PIPE, STAR, Marks, interchange, split, transaction

SPECS = {table.name: table for table in TABLES}
MARKS = "*|^~!<>:;+\x1c\x1d\x1e\x1f\n\r\\@#$%&={}[]`…"


def rows(text: str) -> dict[str, RawRows]:
    content = text.encode()
    set_marks("file", content, FORMAT)
    return dict(x12_rows("file", content, SPECS, FORMAT))


def cells(found: RawRows, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(found.table.column(name).to_pylist() for name in names), strict=True))


def refusal(text: str) -> str:
    with pytest.raises(FileRefusedError) as caught:
        rows(text)
    return caught.value.reason


legal_marks = st.permutations(sorted(MARKS)).map(lambda found: Marks(*found[:4], end_of_line=""))
value = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    legal_marks,
    st.lists(st.lists(value, min_size=1, max_size=5), max_size=6),
    st.sampled_from(["00401", "00501"]),
)
def test_any_legal_delimiters_give_back_what_was_written(
    marks: Marks, body: list[list[str]], version: str
) -> None:
    used = {marks.element, marks.component, marks.segment, marks.repetition}
    written = [
        ["REF", *("".join(sign for sign in word if sign not in used) for word in words)] for words in body
    ]
    text = interchange(transaction("864", "0001", *written), marks=marks, version=version)
    (found,) = read_interchanges(text)
    (only,) = found.sets
    assert (only.problem, found.delimiters.element, found.delimiters.segment) == (
        "",
        marks.element,
        marks.segment,
    )
    assert found.delimiters.repetition == (marks.repetition if version == "00501" else "")
    assert [[segment.name, *segment.elements] for segment in only.segments[1:-1]] == written


DOCUMENTS = [transaction("855", f"{at:04}", *ACKNOWLEDGEMENT) for at in range(1, 4)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_accounted_for_set_by_set(data: st.DataObject) -> None:
    whole = interchange(*DOCUMENTS, group="PR")
    text = whole
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(106, max(106, len(text) - 1)))
        end = data.draw(st.integers(start, min(start + 40, len(text))))
        put = data.draw(st.sampled_from(["", "*", "~", "ST*855*0009~", "x", "IEA*1*1~", text[start:end] * 2]))
        text = text[:start] + put + text[end:]
    sent = sum(1 for part in text.split("~") if part.strip().split("*")[0] == "ST")
    try:
        found = rows(text)["transaction_set"]
    except FileRefusedError as error:
        assert error.reason and error.remedy
        return
    assert found.landed_rows == sent
    assert text == whole or found.landed_rows == found.table.num_rows + len(found.unreadable)


def test_a_version_in_other_digits_is_read_as_none() -> None:
    text = interchange(transaction("997", "0001"), group="FA").replace("*00501*", "*0050\u00b2*", 1)
    assert read_delimiters(text).repetition == ""


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: ("ISA*" + text).encode()))
def test_noise_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefusedError):
        set_marks("noise", content, FORMAT)


GOOD = interchange(*DOCUMENTS[:2], group="PR", number=7)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("GE*2*7~", "GE*3*7~", "GE (segment 19): GE01 promises 3 sets, there are 2"),
        ("GE*2*7~", "GE*2*8~", "GE (segment 19): GE02 '8' closes GS06 '7'"),
        ("IEA*1*000000007~", "IEA*2*000000007~", "IEA01 promises 2 groups, there are 1"),
        ("IEA*1*000000007~", "IEA*1*000000070~", "IEA02 '000000070' closes ISA13 '000000007'"),
        ("IEA*1*000000007~", "", "no IEA follows GE (segment 19)"),
        ("GE*2*7~\n", "", "IEA (segment 19) comes before GE closes GS (segment 2)"),
        ("LAKESHORE      *2", "LAKESHORE *2", "ISA08 has 10 characters where 15 are due"),
        ("*T*>~", "*T*1~", "cannot be told from data"),
        ("GS*PR", "REF*X~GS*PR", "REF (segment 2) stands outside of any transaction set"),
        ("ISA*", "UNB+", "ISA (segment 1) is missing"),
    ],
    ids=["ge01", "ge02", "iea01", "iea02", "no_iea", "no_ge", "isa_width", "delimiters", "outside", "no_isa"],
)
def test_an_envelope_that_does_not_close_refuses_the_file(old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert words in refusal(GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("SE*8*0001~", "SE*9*0001~", "SE (segment 10): SE01 promises 9 segments, there are 8"),
        ("SE*8*0001~", "SE*8*0005~", "SE02 '0005' closes ST02 '0001'"),
        ("SE*8*0001~\n", "", "no SE closes the set before ST (segment 10)"),
        ("CTT*2*13~", "CTT*3*13~", "CTT (segment 9): CTT01 promises 3 PO1, there are 2"),
        ("CTT*2*13~", "CTT*2*14~", "CTT02 promises a total of 14, PO1.02 adds up to 13"),
        ("BAK*00", "ba*00", "'ba' (segment 4) is no segment name"),
        ("ST*855*0001~", "ST*855*0002~", "SE02 '0001' closes ST02 '0002'"),
    ],
    ids=["se01", "se02", "no_se", "ctt01", "ctt02", "name", "st02"],
)
def test_a_wrong_set_is_rejected_alone(old: str, new: str, words: str) -> None:
    assert old in GOOD
    found = rows(GOOD.replace(old, new, 1))
    broken = found["transaction_set"].unreadable
    assert words in broken[0].reason and broken[0].line_number == 1
    assert broken[0].payload.startswith("ST*855*000")
    assert found["transaction_set"].landed_rows == 2


@pytest.mark.parametrize(
    ("usage", "environment", "words"),
    [
        ("T", "prod", "interchange 000000001 is no production (ISA15 is T), this instance is prod"),
        ("I", "prod", "is no production (ISA15 is I)"),
        ("P", "sandbox", "is production (ISA15 is P), this instance is sandbox"),
        ("P", "test", "is production"),
    ],
)
def test_production_stays_among_prod(usage: str, environment: str, words: str) -> None:
    content = interchange(*DOCUMENTS, group="PR", usage=usage).encode()
    with pytest.raises(FileRefusedError, match=re.escape(words)) as caught:
        set_marks("file", content, FORMAT, environment)
    assert "landscape" in caught.value.remedy


@pytest.mark.parametrize(
    ("usage", "environment"), [("P", "prod"), ("T", "test"), ("T", "sandbox"), ("P", "")]
)
def test_an_interchange_is_read_where_it_is_meant_for(usage: str, environment: str) -> None:
    content = interchange(*DOCUMENTS, group="PR", usage=usage).encode()
    assert len(set_marks("file", content, FORMAT, environment)) == len(DOCUMENTS)


def test_the_register_knows_the_order_that_went_out() -> None:
    sent = transaction("850", "0001", *split("BEG*00*SA*PO7**20260601 PO1*1*5*EA CTT*1*5"))
    changed = transaction("860", "0002", *split("BCH*04*SA*PO8**1*20260601 POC*1*QI*5*EA CTT*1"))
    found = rows(interchange(sent, changed, transaction("997", "0003", *split("AK1*PO*1 AK9*A*1*1*1"))))
    assert cells(found["transaction_set"], "set_code", "po_number", "changed_po_number") == [
        ("850", "PO7", None),
        ("860", None, "PO8"),
        ("997", None, None),
    ]


def test_one_number_for_two_contents_in_a_file_refuses_it() -> None:
    again = GOOD.replace("PO1001", "PO1002", 1)
    assert "DISTONE|LAKESHORE|000000007|7|0001 twice with different content" in refusal(GOOD + again)
    assert rows(GOOD + GOOD)["transaction_set"].table.num_rows == 4


def test_partners_write_with_different_delimiters_in_one_file() -> None:
    other = interchange(transaction("855", "9", *ACKNOWLEDGEMENT), sender="DISTTWO", marks=PIPE)
    found = rows("\ufeff" + GOOD + other)
    assert cells(found["transaction_set"], "sender", "set_number") == [
        ("DISTONE", "0001"), ("DISTONE", "0002"), ("DISTTWO", "9"),
    ]  # fmt: skip


def test_each_line_status_is_a_row_and_a_line_without_one_too() -> None:
    found = rows(GOOD)["acknowledgement_line"]
    assert cells(found, "line_number", "status", "status_quantity", "unit", "price_basis", "buyer_item")[
        :3
    ] == [
        ("1", "IA", "6", "EA", "", "100001"),
        ("1", "IB", "4", "EA", "", "100001"),
        ("2", None, None, "CA", "HP", "100002"),
    ]
    assert cells(found, "order_date", "acknowledgement_date", "vendor_order")[0] == (
        "20260530",
        "20260531",
        "V-77",
    )
    assert cells(found, "vendor_catalogue", "segment_position", "sent_at")[2] == (
        "V-2",
        "6",
        "2026-06-01T12:00:00Z",
    )


def test_shipped_items_know_shipment_order_and_pack() -> None:
    notice = split(
        "BSN*00*S-9*20260605*0800 HL*1**S DTM*011*20260605 DTM*017*20260607 REF*CN*TRACK1 HL*2*1*O PRF*PO1001"
        " HL*3*2*P MAN*GM*SSCC1 HL*4*3*I LIN*1*IN*100001*LT*L77 SN1**6*EA HL*5*2*I LIN*2*VC*V-2 SN1**3*CA"
        " REF*LT*L78 CTT*5*9"
    )
    loose = split(
        "BSN*00*S-8*20260605 HL*1**S HL*2**O PRF*PO1002 HL*3**I LIN*4*IN*100003 SN1**1*EA HL*4**I"
        " LIN*5*IN*100004 SN1**2*EA CTT*4"
    )
    text = interchange(transaction("856", "1", *notice), transaction("856", "2", *loose), group="SH")
    found = rows(text)["ship_notice_line"]
    names = ("shipment_number", "order_po_number", "line_number", "quantity", "unit")
    assert cells(found, *names, "lot", "lot_reference", "carton") == [
        ("S-9", "PO1001", "1", "6", "EA", "L77", None, "SSCC1"),
        ("S-9", "PO1001", "2", "3", "CA", None, "L78", None),
        ("S-8", "PO1002", "4", "1", "EA", None, None, None),
        ("S-8", "PO1002", "5", "2", "EA", None, None, None),
    ]  # fmt: skip
    assert cells(found, "shipped_date", "expected_date", "tracking_number")[1] == (
        "20260605",
        "20260607",
        "TRACK1",
    )


def test_an_invoice_has_lines_charges_and_taxes() -> None:
    invoice = split(
        "BIG*20260610*INV-1*20260601*PO1001***CR N1*SE*DISTRIBUTOR_ONE*1*123456789 N3*STREET"
        " IT1*1*200*EA*12.5*HP*UP*012345678905*VC*V-1 TXI*ST*2.06 PID*F****GLOVE SAC*A*C310***125"
        " IT1*2*1*CA*40**VC*V-2 TDS*6694 SAC*C*D240***750 CTT*2*201"
    )
    found = rows(interchange(transaction("810", "1", *invoice), group="IN"))
    assert cells(
        found["invoice"], "invoice_number", "invoice_type", "total_cents", "seller", "seller_name"
    ) == [("INV-1", "CR", "6694", "123456789", "DISTRIBUTOR ONE")]
    names = ("line_number", "charge_code", "charge_indicator", "charge_cents", "tax_amount", "description")
    assert cells(found["invoice_line"], *names) == [
        ("1", None, None, None, None, "GLOVE"),
        ("2", None, None, None, None, None),
        ("1", "C310", "A", "125", None, "GLOVE"),
        ("1", None, None, None, "2.06", "GLOVE"),
        (None, "D240", "C", "750", None, None),
    ]


def test_a_catalogue_has_prices_with_days_and_packs() -> None:
    catalogue = split(
        "BCT*PC*CAT-1 CUR*SE*USD N1*SE*SELLER*92*7 LIN*1*VC*V-1*MG*M-1*IN*100001 CTP**CAT*66.5*1*CA"
        " DTM*007****RD8*20260101-20261231 PO4*4*25*EA LIN*2*VC*V-2 CTP**CAT*10*1*BX DTM*007*20260301 CTT*2"
    )
    found = rows(interchange(transaction("832", "1", *catalogue), group="SC"))
    names = ("vendor_catalogue", "unit_price", "unit", "effective_from", "effective_to", "effective_date")
    assert cells(found["catalogue_price"], *names) == [
        ("V-1", "66.5", "CA", "20260101", "20261231", ""),
        ("V-2", "10", "BX", None, None, "20260301"),
    ]
    names = ("line_number", "line_position", "pack_count", "pack_size", "pack_unit", "seller")
    assert cells(found["catalogue_pack"], *names) == [
        ("1", "5", None, None, None, "7"),
        ("2", "9", None, None, None, "7"),
        ("1", "5", "4", "25", "EA", "7"),
    ]
    assert cells(found["catalogue_price"], "line_position") == [("5",), ("9",)]
    assert cells(found["catalogue"], "catalogue_number", "seller", "seller_name") == [
        ("CAT-1", "7", "SELLER")
    ]


def test_a_functional_acknowledgement_answers_sets_or_a_group() -> None:
    each = split("AK1*PO*12 AK2*850*0001 AK5*A AK2*850*0002 AK3*PO1 AK5*R*5 AK9*P*2*2*1")
    group = split("AK1*PO*13 AK9*A*1*1*1")
    found = rows(interchange(transaction("997", "1", *each), transaction("997", "2", *group), group="FA"))
    names = ("acknowledged_group", "acknowledged_set", "set_status", "group_status")
    assert cells(found["functional_acknowledgement"], *names) == [
        ("12", "0001", "A", "P"),
        ("12", "0002", "R", "P"),
        ("13", None, None, "A"),
    ]


def test_what_no_column_declares_stays_in_the_landing_copy() -> None:
    """A bank account has no name in X12: undeclared elements must not reach raw."""
    remittance = split("BPR*C*77.77*C*ACH*CTX*01*234056789*DA*0099109999 REF*11*1233626208")
    found = rows(interchange(transaction("820", "1", *remittance), group="RA", marks=STAR))
    assert list(found) == ["transaction_set"]
    assert "0099109999" not in str(found["transaction_set"].table.to_pylist())
