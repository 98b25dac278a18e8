"""Parts that a document no longer lists: deleted as of its version, and never by what is older or unread."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import pipelines
from ingestion.landing_copy.retention import prune
from ingestion.raw import scratch
from ingestion.raw.versions import Known
from ingestion.registry import SYSTEMS
from ingestion.reports import LoadReport
from ingestion.runs import Window
from ingestion.spec import SystemSpec, TableSpec
from sandbox.generate import generate
from sandbox.serve import Sandbox
from tests.dbt_runs import build
from tests.ingestion.conftest import Harness
from tests.ingestion.test_rest_to_raw import APAUTO, invoice
from tests.ingestion.wires import Api, serving

SANDBOX = """\
  ap:
    system: apauto
    connection: {url: '${CONCORD_APAUTO_URL}', api_key: '${CONCORD_APAUTO_API_KEY}',
      api_secret: '${CONCORD_APAUTO_API_SECRET}'}
"""
ALIVE = """
    with newest as (
        select * from raw_apauto.invoice_line
        qualify row_number() over (
            partition by _row_key
            order by _source_version desc nulls last, _source_updated_at desc nulls last, _version desc
        ) = 1
    )
    select line_id from newest where not _is_deleted and invoice_id = 'I1' order by 1
"""


class Payables:
    """One AP service on the loopback whose invoices a test sets; each call of `say` is a later state."""

    def __init__(self) -> None:
        self.invoices: list[dict[str, Any]] = []

    def say(self, version: int, *lines: Any, **changes: Any) -> None:
        """Invoice I1 as it is at a version; a line is a number or a whole line."""
        nested = [line if not isinstance(line, int) else numbered(line) for line in lines]
        at = f"2026-06-{version:02}T00:00:00Z"
        self.invoices = [invoice(1, version=version, updated_at=at, **{"lines": nested, **changes})]

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        return {"data": self.invoices if path == "/v1/invoices" else [], "next_cursor": None}


def numbered(number: int, **changes: Any) -> dict[str, Any]:
    return {"line_id": f"L{number}", "line_number": number, "amount": "1.10", **changes}


@pytest.fixture
def payables() -> Payables:
    return Payables()


@pytest.fixture
def home(payables: Payables, harness: Callable[..., Harness]) -> Iterator[Harness]:
    with serving(Api(payables)) as api:
        made = harness(APAUTO, {"URL": api.url})
        payables.say(2, 1, 2, 3)
        made.refresh()
        yield made


def refresh(home: Harness) -> LoadReport:
    return home.refresh()[1]["apauto"]


def alive(home: Harness) -> str:
    return " ".join(line for (line,) in home.query(ALIVE))


def test_a_line_that_is_no_longer_listed_is_a_deleted_version_of_its_invoice_and_may_return(
    home: Harness, payables: Payables
) -> None:
    payables.say(3, 1, 3, gross_amount="2.20")
    loaded = refresh(home)
    assert {load.table: load.deleted_rows for load in loaded.loads}["invoice_line"] == 1
    assert alive(home) == "L1 L3"
    columns = "_version, _source_version, _is_deleted, amount::varchar, _file_name, _line_number"
    story = f"select {columns} from raw_apauto.invoice_line where line_id = 'L2' order by 1"
    assert home.query(story) == [
        (1, 2, False, "1.10", "invoice.jsonl", 1),
        (2, 3, True, "1.10", "invoice.jsonl", 1),
    ]
    assert home.query("select sum(gross_amount) from raw_apauto.invoice where version = 3") == home.query(
        "select sum(amount) from raw_apauto.invoice_line where line_id in ('L1', 'L3')"
    )
    again = refresh(home)
    assert (again.new_version_rows, again.deleted_rows) == (0, 0)
    payables.say(4, 1, 2, 3)
    assert (refresh(home).deleted_rows, alive(home)) == (0, "L1 L2 L3")


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param([], "", id="none_left"),
        pytest.param([1, numbered(2, amount="a few")], "L1 L2", id="unreadable_line"),
        pytest.param([1, numbered(2, line_id=None)], "L1 L2 L3", id="line_without_its_key"),
        pytest.param([1, "two"], "L1 L2 L3", id="line_that_is_no_object"),
    ],
)
def test_what_was_sent_is_not_gone(home: Harness, payables: Payables, lines: list[Any], left: str) -> None:
    payables.say(3, *lines)
    refresh(home)
    assert alive(home) == left


@pytest.mark.parametrize("is_null", [False, True])
def test_an_invoice_without_its_list_tells_nothing_and_is_told(
    home: Harness, payables: Payables, is_null: bool
) -> None:
    payables.say(3, lines=None)
    if not is_null:
        del payables.invoices[0]["lines"]
    loaded = refresh(home)
    assert (loaded.deleted_rows, loaded.rejected_rows, alive(home)) == (0, 1, "L1 L2 L3")
    assert home.query("select table_name, reason, payload from raw_apauto.rejected_row") == [
        ("invoice_line", "lines is missing", '{"invoice_id": "I1", "updated_at": "2026-06-03T00:00:00Z"}')
    ]
    payables.say(4, 1)
    assert (refresh(home).deleted_rows, alive(home)) == (2, "L1")


def test_an_older_list_deletes_nothing_and_brings_nothing_back(home: Harness, payables: Payables) -> None:
    payables.say(4, 1, 2)
    refresh(home)
    payables.say(3, 1, numbered(3, amount="9.00"))
    run = home.run()
    pipelines.land(run, "ap", Window(date(2026, 6, 1), date(2026, 6, 9)))
    for batch in pipelines.pending_batches(run, "ap"):
        pipelines.accept_batch(run, batch)
    loaded = pipelines.load_system(run, "apauto")
    assert (loaded.deleted_rows, loaded.late_rows, alive(home)) == (0, 2, "L1 L2")


def test_of_two_states_in_one_batch_the_newest_counts(
    home: Harness, payables: Payables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "IN_MEMORY", 1)
    payables.say(4, 1)
    newest = payables.invoices
    payables.say(3, 1, 2, 4)
    payables.invoices = [*newest, *payables.invoices]
    assert (refresh(home).deleted_rows, alive(home)) == (3, "L1")


def test_an_invoice_that_is_rejected_deletes_nothing(home: Harness, payables: Payables) -> None:
    payables.say(3, 1, currency=None)
    assert (refresh(home).deleted_rows, alive(home)) == (0, "L1 L2 L3")


def test_loading_again_from_plain_and_tokenized_payloads_repeats_the_deletions(
    home: Harness, payables: Payables
) -> None:
    payables.say(3, 1, 3)
    refresh(home)
    payables.say(4, lines=None)
    refresh(home)
    before = home.raw("raw_apauto.invoice_line")
    assert len(before) == 4
    for is_pruned in (False, True):
        if is_pruned:
            yaml = home.folder / "landscape" / "landscape.yaml"
            yaml.write_text(yaml.read_text() + "    retention: {plain: 1d}\n")
            home.now += timedelta(days=2)
            assert list(prune(home.run()))
        (home.home / "warehouse.duckdb").unlink()
        pipelines.load_system(home.run(), "apauto")
        assert home.raw("raw_apauto.invoice_line") == before


@pytest.mark.slow
def test_a_line_taken_off_an_invoice_is_gone_from_canonical_and_the_amounts_tie(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    generate(5, 60, "none", None, tmp_path / "world")
    with Sandbox(tmp_path / "world", 0) as sandbox:
        home = harness(SANDBOX, sandbox.endpoints["environment"])
        refresh(home)
        [(invoice_id, line_id, lines)] = home.query(
            "select invoice_id, min(line_id), count(*) from raw_apauto.invoice_line"
            " group by all having count(*) > 1 order by 1 limit 1"
        )
        assert sandbox.delete("apauto", "invoice_lines", invoice_id=invoice_id, line_id=line_id) == 1
        assert refresh(home).deleted_rows == 1
        assert refresh(home).deleted_rows == 0
    run = home.run()
    pipelines.load_landscape(run)
    books = f"""
        select count(*), sum(lines.line_amount) = any_value(heads.gross_amount)
        from canonical.can_invoice as heads
        inner join canonical.can_invoice_line as lines on lines.invoice_id = heads.native_id
        where heads.native_id = '{invoice_id}' and not lines.is_deleted
    """
    assert build(run.settings, "+can_invoice +can_invoice_line", books) == [(lines - 1, True)]


NESTED = [
    pytest.param(system, table, id=f"{system.name}.{table.name}")
    for system in SYSTEMS.values()
    for table in system.tables
    if table.explode
]


@pytest.mark.parametrize(("system", "table"), NESTED)
def test_every_nested_table_has_one_way_to_lose_a_row(system: SystemSpec, table: TableSpec) -> None:
    """A list that is whole, or the key set of its resource; what was sent over X12 is never taken back."""
    resource = system.resource_of(table.name)
    ways = [bool(table.part_of[0]), bool(resource and resource.has_key_set), system.name == "distributor"]
    assert ways.count(True) == 1
    if table.part_of[0]:
        document = system.table(table.part_of[0])
        paths = {column.name: f"^{column.path}" for column in document.columns}
        assert resource and document.name in resource.tables
        told = next(column for column in table.columns if column.name == table.part_of[1])
        assert [told.path] == [paths[name] for name in document.key]


# One invoice's states by version: which parts each lists.
STATES = st.lists(st.sets(st.sampled_from("abcd")), min_size=1, max_size=5)
SCHEMA = pa.schema(
    [
        ("_row_key", pa.string()),
        ("_record_hash", pa.int64()),
        ("_source_version", pa.int64()),
        ("_source_updated_at", pa.timestamp("us")),
        ("_is_deleted", pa.bool_()),
        ("_file_name", pa.string()),
        ("_line_number", pa.int64()),
        ("document", pa.string()),
    ]
)
UNREAD = pa.table({"_row_key": [], "_file_name": [], "_line_number": []}).cast(
    pa.schema([SCHEMA.field(name) for name in ("_row_key", "_file_name", "_line_number")])
)


class Books:
    """What is known of one document and its parts, with every version that raw would hold."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.documents, self.parts = Known(connection, "document_"), Known(connection, "part_", "document")
        self.raw = SCHEMA.append(pa.field("_version", pa.int64())).empty_table()
        self._connection = connection

    def take(self, batch: Sequence[tuple[int, set[str]]]) -> int:
        """Adds the states of a batch; how many versions of parts that made, deleted ones included."""
        documents, parts = [], []
        for line, (version, listed) in enumerate(batch):
            place = (version, None, False, "page", line, "D")
            documents.append(("D", version, *place))
            parts += [(part, ord(part), *place) for part in sorted(listed)]
        found, nested = (_rows(rows) for rows in (documents, parts))
        self.documents.add(found, self.documents.decide(found))
        decided = self.parts.decide(nested)
        self.parts.add(nested, decided)
        fresh = nested.append_column("_version", pa.array(decided.version.astype("int64")))
        fresh = fresh.filter(pa.array(decided.is_new))
        absent = self.parts.absent_parts(self.documents, found, nested, UNREAD)
        deleted = self.parts.tombstones(pa.concat_tables([self.raw, fresh]), absent).cast(self.raw.schema)
        self.parts.add_versions(deleted)
        self.raw = pa.concat_tables([self.raw, fresh, deleted])
        return fresh.num_rows + deleted.num_rows

    def alive(self) -> set[str]:
        query = "select _row_key from held_part_ where not _is_deleted"
        return {key for (key,) in self._connection.execute(query).fetchall()}


def _rows(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)


@settings(max_examples=20, deadline=None)
@given(states=STATES, data=st.data())
def test_whatever_the_order_the_newest_list_says_which_parts_live(
    states: Sequence[set[str]], data: st.DataObject
) -> None:
    deliveries = list(enumerate(states, start=1))
    order = data.draw(st.permutations(deliveries))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    batches = [order[a:b] for a, b in itertools.pairwise([0, *cuts, len(order)]) if a < b]
    with duckdb.connect() as connection:
        books, seen = Books(connection), list[tuple[int, set[str]]]()
        for batch in batches:
            books.take(batch)
            seen += batch
            newest = max(seen, key=lambda state: state[0])
            assert newest[1] <= books.alive(), "nothing that is listed dies"
        # A part that only an older state brings, late, lives until the document is read once more.
        books.take([deliveries[-1]])
        assert books.alive() == states[-1]
        assert books.take([deliveries[-1]]) == 0
        assert books.alive() == states[-1]
