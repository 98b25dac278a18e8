"""XML answers to rows: shapes that change lose nothing; mutated pages load, reject or are refused whole."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from lxml import etree

from ingestion.contracts.contract import check_rows
from ingestion.formats.json_rows import rows_of_records
from ingestion.formats.xml_rows import (
    XmlCutOffError,
    XmlRefusedError,
    read_answer,
    records_hash,
    records_of_answer,
    value_of,
)
from ingestion.registry import SYSTEMS
from ingestion.soap_wire import SoapWire
from ingestion.tokens import Tokenizer
from ingestion.transports.soap import PassingError, SoapClient, page_of
from tests.ingestion.soap_server import PASSWORD, USER, make_world, serving_workforce

SPEC = SYSTEMS["workforce"]
WIRE = SPEC.wire
assert isinstance(WIRE, SoapWire)
LOCATION = SPEC.resource("location")
TYPED = ("ID", "type")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One answer of the simulated service, as text."""
    with serving_workforce(make_world(tmp_path_factory.mktemp("world"))) as service:
        client = SoapClient(SPEC, WIRE, {"url": service.url, "user": USER, "password": PASSWORD})
        [found] = client.pages(LOCATION, date(2026, 6, 30), datetime(2026, 7, 1))
    return found.content.decode()


def shape(text: str) -> Any:
    return value_of(etree.fromstring(text), TYPED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<r><a>1</a></r>", {"a": "1"}),
        ("<r><a/><b> </b></r>", {"a": None, "b": " "}),
        ("<r><a>1</a><a>2</a><a>3</a></r>", {"a": ["1", "2", "3"]}),
        ("<r k='x'><a>1</a></r>", {"@k": "x", "a": "1"}),
        ("<r><a k='x'>1</a></r>", {"a": "1", "a@k": "x"}),
        ("<r>loose<a>1</a></r>", {"#text": "loose", "a": "1"}),
        ("<w:r xmlns:w='urn:w'><w:a>1</w:a></w:r>", {"a": "1"}),
        (
            "<r xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><a i:nil='true'>x</a><b>1</b></r>",
            {"a": None, "b": "1"},
        ),
        ("<r><ID type='WID'>w</ID><ID type='Code'>c</ID></r>", {"ID": {"WID": "w", "Code": "c"}}),
        ("<r><ID type='Code'>c</ID><ID type='Code'>d</ID></r>", {"ID": {"Code": ["c", "d"]}}),
        ("<r><ID>plain</ID><ID type='Code'>c</ID></r>", {"ID": {"#text": "plain", "Code": "c"}}),
        ("<r><ID type='Code'>c</ID><ID>plain</ID></r>", {"ID": {"Code": "c", "#text": "plain"}}),
        ("<r><ID type='Code' k='x'>c</ID></r>", {"ID": {"Code": "c"}, "ID@k": "x"}),
        ("<r/>", None),
        ("<r>alone</r>", "alone"),
    ],
)
def test_nothing_of_an_element_is_lost(text: str, expected: Any) -> None:
    assert shape(text) == expected


def _rows(content: str) -> tuple[int, int, int]:
    """Records that came, rows that keep the contract, rejected rows."""
    records = records_of_answer(content.encode(), LOCATION.records, WIRE.typed_list)
    rows = rows_of_records(records, [SPEC.table("location")], file_name="page.xml")["location"]
    checked = check_rows(rows, Tokenizer(b"key"))
    return checked.landed_rows, checked.table.num_rows, len(checked.rejected)


@pytest.mark.parametrize(
    ("old", "new", "loaded", "rejected"),
    [
        ("", "", 16, 0),
        ("<wd:Inactive>0<", "<wd:Inactive>maybe<", 0, 16),
        ("<wd:Effective_Date>2019-07-01-08:00<", "<wd:Effective_Date>2019-07-01Z<", 16, 0),
        ("<wd:Effective_Date>2019-07-01-08:00<", "<wd:Effective_Date>2019-07-01T09:00:00<", 2, 14),
        ('wd:type="Location_ID">C140<', 'wd:type="Other_ID">C140<', 15, 1),
        ('<wd:ID wd:type="Location_ID">H200</wd:ID></wd:Loc', "<wd:New>1</wd:New></wd:Loc", 15, 1),
        ("<wd:Inactive>0</wd:Inactive>", "<wd:Inactive><wd:b>0</wd:b></wd:Inactive>", 0, 16),
    ],
)
def test_a_row_is_rejected_alone(page: str, old: str, new: str, loaded: int, rejected: int) -> None:
    assert _rows(page.replace(old, new) if old else page) == (16, loaded, rejected)


