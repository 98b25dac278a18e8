"""What COPY gives becomes the values the database has: exact, nulls told from empty text, times in UTC."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.spec import DatabaseWire
from ingestion.transports import copy_out, database
from ingestion.transports.catalog import LOCAL, Column, columns_of
from ingestion.transports.copied_rows import REPEATED_HOUR, typed_rows
from sandbox.servers.postgres import PostgresServer

WIRE = DatabaseWire(schema="odd")
AT = Column("at", LOCAL, pa.timestamp("us", tz="UTC"), as_text=False)
NOTE = Column("note", "text", pa.string(), as_text=False)
# Clocks changed by an hour, by half an hour, at midnight, by a whole day, and never.
ZONES = ("America/Chicago", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata")
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)) | st.integers(0, 30 * 365 * 96).map(
    lambda quarters: datetime(1995, 1, 1) + timedelta(minutes=15 * quarters)
)


@settings(max_examples=150, deadline=None)
@given(times=st.lists(st.none() | moments, min_size=1, max_size=40), zone=st.sampled_from(ZONES))
def test_local_times_are_what_the_calendar_says(times: list[datetime | None], zone: str) -> None:
    here = ZoneInfo(zone)
    found = typed_rows("".join(f"{time or ''}\n" for time in times).encode(), [AT], here)
    local = [time and time.replace(tzinfo=here) for time in times]
    assert found["at"].to_pylist() == [time and time.astimezone(UTC) for time in local]
    again = [time is not None and time.utcoffset() != max_fold(time) for time in local]
    marks = found[REPEATED_HOUR].to_pylist() if REPEATED_HOUR in found.column_names else [None] * len(times)
    assert [mark == "at" for mark in marks] == again


def max_fold(time: datetime) -> timedelta | None:
    """The smaller of the two offsets a wall-clock time can have where it comes twice; else its own."""
    first, second = time.utcoffset(), time.replace(fold=1).utcoffset()
    assert first is not None and second is not None
    return min(first, second)


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_texts_and_nulls_stay_what_they_are(texts: list[str | None]) -> None:
    cells = ("" if text is None else '"' + text.replace('"', '""') + '"' for text in texts)
    found = typed_rows("".join(f"{cell}\n" for cell in cells).encode(), [NOTE], ZoneInfo("UTC"))
    assert found["note"].to_pylist() == texts


def test_bytes_that_are_no_text_are_written_out() -> None:
    assert typed_rows(b'"M\xfcnster"\nplain\n', [NOTE], ZoneInfo("UTC"))["note"].to_pylist() == [
        "M\\xfcnster",
        "plain",
    ]


ODD = r"""
    drop schema if exists odd cascade; create schema odd;
    create table odd.cells (
        "100%s" text, "a:b" varchar(20), "the ""x" char(6), fine numeric(38, 10), loose numeric, tiny real,
        whole bigint, flag boolean, day date, local timestamp, zoned timestamptz, bytes bytea, span interval,
        list int[], doc jsonb
    );
    insert into odd.cells values
        ('5 % of %s', ':x', 'ab', 1234567890123456789012345678.0123456789, 0.10, 0.1, -9223372036854775808,
         true, '2026-02-28', '2026-07-01 12:00:00.000001', '2026-07-01 12:00:00-05', '\x00ff',
         '1 day 02:03', '{1,null}', '{"a": "b, \"c\""}'),
        ('', e'two\nlines, "quoted"', '', null, 'NaN', 'infinity', 0, false, null, null, null, '', null, '{}',
         'null'),
        (null, '\.', null, 0, -1, null, null, null, '0001-01-01', '1900-01-01', '9999-12-31 00:00+00', null,
         null, null, null)
"""


@pytest.fixture
def odd(server: PostgresServer) -> PostgresServer:
    with psycopg.connect(server.admin_url) as connection:
        connection.execute(ODD.encode())
    return server


def _rows(server: PostgresServer, chunk_rows: int = 100) -> list[pa.Table]:
    with database.opened(WIRE, {"url": server.admin_url}) as connection:
        columns = columns_of(connection, WIRE)["cells"]
        table = sa.table("cells", *(sa.column(column.name) for column in columns), schema="odd")
        chunks = copy_out.copied(
            connection, sa.select(*database.read_as(table, columns)), chunk_rows, WIRE.timeout
        )
        return [typed_rows(content, columns, ZoneInfo("America/Chicago")) for content in chunks]


def test_every_type_arrives_as_the_database_has_it(odd: PostgresServer) -> None:
    (found,) = _rows(odd)
    first, second, third = (list(row.values()) for row in found.to_pylist())
    noon = datetime(2026, 7, 1, 17, tzinfo=UTC)
    assert first == [
        *("5 % of %s", ":x", "ab", Decimal("1234567890123456789012345678.0123456789"), "0.10", "0.1"),
        *(-(2**63), True, datetime(2026, 2, 28).date(), noon + timedelta(microseconds=1), noon),
        *("\\x00ff", "1 day 02:03:00", "{1,NULL}", '{"a": "b, \\"c\\""}'),
    ]
    assert second == [
        *("", 'two\nlines, "quoted"', "", None, "NaN", "Infinity", 0, False, None, None, None),
        *("\\x", None, "{}", "null"),
    ]
    day: Any = datetime(1900, 1, 1, 6, tzinfo=UTC)
    assert third[:2] == [None, "\\."] and third[8:10] == [datetime(1, 1, 1).date(), day]


def test_chunks_end_by_rows_and_by_bytes(odd: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _rows(odd)[0]
    assert [chunk.num_rows for chunk in _rows(odd, chunk_rows=2)] == [2, 1]
    monkeypatch.setattr(copy_out, "MOST_BYTES", 1)
    chunks = _rows(odd)
    assert [chunk.num_rows for chunk in chunks] == [1, 1, 1] and pa.concat_tables(chunks) == whole


def test_a_copy_that_is_left_or_fails_frees_its_server(odd: PostgresServer) -> None:
    slow = sa.select(sa.text("pg_sleep(20)"))
    with (
        pytest.raises(database.SourceDownError, match="did not answer within 60 seconds"),
        database.opened(WIRE, {"url": odd.admin_url}) as connection,
    ):
        list(copy_out.copied(connection, slow, 10, timedelta(seconds=0.2)))
    with (
        pytest.raises(database.SourceDownError, match="cannot be read: division by zero"),
        database.opened(WIRE, {"url": odd.admin_url}) as connection,
    ):
        list(copy_out.copied(connection, sa.select(sa.text("1/0")), 10, WIRE.timeout))
    many = sa.select(sa.func.generate_series(1, 1_000_000))
    with (
        pytest.raises(ZeroDivisionError),
        database.opened(WIRE, {"url": odd.admin_url}) as connection,
    ):
        for number, _ in enumerate(copy_out.copied(connection, many, 10, WIRE.timeout)):
            1 / (1 - number)
    with psycopg.connect(odd.admin_url) as connection:
        busy = connection.execute("select count(*) from pg_stat_activity where application_name = 'concord'")
        assert busy.fetchone() == (0,)
