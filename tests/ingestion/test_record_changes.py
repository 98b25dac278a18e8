"""What records of an API hide from a reader of changes: deleted records, and lines that change alone."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingestion import pipelines
from ingestion.registry import SYSTEMS
from ingestion.reports import LoadReport
from ingestion.spec import RestWire
from ingestion.transports.rest_keys import READINGS, key_params
from sandbox.generate import generate
from sandbox.serve import Sandbox
from tests.ingestion.conftest import Harness
from tests.ingestion.test_key_sets import refresh
from tests.ingestion.wires import Api, serving

INSTANCES = """\
  procurement:
    system: procurement
    connection: {url: '${CONCORD_PROCUREMENT_URL}', client_id: '${CONCORD_PROCUREMENT_CLIENT_ID}',
      client_secret: '${CONCORD_PROCUREMENT_CLIENT_SECRET}'}
  erp_cloud:
    system: erp_cloud
    connection: {url: '${CONCORD_ERP_CLOUD_URL}', user: '${CONCORD_ERP_CLOUD_USER}',
      password: '${CONCORD_ERP_CLOUD_PASSWORD}'}
"""
CURRENT = """
    select * from raw_{system}.{table}
    qualify row_number() over (
        partition by _row_key
        order by _source_version desc nulls last, _source_updated_at desc nulls last, _version desc
    ) = 1
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    world = tmp_path_factory.mktemp("world")
    generate(5, 300, "none", None, world)
    with Sandbox(world, 0) as running:
        yield running


@pytest.fixture
def home(sandbox: Sandbox, harness: Callable[..., Harness]) -> Harness:
    made = harness(INSTANCES, sandbox.endpoints["environment"])
    for name in ("procurement", "erp_cloud"):
        assert not refresh(made, name)[1]
    return made


def current(home: Harness, table: str, columns: str, where: str, system: str = "procurement") -> list[Any]:
    newest = CURRENT.format(system=system, table=table)
    return home.query(f"select {columns} from ({newest}) where {where}")


def deleted(loaded: LoadReport) -> dict[str, int]:
    return {load.table: load.deleted_rows for load in loaded.loads if load.deleted_rows}


def test_a_deleted_order_goes_with_its_lines_and_a_deleted_line_alone(
    home: Harness, sandbox: Sandbox
) -> None:
    picked = home.query(
        "select order_header_id, count(*), min(id) from raw_procurement.purchase_order_line"
        " group by all having count(*) between 2 and 5 order by 1"
    )
    (order, lines, _), (other, _, line) = picked[0], picked[1]
    assert sandbox.delete("procurement", "purchase_orders", id=int(order)) == 1
    assert sandbox.delete("procurement", "purchase_order_lines", id=int(line)) == 1
    _, held, loaded = refresh(home, "procurement")
    assert not held and deleted(loaded) == {"purchase_order": 1, "purchase_order_line": lines + 1}
    gone = current(home, "purchase_order_line", "id", "_is_deleted")
    assert len(gone) == lines + 1
    assert current(home, "purchase_order", "_is_deleted", f"_row_key = '{other}'") == [(False,)]
    landed, _, loaded = refresh(home, "procurement")
    assert not loaded.new_version_rows and not loaded.deleted_rows and landed.is_complete


def test_a_document_item_deleted_in_the_cloud_erp_is_found_by_odata(home: Harness, sandbox: Sandbox) -> None:
    [(order, item)] = home.query(
        "select purchase_order, purchase_order_item from raw_erp_cloud.purchase_order_item"
        " where purchase_order_item <> '10' order by all limit 1"
    )
    assert (
        sandbox.delete("erp_cloud", "A_PurchaseOrderItem", PurchaseOrder=order, PurchaseOrderItem=item) == 1
    )
    _, held, loaded = refresh(home, "erp_cloud")
    assert not held and deleted(loaded) == {"purchase_order_item": 1}
    columns = "purchase_order, purchase_order_item"
    assert current(home, "purchase_order_item", columns, "_is_deleted", "erp_cloud") == [(order, item)]


def test_a_line_that_changes_alone_arrives_once_and_its_order_stays(home: Harness, sandbox: Sandbox) -> None:
    [(line, header)] = home.query(
        "select id, order_header_id from raw_procurement.purchase_order_line order by id desc limit 1"
    )
    before = home.query("select count(*) from raw_procurement.purchase_order")
    assert (
        sandbox.change("procurement", "purchase_order_lines", {"id": int(line)}, {"price": "99.500000"}) == 1
    )
    _, _, loaded = refresh(home, "procurement")
    assert {load.table: load.new_version_rows for load in loaded.loads if load.new_version_rows} == {
        "purchase_order_line": 1
    }
    columns = "price::varchar, order_header_id, _version, _file_name"
    assert current(home, "purchase_order_line", columns, f"_row_key = '{line}'") == [
        ("99.500000", header, 2, "purchase_order_line.jsonl")
    ]
    assert home.query("select count(*) from raw_procurement.purchase_order") == before
    # Nested in its order it says the same.
    run = home.run()
    assert run.state.batches("procurement")[-1].cursors["purchase_order_line"].startswith("2026-07-01T04:59")
    (home.folder / "again").mkdir()
    again = Harness(home.folder / "again", INSTANCES, sandbox.endpoints["environment"])
    refresh(again, "procurement")
    query = f"select price, _record_hash from raw_procurement.purchase_order_line where id = '{line}'"
    assert again.query(query) == home.query(f"{query} and _version = 2")
    again.close()


