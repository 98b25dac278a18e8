"""What a contract check finds in field lists, in recorded payloads and at the source itself."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from concord.commands_contract import proposed_changes
from concord.contract_check import (
    content_changes,
    fetch_live,
    impacts_of,
    list_changes,
    missing_paths,
    read_payloads,
    read_samples,
    unfilled,
)
from concord.lineage import Lineage
from ingestion.contracts.published import FieldListError, read_field_list
from ingestion.registry import SYSTEMS
from ingestion.transports import rest
from tests.ingestion.conftest import Harness
from tests.ingestion.test_rest_to_raw import APAUTO, cursor_pages, invoice
from tests.ingestion.wires import Api, serving

HEADER = "module,definition,property,type,format,required\n"
BEFORE = (
    "P,Order,id,integer,integer,True\nP,Order,currency,$ref:Currency,,False\nP,Order,note,string,text,False\n"
)
SPEC = SYSTEMS["procurement"]


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Harness]]:
    monkeypatch.setattr(rest, "BACKOFF", 0.01)
    made: list[Harness] = []

    def make(instances: str, environ: dict[str, str]) -> Harness:
        made.append(Harness(tmp_path, instances, environ))
        return made[-1]

    yield make
    for one in made:
        one.close()


def orders_as(entity: str) -> Any:
    """The procurement suite with its orders published under another name, and nothing else published."""
    tables = tuple(
        replace(
            table,
            published_as=entity if table.name == "purchase_order" else "",
            columns=tuple(one for one in table.columns if one.path in ("id", "currency.code")),
        )
        for table in SPEC.tables
    )
    return replace(SPEC, tables=tables)


def test_two_releases_of_a_list(tmp_path: Path) -> None:
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    before.write_text(HEADER + BEFORE + "P,Currency,code,string,string(3),False\n")
    after.write_text(
        HEADER
        + BEFORE.replace("integer,True", "integer,False").replace("P,Order,note,string,text,False\n", "")
        + "P,Currency,code,string,string(6),False\nP,Order,added,string,text,False\n"
    )
    found = list_changes(orders_as("P.Order"), read_field_list(before), read_field_list(after))
    assert [(change.entity, change.field, change.kind, columns) for change, columns in found] == [
        ("P.Currency", "code", "retyped", (("purchase_order", "currency_code"),)),
        ("P.Order", "added", "added", ()),
        ("P.Order", "id", "nullability", (("purchase_order", "id"),)),
        ("P.Order", "note", "removed", ()),
    ]
    currency = ("raw_procurement.purchase_order", "currency_code")
    lineage = Lineage({"canonical.can_order": {"currency": frozenset({currency})}})
    touched, nullability, *others = impacts_of(SPEC, found, lineage)
    assert (touched.raw, touched.hits) == (
        ("raw_procurement.purchase_order.currency_code",),
        {"canonical": ["can_order.currency"]},
    )
    assert nullability.raw and nullability.hits == {} and not any(other.raw for other in others)


def test_a_path_that_a_list_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER + BEFORE)
    [(change, columns)] = missing_paths(orders_as("P.Order"), read_field_list(path))
    assert (change.entity, change.field, change.before) == ("P.Currency", "code", "read as currency.code")
    assert columns == (("purchase_order", "currency_code"),)


def test_a_new_contract_of_ours_is_compared_with_todays(tmp_path: Path) -> None:
    (tmp_path / "spec.py").write_text(
        "from dataclasses import replace\n"
        "from ingestion.spec import column\n"
        "from ingestion.systems.apauto.spec import SPEC, VENDOR\n"
        "columns = (*VENDOR.columns[:-1], column('tier'))\n"
        "SPEC = replace(SPEC, tables=(replace(VENDOR, columns=columns), *SPEC.tables[1:]))\n"
    )
    found, compared_with = proposed_changes(SYSTEMS["apauto"], tmp_path)
    assert [(change.field, change.kind, columns) for change, columns in found] == [
        ("updated_at", "removed", (("vendor", "updated_at"),)),
        ("tier", "added", ()),
    ]
    assert impacts_of(SYSTEMS["apauto"], found, Lineage({}))[0].raw == ("raw_apauto.vendor.updated_at",)
    assert compared_with.startswith("contract 1+") and compared_with.endswith(str(tmp_path))


def test_a_file_that_is_no_list_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FieldListError, match=r"list\.csv has no column definition or entity_type or entity"):
        read_field_list(path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("invoice.json", '{"data": [', "invoice.json: page 1 is no JSON"),
        ("invoice.jsonl", '{"data": []}\n{"rows": []}\n', "invoice.jsonl: page 2 has no records at 'data'"),
        ("readme.txt", "", "holds no payload of apauto"),
    ],
    ids=["cut_off", "another_place", "nothing"],
)
def test_payloads_that_cannot_be_read_are_told(
    harness: Callable[..., Harness], tmp_path: Path, name: str, text: str, words: str
) -> None:
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / name).write_text(text)
    content, refused = read_payloads(harness(APAUTO, {"URL": "http://127.0.0.1"}).run(), "ap", recorded)
    assert content is None and any(words in reason for reason in refused)


def test_a_page_that_is_written_over_several_lines_is_one_page(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / "invoice_1.json").write_text(json.dumps({"data": [invoice(1), invoice(2)]}, indent=2))
    content, refused = read_payloads(harness(APAUTO, {"URL": "http://127.0.0.1"}).run(), "ap", recorded)
    assert content is not None and refused == ()
    assert content.landed_rows["invoice"] == 2


def test_recorded_payloads_and_the_source_itself_show_the_same(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    invoices = [
        invoice(number, gross_amount="2.75 USD", note="new", updated_at=f"2026-06-20T00:0{number}:00Z")
        for number in range(6)
    ]
    invoices += [invoice(7, status="PARKED")]
    for record in invoices:
        record["lines"][0].pop("amount")
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / "invoice.jsonl").write_text(json.dumps({"data": invoices}) + "\n")
    (recorded / "readme.txt").write_text("from the vendor")
    with serving(Api(cursor_pages(invoices))) as api:
        home = harness(APAUTO, {"URL": api.url})
        content, unknown = read_payloads(home.run(), "ap", recorded)
        live, refused = fetch_live(home.run(), "ap")
    assert unknown == ("readme.txt: belongs to no resource of apauto; they are vendor, invoice, event",)
    assert content is not None and live is not None and refused == ()
    spec = SYSTEMS["apauto"]
    expected = {
        ("invoice_line", "amount", "removed", "nothing in all 7 rows"),
        ("invoice", "gross_amount", "retyped", "other in 6 rows"),
        ("invoice", "status", "enum changed", "other in 1 rows"),
        ("invoice", "note", "added", "undeclared"),
    }
    for one in (content, live):
        changes = [change for change, _ in content_changes(spec, one)]
        assert {(change.entity, change.field, change.kind, change.after) for change in changes} == expected
    assert not (home.home / "landing").exists() or not list((home.home / "landing").iterdir())


def test_an_optional_field_that_no_payload_fills_is_removed(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    records = [invoice(number, payment_terms="NET60") for number in range(6)]
    (recorded / "invoice_1.json").write_text(json.dumps({"data": records}))
    run, spec = harness(APAUTO, {"URL": "http://127.0.0.1"}).run(), SYSTEMS["apauto"]
    content, _ = read_payloads(run, "ap", recorded)
    sampled = read_samples(run, "ap")
    assert content is not None and sampled is not None
    found = [change for change, _ in unfilled(spec, content, sampled)]
    lost = {(change.entity, change.field, change.kind, change.after) for change in found}
    assert ("invoice", "vendor_name", "removed", "nothing in all 6 rows") in lost
    assert ("invoice_line", "uom", "removed", "nothing in all 6 rows") in lost
    assert not {name for _, name, *_ in lost} & {"payment_terms", "invoice_date", "gross_amount", "quantity"}
