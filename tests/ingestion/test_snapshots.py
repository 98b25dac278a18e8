"""Snapshots: one that shrank is held and deletes nothing; an accepted one deletes what it no longer has."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from ingestion import pipelines
from ingestion.configuration.landscape import LandscapeError
from ingestion.raw.shrinkage import Shrinkage, Size
from ingestion.reports import LoadReport
from ingestion.runs import RunContext
from tests.architecture.rendering import PROJECT, project_renderer
from tests.architecture.sqlfluff_library import graph
from tests.ingestion.conftest import Harness

RULES = "resources: {supplier: {snapshot: true, delete_absent: true}}"
VERSIONS = "select _row_key, _version, _is_deleted from raw_feed.supplier order by _row_key, _version"
LIVING = """
    select count(*) from (
        select _is_deleted from raw_feed.supplier
        qualify row_number() over (partition by _row_key order by _version desc) = 1
    ) where not _is_deleted
"""


class Vendors:
    """An instance whose supplier file arrives whole each time, held by what it lost."""

    def __init__(self, harness: Callable[..., Harness], root: Path, rules: str = RULES) -> None:
        self.folder = root / "in"
        self.folder.mkdir()
        self.harness = harness(
            f"  erp:\n    system: feed\n    connection: {{folder: {self.folder}}}\n    {rules}\n"
        )

    def put(self, *names: str, bad: int = 0, file: str = "supplier.csv") -> None:
        """Suppliers by name; of the first `bad` ones the status is no status."""
        lines = [f"{name},{name},{'WRONG' if at < bad else 'ACTIVE'}" for at, name in enumerate(names)]
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["supplier_id,legal_name,status", *lines]) + "\n")

    def refresh(self) -> tuple[RunContext, list[str], LoadReport]:
        run = self.harness.run()
        pipelines.land(run, "erp")
        held: list[str] = []
        for batch in pipelines.pending_batches(run, "erp"):
            rest, parts = pipelines.hold_parts(run, batch)
            held += [str(change) for part in parts for change in part.shrinkages]
            if rest:
                pipelines.accept_batch(run, rest)
        return run, held, pipelines.load_system(run, "feed")


@pytest.fixture
def vendors(harness: Callable[..., Harness], tmp_path: Path) -> Vendors:
    return Vendors(harness, tmp_path)


HUNDRED = tuple(f"S{number:03}" for number in range(100))


def test_the_control_total_of_raw_counts_deletions(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    table = SimpleNamespace(source_name="raw_feed", name="supplier")
    monkeypatch.setattr(graph, "sources", {"one": table})
    untied = project_renderer()((PROJECT / "tests" / "control_total_raw.sql").read_text())
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:99], "S100")
    _, _, loaded = vendors.refresh()
    assert (loaded.new_version_rows, loaded.deleted_rows) == (1, 1)
    assert vendors.harness.query(untied) == []
    # A version that nobody counted is one too many.
    with duckdb.connect(str(vendors.harness.run().settings.warehouse_path)) as connection:
        connection.execute("insert into raw_feed.supplier from raw_feed.supplier where _is_deleted")
    assert [row[-1] for row in vendors.harness.query(untied)] == [3]


def test_a_snapshot_with_most_rows_rejected_is_held_and_deletes_nothing(vendors: Vendors) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED, bad=60)
    _, held, loaded = vendors.refresh()
    assert held == [
        "the snapshot of supplier has 40 keys in 40 good rows,"
        " the last accepted one 100: more than 5.0% fewer"
    ]
    assert (loaded.deleted_rows, loaded.new_version_rows) == (0, 0)
    assert vendors.harness.query(LIVING) == [(100,)]


@pytest.mark.parametrize(("left", "is_held"), [(95, False), (94, True), (0, True)])
def test_the_limit_is_five_percent(vendors: Vendors, left: int, is_held: bool) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:left])
    _, held, loaded = vendors.refresh()
    assert bool(held) is is_held
    assert loaded.deleted_rows == (0 if is_held else 100 - left)
    assert vendors.harness.query(LIVING) == [(100 if is_held else left,)]


HALF = (
    "the snapshot of supplier has 50 keys in 100 good rows, the last accepted one 100: more than 5.0% fewer"
)
STRANGE = "the snapshot of supplier has 100 keys in 100 good rows"


@pytest.mark.parametrize(
    ("names", "lacks", "says", "left"),
    [
        pytest.param(HUNDRED[:50] * 2, 50, HALF, 50, id="half of the keys, each twice"),
        pytest.param(tuple(name.replace("S0", "S") for name in HUNDRED), 100, STRANGE, 100, id="other keys"),
        pytest.param((*HUNDRED[:94], *"ABCDEF"), 6, STRANGE, 100, id="as many keys, six of them new"),
    ],
)
def test_as_many_rows_with_other_keys_are_held(
    vendors: Vendors, names: tuple[str, ...], lacks: int, says: str, left: int
) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*names)
    run, held, loaded = vendors.refresh()
    assert held == [f"{says}; it lacks {lacks} of the 100 keys known: more than 5.0% would be deleted"]
    assert (loaded.new_version_rows, loaded.deleted_rows) == (0, 0)
    (batch,) = run.state.batches("erp", "HELD")
    pipelines.release_batch(run, "erp", batch.batch_id, actor="Ana", reason="vendors were numbered anew")
    _, held, loaded = vendors.refresh()
    assert not held and loaded.deleted_rows == lacks
    assert vendors.harness.query(LIVING) == [(left,)]


def test_keys_are_compared_where_nothing_is_deleted(harness: Callable[..., Harness], tmp_path: Path) -> None:
    """What a price list lacks stays in raw: it is compared with the list before it, not with all of raw."""
    vendors = Vendors(harness, tmp_path, "resources: {supplier: {snapshot: true}}")
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:50] * 2)
    _, held, _ = vendors.refresh()
    assert held == [HALF]
    for first in (4, 8, 12):
        vendors.put(*HUNDRED[first:], *(f"N{number}" for number in range(first)))
        _, held, loaded = vendors.refresh()
        assert not held and loaded.deleted_rows == 0


def test_the_first_snapshot_is_compared_with_what_came_as_changes(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    vendors = Vendors(harness, tmp_path, "resources: {}")
    vendors.put(*HUNDRED)
    vendors.refresh()
    landscape = vendors.harness.folder / "landscape" / "landscape.yaml"
    landscape.write_text(landscape.read_text().replace("resources: {}", RULES))
    vendors.put(*HUNDRED[:94])
    _, [held], loaded = vendors.refresh()
    assert "lacks 6 of the 100 keys known" in held and loaded.deleted_rows == 0


@pytest.mark.parametrize(("rows", "is_too_much"), [(95, False), (94, True)])
def test_rows_are_compared_with_a_snapshot_whose_keys_nobody_counted(rows: int, is_too_much: bool) -> None:
    change = Shrinkage("supplier", Size(rows, 50), Size(100, None), 0, 0, Decimal("0.05"))
    assert change.is_too_much is is_too_much
    if is_too_much:
        assert "50 keys in 94 good rows, the last accepted one 100 good rows" in str(change)


def test_n_1_a_snapshot_that_shrank_is_held_alone(vendors: Vendors) -> None:
    def order(*numbers: int) -> None:
        lines = [f"{number},{number},S001,USD" for number in numbers]
        (vendors.folder / "purchase_order.csv").write_text(
            "\n".join(["po_id,po_number,supplier_id,currency_code", *lines]) + "\n"
        )

    vendors.put(*HUNDRED)
    order(1)
    vendors.refresh()
    vendors.put(*HUNDRED[:90])
    order(1, 2)
    run, held, loaded = vendors.refresh()
    assert len(held) == 1 and "lacks 10 of the 100 keys known" in held[0]
    assert [load.table for load in loaded.loads] == ["purchase_order"]
    assert vendors.harness.query("select count(*) from raw_feed.purchase_order") == [(2,)]
    order(1, 2, 3)
    run, held, _ = vendors.refresh()
    assert len(held) == 1
    assert vendors.harness.query("select count(*) from raw_feed.purchase_order") == [(3,)]
    (part,) = run.state.batches("erp", "HELD")
    assert {file.resource for file in part.files} == {"supplier"}
    pipelines.release_batch(run, "erp", part.batch_id, actor="Ana", reason="vendors were merged")
    _, held, loaded = vendors.refresh()
    assert not held and loaded.deleted_rows == 10
    assert vendors.harness.query(LIVING) == [(90,)]


def test_the_limit_is_the_landscapes(harness: Callable[..., Harness], tmp_path: Path) -> None:
    rules = "resources: {supplier: {snapshot: true, delete_absent: true, max_drop: 0.5}}"
    vendors = Vendors(harness, tmp_path, rules)
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:50])
    assert vendors.refresh()[2].deleted_rows == 50
    vendors.put(*HUNDRED[:24])
    assert vendors.refresh()[2].deleted_rows == 0


def test_a_person_releases_it_with_a_reason_and_then_it_deletes(vendors: Vendors) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:30])
    run, _, _ = vendors.refresh()
    (batch,) = run.state.batches("erp", "HELD")
    with pytest.raises(ValueError, match="needs the name"):
        pipelines.release_batch(run, "erp", batch.batch_id, actor="Ana", reason=" ")
    with pytest.raises(ValueError, match="held: " + batch.batch_id):
        pipelines.release_batch(run, "erp", "other", actor="Ana", reason="vendors were merged")
    pipelines.release_batch(run, "erp", batch.batch_id[:20], actor="Ana", reason="vendors were merged")
    _, held, loaded = vendors.refresh()
    assert not held and loaded.deleted_rows == 70
    assert vendors.harness.query(LIVING) == [(30,)]
    last = run.state.audit()[-1]
    assert (last["actor"], last["action"]) == ("Ana", "batch accepted")
    assert "vendors were merged" in last["detail"]
    # What the release let in is what the next one is compared with.
    vendors.put(*HUNDRED[:29])
    assert not vendors.refresh()[1]


def test_an_absent_key_is_a_deleted_version_and_one_that_returns_lives_again(vendors: Vendors) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[1:])
    vendors.refresh()
    assert vendors.harness.query(f"select * from ({VERSIONS}) where _row_key in ('S000', 'S001')") == [
        ("S000", 1, False),
        ("S000", 2, True),
        ("S001", 1, False),
    ]
    assert vendors.harness.query(
        "select legal_name, _file_name, _line_number from raw_feed.supplier where _is_deleted"
    ) == [("S000", "supplier.csv", None)]
    vendors.put(*HUNDRED[1:], "S777")
    assert vendors.refresh()[2].deleted_rows == 0
    vendors.put(*HUNDRED)
    _, _, loaded = vendors.refresh()
    assert (loaded.new_version_rows, loaded.deleted_rows, loaded.late_rows) == (1, 1, 0)
    assert vendors.harness.query(f"select * from ({VERSIONS}) where _row_key in ('S000', 'S777')") == [
        ("S000", 1, False),
        ("S000", 2, True),
        ("S000", 3, False),
        ("S777", 1, False),
        ("S777", 2, True),
    ]


def test_a_whole_file_without_stamps_is_current_and_a_key_returns_with_an_older_one(vendors: Vendors) -> None:
    """Loading again from the landing copy gives the same rows."""

    def put(day: str, *names: str) -> None:
        lines = [f"S{at:03},{name},ACTIVE,{day}" for at, name in enumerate(names)]
        head = "supplier_id,legal_name,status,source_recorded_at"
        (vendors.folder / "supplier.csv").write_text("\n".join([head, *lines]) + "\n")

    current = (
        "select legal_name, _is_deleted from raw_feed.supplier where _row_key in ('S000', 'S099')"
        " qualify row_number() over ("
        "partition by _row_key order by _source_updated_at desc nulls last, _version desc) = 1"
        " order by _row_key"
    )
    found = []
    for day, names in [
        ("2026-06-01", HUNDRED),
        ("", ("CHANGED", *HUNDRED[1:])),
        ("2026-06-01", HUNDRED[:99]),
        ("2026-05-20", ("CHANGED", *HUNDRED[1:99], "BACK")),
    ]:
        put(day, *names)
        assert not vendors.refresh()[1]
        found.append(vendors.harness.query(current))
    assert found == [
        [("S000", False), ("S099", False)],
        [("CHANGED", False), ("S099", False)],
        [("CHANGED", False), ("S099", True)],
        [("CHANGED", False), ("BACK", False)],
    ]
    before = vendors.harness.raw("raw_feed.supplier")
    (vendors.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_system(vendors.harness.run(), "feed")
    assert vendors.harness.raw("raw_feed.supplier") == before


def test_a_rejected_row_is_no_absent_row(vendors: Vendors) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:98], bad=2)
    _, held, loaded = vendors.refresh()
    assert not held and (loaded.rejected_rows, loaded.deleted_rows) == (2, 2)
    assert vendors.harness.query(LIVING) == [(98,)]


def test_a_line_without_a_readable_key_lets_nothing_be_deleted(vendors: Vendors) -> None:
    vendors.put(*HUNDRED)
    vendors.refresh()
    vendors.put(*HUNDRED[:98], "")
    _, held, loaded = vendors.refresh()
    assert not held and (loaded.rejected_rows, loaded.deleted_rows) == (1, 0)


def test_several_snapshots_at_once_say_what_one_a_day_says(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    """A short one between two good ones deletes nothing, and the good one after it heals the batch."""
    vendors = Vendors(harness, tmp_path)
    vendors.put(*HUNDRED, file="supplier/2026-06-01.csv")
    vendors.refresh()
    vendors.put(*HUNDRED[:99], "T1", file="supplier/2026-06-02.csv")
    vendors.put("S000", file="supplier/2026-06-03.csv")
    vendors.put(*HUNDRED, file="supplier/2026-06-04.csv")
    _, held, loaded = vendors.refresh()
    assert not held and loaded.deleted_rows == 2
    assert vendors.harness.query(f"select * from ({VERSIONS}) where _row_key in ('S099', 'T1')") == [
        ("S099", 1, False),
        ("S099", 2, True),
        ("S099", 3, False),
        ("T1", 1, False),
        ("T1", 2, True),
    ]
    # An old one that arrives late says nothing about today.
    vendors.put("S000", "S001", file="supplier/2026-05-01.csv")
    _, held, loaded = vendors.refresh()
    assert not held and loaded.deleted_rows == 0


def test_a_wrong_rule_names_its_line(harness: Callable[..., Harness], tmp_path: Path) -> None:
    vendors = Vendors(harness, tmp_path, "resources: {supplier: {max_drop: 0.2}}")
    with pytest.raises(LandscapeError, match=r"landscape.yaml:10: max_drop is for what arrives whole"):
        vendors.harness.run()
