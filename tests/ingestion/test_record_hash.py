"""The record hash: held fast for a release of DuckDB, and made again for homes from before."""

from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.contracts.contract import check_rows
from ingestion.formats.file_rows import read_rows
from ingestion.raw.opening import opened
from ingestion.raw.raw_schema import table_columns
from ingestion.raw.record_hash import content_text, hash_of, hash_of_absent, record_hash
from ingestion.raw.warehouse import create_raw_tables
from ingestion.spec import FileFormat
from ingestion.systems.feed.spec import SPEC
from ingestion.tokens import Tokenizer

TABLE = SPEC.table("invoice_line")
PLACE = f"raw_feed.{TABLE.name}"
FILE = b"""invoice_line_id,invoice_id,quantity,line_amount,colour
A,I1,1.50,3.00,red
B,I1,,4.00,
"""


def test_a_release_of_duckdb_does_not_change_the_hash_of_raw() -> None:
    query = f"select {hash_of('x')} from (values ('a=1' || chr(31))) as t (x)"
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    assert found == [(340256357134804792,)], "rehash raw as `create_raw_tables` does, or all looks changed"


def test_rows_with_hashes_of_before_get_those_of_today(tmp_path: Path) -> None:
    """The hashes of the stored columns are those the contract check makes; a tombstone stays one."""
    path = tmp_path / "warehouse.duckdb"
    tokenizer = Tokenizer(b"key")
    checked = check_rows(read_rows("f.csv", FILE, TABLE, FileFormat()), tokenizer).table
    values = {name: f'"{name}"' for name, _ in TABLE.stored} | {"_extension": "_extension"}
    text = content_text(TABLE, values)
    create_raw_tables(path)
    with opened(path) as connection:
        connection.register("checked", checked)
        connection.execute(f"alter table {PLACE} alter _record_hash type varchar")
        connection.execute(
            f"insert into {PLACE} by name"
            f" select * replace (sha256({text}) as _record_hash), 'erp' as _source_instance, 1 as _version"
            " from checked"
        )
        connection.execute(
            f"insert into {PLACE} select * replace (true as _is_deleted, 2 as _version,"
            f" sha256(_record_hash || '|absent') as _record_hash) from {PLACE} where _row_key = 'B'"
        )
    create_raw_tables(path)
    with opened(path) as connection:
        columns = connection.execute(f"select * from {PLACE}").to_arrow_table().column_names
        found = connection.execute(
            f"select _row_key, _version, _record_hash from {PLACE} order by all"
        ).fetchall()
        ended = connection.execute(f"select {hash_of_absent('x')} from (values (?)) as t (x)", [found[1][2]])
        tombstone = ended.fetchall()[0][0]
        own = connection.execute(f"select {record_hash(text, 'false')} from {PLACE} where _row_key = 'A'")
        assert own.fetchall() == [(found[0][2],)]
    hashes = checked.column("_record_hash")
    assert hashes.type == pa.int64() and len(set(hashes.to_pylist())) == 2
    assert found == [("A", 1, hashes[0].as_py()), ("B", 1, hashes[1].as_py()), ("B", 2, tombstone)]
    assert columns[:-1] == [name for name, _ in table_columns(TABLE)], "the columns keep their order"
