"""The rows of a query as PostgreSQL's COPY gives them: CSV in chunks, so that no row becomes a Python object.

A statement timeout would count the time that reading takes, which grows with the table. Here only silence
counts: a server that says nothing for as long as it may is told to stop.
"""

import selectors
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import sqlalchemy as sa
from psycopg import pq
from psycopg.errors import error_from_result
from sqlalchemy.dialects import postgresql

# A chunk ends at so many bytes at the latest, however wide its rows are.
MOST_BYTES = 32 << 20
# How long a server that was told to stop may take to say so.
STOP_SECONDS = 5
# Values as literals, and no percent sign doubled: COPY takes no parameters.
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def copied(
    database: sa.Connection, query: sa.Select[tuple[object, ...]], rows: int, silence: timedelta
) -> Iterator[bytes]:
    """CSV without a header, in chunks of so many rows; nothing for no rows. Null is no text, '' is quoted.

    Raises `psycopg.Error`, of state 57014 when the server was silent for too long.
    """
    text = str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    database.exec_driver_sql("set local statement_timeout = 0")
    connection = database.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    talk = _Talk(connection.pgconn, silence.total_seconds())
    lines: list[bytes] = []
    size = 0
    for line in talk.lines(f"copy ({text}) to stdout (format csv)".encode()):
        lines.append(line)
        size += len(line)
        if len(lines) == rows or size >= MOST_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


class _Talk:
    """One COPY over a connection of libpq."""

    def __init__(self, wire: pq.abc.PGconn, silence: float) -> None:
        self._wire, self._silence = wire, silence

    def lines(self, statement: bytes) -> Iterator[bytes]:
        """Each row as it came. Who stops before the end must close the connection."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._wire.socket, selectors.EVENT_READ)
            self._wire.send_query(statement)
            self._result(waiting)
            while (found := self._wire.get_copy_data(1))[0] >= 0:
                if found[0]:
                    yield bytes(found[1])
                else:
                    self._listen(waiting)
            while self._result(waiting):
                pass

    def _result(self, waiting: selectors.BaseSelector) -> bool:
        """Takes the next answer, False when there is none; raises what it says is wrong."""
        while self._wire.is_busy():
            self._listen(waiting)
        result = self._wire.get_result()
        if result and result.status == pq.ExecStatus.FATAL_ERROR:
            while self._wire.get_result():
                pass
            raise error_from_result(result)
        return result is not None

    def _listen(self, waiting: selectors.BaseSelector) -> None:
        if not waiting.select(self._silence):
            cancel = self._wire.get_cancel()
            cancel.cancel()
            if not waiting.select(STOP_SECONDS):
                self._wire.finish()
                raise psycopg.OperationalError("the connection was lost")
        self._wire.consume_input()
