"""Database URLs that people configure: opened within seconds, or refused in words that show no password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from ingestion.configuration.hosts import verified

STATE, SERVING = "CONCORD_STATE_URL", "CONCORD_SERVING_URL"
CONNECT_SECONDS = 10
WAIT_SECONDS = 30
_SHAPE = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password as %XX"
_REMEDIES = {
    STATE: f"write {_SHAPE}, start the server, or unset it for SQLite in the home",
    SERVING: f"write {_SHAPE}, or unset it",
}
_TLS = "; a server elsewhere shows a certificate: name its authority by ?sslrootcert=FILE"


class DatabaseUrlError(Exception):
    """A configured database that cannot be used: which variable, why, and what to do."""

    def __init__(self, variable: str, reason: object) -> None:
        text = str(reason).partition("\n")[0]
        about_tls = _TLS if "SSL" in text or "certificate" in text else ""
        super().__init__(f"{variable} cannot be used: {text}; {_REMEDIES[variable]}{about_tls}")


@contextmanager
def explained(variable: str) -> Iterator[None]:
    """Turns what the database's libraries raise for this variable into one message."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise DatabaseUrlError(variable, error.orig or error) from None
    except (sa.exc.ArgumentError, ValueError):
        # These would repeat the URL.
        raise DatabaseUrlError(variable, "it is no database URL") from None
    except (ImportError, OSError) as error:
        raise DatabaseUrlError(variable, error) from None


def engine_of(variable: str, url: str) -> sa.Engine:
    """An engine for SQLite or PostgreSQL; nothing is connected yet."""
    with explained(variable):
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            return sa.create_engine(url, connect_args={"timeout": WAIT_SECONDS})
        if backend != "postgresql":
            raise DatabaseUrlError(variable, f"{backend} is neither PostgreSQL nor SQLite")
        if "@" in (parsed.host or ""):
            raise DatabaseUrlError(variable, "user or password has an @ that is not written as %40")
        options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, **verified(parsed)}
        # A pooled connection may have been closed by the server between two runs.
        return sa.create_engine(url, pool_pre_ping=True, connect_args=options)


def require_state(url: str) -> None:
    """Raises DatabaseUrlError unless the state store can be reached; changes nothing."""
    engine = engine_of(STATE, url)
    if engine.dialect.name == "sqlite":
        return  # made where it is missing; what prevents that is said then
    try:
        with explained(STATE), engine.connect():
            pass
    finally:
        engine.dispose()


def require_serving_shape(url: str | None) -> None:
    """Raises DatabaseUrlError for what can never be served to; a server that is down may come back."""
    if url is None:
        return
    engine = engine_of(SERVING, url)
    engine.dispose()
    if engine.dialect.name != "postgresql":
        raise DatabaseUrlError(SERVING, f"{engine.dialect.name} is no PostgreSQL")
