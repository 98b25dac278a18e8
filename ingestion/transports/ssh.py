"""Logged-in SFTP connections: the server proves who it is before anything secret is said to it.

The connection names the server's host key (`host_key`, as `known_hosts` writes it or as `SHA256:`
fingerprint; several on lines of their own while a key is being changed). Whoever is unknown gets no password.
The login is by private key where one is given, else by password.
"""

import base64
import hashlib
import io
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import paramiko

from ingestion.transports.fetched import LoginRefusedError, SourceDownError

CONNECT_SECONDS = 8.0
CHANNEL_SECONDS = 30.0
_KEY_CLASSES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


@contextmanager
def opened(connection: Mapping[str, str]) -> Iterator[paramiko.SFTPClient]:
    """A client at a server that showed a known host key; a dead server fails within seconds.

    Raises `LoginRefusedError` for an unknown host key or refused credentials, else `SourceDownError`.
    """
    host, port = connection["host"], int(connection["port"])
    where = f"SFTP server {host}:{port}"
    private_key = _private_key(connection)
    try:
        channel = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    except OSError as error:
        raise SourceDownError(f"{where} cannot be reached: {error.strerror or error}") from None
    transport = paramiko.Transport(channel)
    try:
        transport.banner_timeout = transport.auth_timeout = CONNECT_SECONDS
        known = _known_keys(connection)
        _ask_for(transport, known)
        transport.start_client(timeout=CONNECT_SECONDS)
        _check_host_key(transport, known, where)
        if private_key:
            transport.auth_publickey(connection["user"], private_key)
        else:
            transport.auth_password(connection["user"], connection["password"])
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise SourceDownError(f"{where} offers no SFTP")
        client.get_channel().settimeout(CHANNEL_SECONDS)
        yield client
    except paramiko.AuthenticationException:
        raise LoginRefusedError(f"{where} refuses the login of {connection['user']}") from None
    except (EOFError, paramiko.SSHException) as error:
        raise SourceDownError(f"{where} broke the connection: {error}") from None
    finally:
        transport.close()


def fingerprint(key: bytes) -> str:
    """The SHA-256 fingerprint of a public key's bytes, as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _known_keys(connection: Mapping[str, str]) -> list[tuple[str, str]]:
    """(algorithm or empty, fingerprint) of every key the connection allows."""
    known = []
    for line in connection.get("host_key", "").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0].startswith("SHA256:"):
            known.append(("", words[0].rstrip("=")))
            continue
        # known_hosts writes host names before the algorithm, a .pub file does not.
        at = next((n for n, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-"))), None)
        if at is None or at + 1 >= len(words):
            raise LoginRefusedError(
                f"host_key {line[:40]!r} is neither a public key nor a SHA256: fingerprint"
            )
        try:
            known.append((words[at], fingerprint(base64.b64decode(words[at + 1], validate=True))))
        except ValueError:
            raise LoginRefusedError(f"host_key {line[:40]!r} is not a whole public key") from None
    return known


def _ask_for(transport: paramiko.Transport, known: list[tuple[str, str]]) -> None:
    """A server with several keys shows the kind it is known by."""
    options = transport.get_security_options()
    wanted = {algorithm for algorithm, _ in known if algorithm}
    if wanted and all(algorithm for algorithm, _ in known):
        allowed = [name for name in options.key_types if name in wanted or _is_rsa(name, wanted)]
        options.key_types = tuple(allowed) or options.key_types


def _is_rsa(name: str, wanted: set[str]) -> bool:
    return "ssh-rsa" in wanted and name.startswith("rsa-sha2-")


def _check_host_key(transport: paramiko.Transport, known: list[tuple[str, str]], where: str) -> None:
    shown = transport.get_remote_server_key()
    found = fingerprint(shown.asbytes())
    if not known:
        raise LoginRefusedError(
            f"{where} is not known: no host_key is given. It shows {shown.get_name()} {found}; "
            "compare that with what its operator says, then put it into the connection as host_key"
        )
    if found not in {allowed for _, allowed in known}:
        raise LoginRefusedError(
            f"{where} shows {shown.get_name()} {found}, which is not the host_key of the connection; "
            "somebody may stand in between: ask its operator before you change host_key"
        )


def _private_key(connection: Mapping[str, str]) -> paramiko.PKey | None:
    text = connection.get("private_key")
    if not text:
        return None
    passphrase = connection.get("private_key_passphrase") or None
    for kind in _KEY_CLASSES:
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), passphrase)
        except paramiko.PasswordRequiredException:
            raise LoginRefusedError("private_key is encrypted; give private_key_passphrase") from None
        except (paramiko.SSHException, ValueError):
            continue
    raise LoginRefusedError(
        "private_key cannot be read: wrong passphrase, or no key in PEM or OpenSSH format"
    )
