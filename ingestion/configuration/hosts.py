"""Which hosts are this machine: what goes to them leaves on no wire; a database elsewhere proves itself."""

import requests
import sqlalchemy as sa

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def stays_here(url: sa.URL) -> bool:
    """Whether a database URL names this machine and nothing in its query sends it elsewhere."""
    return url.host in LOOPBACK and not {"host", "hostaddr", "service"} & set(url.query)


def verified(url: sa.URL, ca_file: str = "") -> dict[str, str]:
    """Parameters of libpq: a server elsewhere is verified by name, unless the URL says otherwise.

    By `ca_file`, else by the `sslrootcert` of the URL, else by the public authorities.
    """
    is_elsewhere = not stays_here(url)
    found = {"sslrootcert": ca_file} if ca_file else {}
    if "sslmode" not in url.query and (ca_file or is_elsewhere):
        found["sslmode"] = "verify-full"
    if is_elsewhere and not ca_file and "sslrootcert" not in url.query:
        found["sslrootcert"] = requests.certs.where()  # type: ignore[attr-defined]
    return found