def test_a_further_kind_of_id_is_kept(page: str) -> None:
    more = page.replace("</wd:Location_Reference>", '<wd:ID wd:type="GLN">9</wd:ID></wd:Location_Reference>')
    records = records_of_answer(more.encode(), LOCATION.records, WIRE.typed_list)
    rows = rows_of_records(records, [SPEC.table("location")], file_name="page.xml")["location"]
    assert set(rows.table.column("_extension").to_pylist()) == {'{"Location_Reference.ID.GLN": "9"}'}


def test_equal_records_have_equal_hashes_whenever_they_were_asked(page: str) -> None:
    later = page.replace(">2026-06-30-08:00</wd:As_Of", ">2026-07-30-08:00</wd:As_Of")
    assert later != page
    hashes = {
        text: records_hash(read_answer(text.encode()).elements(LOCATION.records))
        for text in (page, later, page.replace("Elm Street", "Oak Street"))
    }
    assert hashes[page] == hashes[later] and len(set(hashes.values())) == 2


TOKENS = st.sampled_from(
    [
        *("<wd:Location>", "</wd:Location>", "<wd:Response_Data>", "</wd:Location_Data>", "<wd:Inactive>"),
        *(
            'wd:type="WID"',
            'wd:type="Location_ID"',
            "2019-07-01-08:00",
            "<wd:Page>1<",
            "<wd:Page_Results>16<",
        ),
        *("wd:Location_Reference", "Location_ID", ">0<", "env:Body", "wd:Location"),
    ]
)
JUNK = st.sampled_from(
    [
        *(
            "",
            "<wd:Location/>",
            "<wd:Location>x</wd:Location>",
            "<x/>",
            "n/a",
            "&lt;",
            "&amp;",
            "&nobody;",
            "<!--",
        ),
        *("]]>", "<![CDATA[<wd:Location>]]>", "\x00", "\ufeff", "wd:Site", "<wd:ID wd:type='WID'>2</wd:ID>"),
        *("<!DOCTYPE x>", "<?pi?>", ">1<", "2019-13-45", "x" * 300),
    ]
)
MUTATION = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 400)),
    st.tuples(st.just("double"), st.floats(0, 1), st.integers(1, 900)),
    st.tuples(st.just("swap"), TOKENS, JUNK, st.integers(1, 20)),
    st.tuples(st.just("insert"), st.floats(0, 1), JUNK),
)


def _mutated(text: str, mutation: tuple[Any, ...]) -> str:
    kind, first = mutation[0], mutation[1]
    if kind == "swap":
        return text.replace(first, mutation[2], mutation[3])
    at = int(len(text) * first)
    if kind == "cut":
        return text[:at] + text[at + mutation[2] :]
    if kind == "double":
        return text[:at] + text[at : at + mutation[2]] + text[at:]
    return text[:at] + mutation[2] + text[at:]


@settings(max_examples=250, deadline=None)
@given(mutations=st.lists(MUTATION, min_size=1, max_size=3))
def test_mutated_pages_are_refused_whole_or_every_record_is_accounted_for(
    page: str, mutations: list[tuple[Any, ...]]
) -> None:
    text = page
    for mutation in mutations:
        text = _mutated(text, mutation)
    try:
        answer = read_answer(text.encode())
        found = page_of(WIRE, LOCATION, text.encode(), answer, "r", 1)
    except (XmlCutOffError, XmlRefusedError, PassingError):
        event("refused")
        return
    sent, loaded, rejected = _rows(text)
    event("rejected" if rejected else "loaded")
    says = answer.text("Response_Results.Page_Results")
    assert sent == len(found.records) >= int(says)
    assert loaded + rejected == sent


def test_the_file_of_the_interface_says_what_the_service_says() -> None:
    import zeep

    folder = Path(__file__).parents[2]
    ours, theirs = (
        zeep.Client(str(folder / path))
        for path in ("ingestion/systems/workforce/workforce.wsdl", "sandbox/servers/workforce.wsdl")
    )
    offered = [
        {(name, operation) for name, binding in client.wsdl.bindings.items() for operation in binding.all()}
        for client in (ours, theirs)
    ]
    assert offered[0] == offered[1] and len(offered[0]) == 2
    for client in (ours, theirs):
        for name in ("Get_Locations_Request", "Get_Cost_Centers_Request"):
            element = client.get_element(f"{{{WIRE.namespace}}}{name}")
            assert [part for part, _ in element.type.elements] == ["Response_Filter", "Response_Group"]
            filter_type = dict(element.type.elements)["Response_Filter"].type
            assert [part for part, _ in filter_type.elements] == [
                *("As_Of_Effective_Date", "As_Of_Entry_DateTime", "Page", "Count"),
            ]  # fmt: skip
