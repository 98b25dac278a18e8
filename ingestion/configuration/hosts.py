"""Which hosts are this machine: what goes to them leaves on no wire."""

import sqlalchemy as sa

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def stays_here(url: sa.URL) -> bool:
    """Whether a database URL names this machine and nothing in its query sends it elsewhere."""
    return url.host in LOOPBACK and not {"host", "hostaddr", "service"} & set(url.query)
