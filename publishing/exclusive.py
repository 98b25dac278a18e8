"""One publisher of a stream at a time, on this machine and, with a shared state database, on all of them.

The operating system frees the lock of a dead process and the database server that of a dead session, so
whoever holds both knows that a message still SENT has no living sender.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from publishing.messages import Stream


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to publish a stream. `session` is the database session that holds it, if one does."""

    session: sa.Connection | None = None

    def holds(self) -> bool:
        """Whether the right still stands: a lost database session has lost it."""
        if self.session is None:
            return True
        try:
            self.session.execute(sa.select(1))
        except sa.exc.SQLAlchemyError:
            return False
        return True


@contextmanager
def alone(folder: Path, stream: Stream, engine: sa.Engine) -> Iterator[Lease]:
    """Waits until no other publisher of `stream` lives, then keeps all others out."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{stream}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if engine.dialect.name != "postgresql":
            yield Lease()
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            key = _lock_key(stream)
            session.execute(sa.select(sa.func.pg_advisory_lock(key)))
            try:
                yield Lease(session)
            finally:
                _unlock(session, key)


def _unlock(session: sa.Connection, key: int) -> None:
    try:
        session.execute(sa.select(sa.func.pg_advisory_unlock(key)))
    except sa.exc.SQLAlchemyError:
        # The session is gone and its lock with it; the pool must not hand it out again.
        session.invalidate()


def _lock_key(stream: Stream) -> int:
    """A signed 64-bit number, as advisory locks want."""
    digest = hashlib.sha256(f"concord publishing {stream}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