@dataclass
class Prices:
    """Contract prices behind a scripted API, as numbers; `shift` changes them between two pages of keys."""

    numbers: list[int]
    shift: Callable[[list[int]], None] = lambda numbers: None
    fails: bool = False

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        if path != "/api/contract_prices":
            return []
        if "fields" in query and self.fails:
            return {"error": "fields is not allowed"}
        offset = int(query.get("offset", 0))
        page = [self.record(number) for number in self.numbers][offset : offset + 50]
        if "fields" in query and offset == 0:
            self.shift(self.numbers)
        return page

    @staticmethod
    def record(number: int) -> dict[str, Any]:
        return {
            "id": number, "contract": {"number": "C1"}, "uom": {"code": "EA"}, "price": "1.00",
            "updated-at": "2026-06-01T00:00:00Z",
        }  # fmt: skip


def prices(harness: Callable[..., Harness], api: Api) -> Harness:
    connection = "{url: '${URL}', client_id: me, client_secret: '${SECRET}'}"
    return harness(f"  buy:\n    system: procurement\n    connection: {connection}\n", {"URL": api.url})


def test_keys_that_shift_between_two_pages_are_read_again(harness: Callable[..., Harness]) -> None:
    """A row deleted on the first page draws one of the second out of sight, which is not deleted with it."""
    known = Prices(list(range(1, 121)))
    with serving(Api(known)) as api:
        home = prices(harness, api)
        refresh(home, "buy")
        left = iter([3])
        known.shift = lambda numbers: numbers.remove(number) if (number := next(left, 0)) else None
        _, _, loaded = refresh(home, "buy")
        assert deleted(loaded) == {"contract_price": 1}
        assert home.query("select id from raw_procurement.contract_price where _is_deleted") == [("3",)]


def test_keys_that_never_settle_or_are_refused_delete_nothing_and_say_so(
    harness: Callable[..., Harness],
) -> None:
    known = Prices(list(range(1, 121)))
    with serving(Api(known)) as api:
        home = prices(harness, api)
        refresh(home, "buy")
        falling = itertools.count(1)
        known.shift = lambda numbers: numbers.remove(next(falling))
        landed, _, loaded = refresh(home, "buy")
        assert not loaded.deleted_rows and next(falling) == READINGS + 1
        assert "contract_price: rows were deleted while its keys were read; next time" in landed.remarks
        known.shift, known.fails = (lambda numbers: None), True
        landed, _, loaded = refresh(home, "buy")
        assert not loaded.deleted_rows and landed.is_available
        assert any("contract_price: its keys cannot be read" in remark for remark in landed.remarks)
        known.fails = False
        assert deleted(refresh(home, "buy")[2]) == {"contract_price": READINGS}


@pytest.mark.parametrize(
    ("system", "resource", "params"),
    [
        (
            "procurement",
            "purchase_order",
            {
                "fields": '["id", "updated_at", {"order_lines": ["id", "updated_at"]}]',
                "order_by": "id",
                "dir": "asc",
            },
        ),
        (
            "erp_cloud",
            "purchase_order_item",
            {
                "$select": "PurchaseOrder,PurchaseOrderItem,LastChangeDateTime",
                "$orderby": "PurchaseOrder,PurchaseOrderItem",
            },
        ),
    ],
    ids=["fields", "odata"],
)
def test_only_keys_and_times_of_change_are_asked_for(
    system: str, resource: str, params: dict[str, str]
) -> None:
    spec = SYSTEMS[system]
    assert isinstance(spec.wire, RestWire)
    tables = [spec.table(name) for name in spec.resource(resource).tables]
    assert dict(key_params(spec.wire, tables)) == params


def test_a_rebuild_repeats_the_deletions_of_records(harness: Callable[..., Harness], tmp_path: Path) -> None:
    known = Prices(list(range(1, 121)))
    with serving(Api(known)) as api:
        home = prices(harness, api)
        refresh(home, "buy")
        known.numbers.remove(7)
        refresh(home, "buy")
    before = home.raw("raw_procurement.contract_price")
    (home.home / "warehouse.duckdb").unlink()
    pipelines.load_system(home.run(), "procurement")
    assert home.raw("raw_procurement.contract_price") == before
