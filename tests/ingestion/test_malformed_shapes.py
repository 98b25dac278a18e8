"""Records and cells of any shape: loaded or rejected, never lost; hypothesis shrinks what fails."""

import csv
import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.formats.content import InMemory
from ingestion.formats.file_rows import check_file, read_rows
from ingestion.formats.json_rows import records_of_pages, rows_of_records
from ingestion.registry import SYSTEMS
from ingestion.spec import FileFormat, TableSpec, column
from tests.ingestion.malformed import (
    Ledger,
)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_json_record_of_any_shape_is_loaded_or_rejected(data: st.DataObject) -> None:
    """For a failure in short: what hypothesis finds it shrinks."""
    table = SYSTEMS["apauto"].table("vendor")
    leaf = st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None))
    value = st.recursive(
        leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
    )
    fields = st.dictionaries(st.sampled_from([each.path for each in table.columns]), value)
    sent = data.draw(st.lists(fields | value, max_size=4))
    content = json.dumps(sent).encode()
    rows = rows_of_records(records_of_pages([content], "$"), [table], file_name="pages")[table.name]
    Ledger().take(rows, len(sent))


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=3, max_size=3), max_size=6)
)
@settings(max_examples=60, deadline=None)
def test_a_table_written_as_csv_comes_back_as_it_was(rows: list[list[str]]) -> None:
    table = TableSpec("t", (column("a"), column("b"), column("c")), key=("a",))
    sink = io.StringIO()
    csv.writer(sink, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    content = sink.getvalue().encode()
    check_file("t.csv", InMemory(content), table, FileFormat())
    found = read_rows("t.csv", content, table, FileFormat()).table.select(["a", "b", "c"]).to_pylist()
    assert [list(row.values()) for row in found] == [row for row in rows if any(row)]
