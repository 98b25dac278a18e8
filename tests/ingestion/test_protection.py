"""Who we talk to and who we are: host keys, certificates, secrets by reference, environments, ends."""

import ssl
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from sqlalchemy import make_url

from ingestion import pipelines
from ingestion.configuration.landscape import LandscapeError
from ingestion.registry import SYSTEMS
from ingestion.soap_wire import SoapWire
from ingestion.spec import DatabaseWire
from ingestion.transports import soap
from ingestion.transports.database import opened
from ingestion.transports.fetched import SourceDownError
from ingestion.transports.tls import Certificates
from sandbox.servers.postgres import PostgresServer
from tests.ingestion.certificates import Authority
from tests.ingestion.conftest import HEADER, Harness
from tests.ingestion.wires import (
    CLIENT_KEY,
    HOST_KEY,
    Api,
    landscape,
    public_text,
    serving,
    sftp_connection,
    sftp_serving,
)

Make = Callable[..., Harness]
VENDOR = {"data": [], "next_cursor": None}


def stock(connection: str) -> str:
    return f"  stock:\n    system: inventory\n    connection: {connection}\n"


def checked(make: Make, connection: str, environ: dict[str, str] | None = None) -> tuple[bool, str]:
    lines = pipelines.check(make(stock(connection), environ).run())
    return lines[0].ok, lines[0].message


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "server" / "outbound").mkdir(parents=True)
    return tmp_path / "server"


@pytest.mark.parametrize(
    "host_key",
    [
        public_text(HOST_KEY),
        f"[127.0.0.1]:22 {public_text(HOST_KEY)} a comment",
        HOST_KEY.get_fingerprint(),
        "ssh-rsa AAAAB3NzaC1yc2E=\n" + public_text(HOST_KEY),
    ],
    ids=["public key", "known_hosts", "fingerprint", "one of two"],
)
def test_a_known_host_key_is_accepted(harness: Make, drop: Path, host_key: str) -> None:
    with sftp_serving(drop) as port:
        known = sftp_connection(port).replace(f"'{public_text(HOST_KEY)}'", "'${KEY}'")
        assert checked(harness, known, {"KEY": host_key}) == (True, "logged in, 0 files")


def test_an_unknown_server_gets_no_password(harness: Make, drop: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    shown = HOST_KEY.get_fingerprint()
    with sftp_serving(drop) as port:
        known = sftp_connection(port)
        ok, words = checked(harness, known.replace(public_text(HOST_KEY), public_text(other)))
        assert not ok and f"shows ssh-ed25519 {shown}, which is not the host_key" in words
        ok, words = checked(harness, known.replace(f", host_key: '{public_text(HOST_KEY)}'", ""))
        assert not ok and f"is not known: no host_key is given. It shows ssh-ed25519 {shown}" in words
        ok, words = checked(harness, known.replace(public_text(HOST_KEY), "it is the one in the basement"))
        assert not ok and "neither a public key nor a SHA256: fingerprint" in words


def test_login_by_private_key(harness: Make, drop: Path) -> None:
    with sftp_serving(drop) as port:
        by_key = sftp_connection(port).replace("password: '${SECRET}'", "private_key: '${CLIENT_KEY}'")
        mine = CLIENT_KEY.export_private_key().decode()
        strange = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
        locked = CLIENT_KEY.export_private_key(passphrase="open sesame").decode()
        assert checked(harness, by_key, {"CLIENT_KEY": mine}) == (True, "logged in, 0 files")
        assert "refuses the login of reader" in checked(harness, by_key, {"CLIENT_KEY": strange})[1]
        assert "give private_key_passphrase" in checked(harness, by_key, {"CLIENT_KEY": locked})[1]
        assert "cannot be read" in checked(harness, by_key, {"CLIENT_KEY": "no key"})[1]
        opened = by_key.replace("{host", "{private_key_passphrase: '${PHRASE}', host")
        assert checked(harness, opened, {"CLIENT_KEY": locked, "PHRASE": "open sesame"})[0]


def test_mutual_tls(harness: Make, tmp_path: Path) -> None:
    authority, elsewhere = Authority(tmp_path), Authority(_folder(tmp_path / "elsewhere"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.sign("server"))
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    client, stranger = authority.sign("client"), elsewhere.sign("stranger")

    def asked(url: str, **files: Path) -> tuple[bool, str]:
        named = "".join(f", {key}: '{path}'" for key, path in files.items())
        connection = f"{{url: '{url}', api_key: '${{SECRET}}', api_secret: '${{SECRET}}'{named}}}"
        (line,) = pipelines.check(harness(f"  ap:\n    system: apauto\n    connection: {connection}\n").run())
        return line.ok, line.message

    with serving(Api(lambda *_: VENDOR), context) as api:
        assert asked(api.url, ca_file=authority.file, client_certificate_file=client)[0]
        ok, words = asked(api.url, client_certificate_file=client)
        assert not ok and "certificate verify failed" in words, "a server nobody vouches for"
        assert not asked(api.url, ca_file=authority.file)[0], "no certificate of ours"
        assert not asked(api.url, ca_file=authority.file, client_certificate_file=stranger)[0]
        ok, words = asked(api.url, ca_file=tmp_path / "none.pem")
        assert not ok and "none.pem is no file" in words


def test_mutual_tls_of_soap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.sign("server"))
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    client = str(authority.sign("client"))
    spec = SYSTEMS["workforce"]
    assert isinstance(spec.wire, SoapWire)
    # A proxy of the environment would get the login.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with serving(Api(lambda *_: {}), context) as api:

        def said(**files: str) -> str:
            login = {"url": api.url, "user": "u", "password": "p", **files}
            made = soap.SoapClient(spec, spec.wire, login)  # type: ignore[arg-type]
            with pytest.raises(SourceDownError) as error:
                list(made.pages(spec.resources[0], date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)))
            return str(error.value)

        assert "certificate verify failed" in said(client_certificate_file=client) and not api.posted
        assert "answer" in said(ca_file=str(authority.file), client_certificate_file=client) and api.posted
    with pytest.raises(SourceDownError, match=r"none\.pem is no file"):
        said(ca_file="none.pem")


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://u@db.example/fin", "verify-full"),
        ("postgresql:///fin?host=db.example", "verify-full"),
        ("postgresql://u@localhost/fin?hostaddr=10.0.0.1", "verify-full"),
        ("postgresql://u@127.0.0.1/fin", None),
    ],
)
def test_a_database_elsewhere_is_verified(url: str, mode: str | None, tmp_path: Path) -> None:
    assert Certificates().libpq(make_url(url)).get("sslmode") == mode
    own = Authority(tmp_path)
    given = Certificates(str(own.file), str(own.sign("client"))).libpq(make_url(url))
    assert (given["sslmode"], given["sslrootcert"]) == ("verify-full", str(own.file))
    assert given["sslcert"] == given["sslkey"] == str(tmp_path / "client.pem")


def test_prod_verifies_its_databases(tmp_path: Path) -> None:
    connection = "    connection: {url: 'postgresql://u@db/fin?sslmode=require'}\n"
    text = (
        HEADER.replace("environment: test", "environment: prod")
        + "  old:\n    system: erp_legacy\n"
        + connection
    )
    with pytest.raises(LandscapeError, match="sslmode is require; in prod"):
        landscape(tmp_path / "at", text)
    landscape(tmp_path / "at", text.replace("=require", "=verify-full"))
    landscape(tmp_path / "at", text.replace("@db/", "@127.0.0.1/"))


def test_a_database_that_shows_no_certificate_gets_no_login(server: PostgresServer, tmp_path: Path) -> None:
    spec = SYSTEMS["erp_legacy"]
    assert isinstance(spec.wire, DatabaseWire)
    connection = {"url": server.admin_url, "ca_file": str(Authority(tmp_path).file)}
    said = r"is not verified: .*SSL.*; name its authority in ca_file"
    with pytest.raises(SourceDownError, match=said), opened(spec.wire, connection):
        pass


def test_a_refresh_token_renews_and_credentials_replace_it_when_it_ends(harness: Make) -> None:
    asked: list[dict[str, str]] = []

    def login(form: dict[str, str]) -> tuple[int, Any]:
        asked.append(form)
        if form.get("refresh_token") == "second":
            return 400, {"error": "invalid_grant"}
        return 200, {"refresh_token": ("first", "second", "third")[min(len(asked), 3) - 1]}

    api = Api(lambda *_: [], uses_per_token=2, login=login)
    with serving(api):
        home = harness(
            "  buy:\n    system: procurement\n"
            "    connection: {url: '${URL}', client_id: c, client_secret: '${SECRET}'}\n",
            {"URL": api.url},
        )
        landed = pipelines.land(home.run(), "buy")
        assert landed.is_available
        home.run()
        pipelines.land(home.open_runs[-1], "buy")
    kinds = [(form["grant_type"], form.get("refresh_token")) for form in asked]
    assert kinds[:2] == [("client_credentials", None), ("refresh_token", "first")]
    assert ("client_credentials", None) in kinds[2:]


LOGINS = {
    "procurement": "client_id: c, client_secret: '${SECRET}'",
    "apauto": "api_key: '${SECRET}', api_secret: '${SECRET}'",
    "erp_cloud": "user: u, password: '${SECRET}'",
}


@pytest.mark.parametrize(
    ("system", "moved"),
    # Basic authentication has no login.
    [*((system, "pages") for system in LOGINS), ("procurement", "login"), ("apauto", "login")],
)
def test_no_credential_follows_a_redirect(harness: Make, system: str, moved: str) -> None:
    """Neither a token to where a page is said to be, nor the secret to where the login is said to be."""
    # The other server would answer 401 to the page, upon which a token is renewed, and take any login.
    with serving(Api(lambda *_: VENDOR, uses_per_token=0)) as other, serving(Api(lambda *_: VENDOR)) as api:
        if moved == "login":
            api.login_moved_to = f"{other.url}/token?key=hidden"
        else:
            api.failures = [(302, {"Location": f"{other.url}/there?key=hidden"})] * 9
        instance = f"  it:\n    system: {system}\n    connection: {{url: '${{URL}}', {LOGINS[system]}}}\n"
        home = harness(instance, {"URL": api.url})
        words = [pipelines.land(home.run(), "it").message, pipelines.check(home.run())[0].message]
    assert (other.posted, other.seen, other.uses) == ([], [], 0), "the other server was never asked"
    for text in words:
        assert f"redirects to {other.url}/" in text and "write the new address into" in text, text
        assert "hidden" not in text


def test_what_ends_within_a_month_is_told(harness: Make, drop: Path, tmp_path: Path) -> None:
    with sftp_serving(drop) as port:
        home = harness(
            stock(sftp_connection(port))
            + "    credentials:\n      password: {rotates_on: 2026-07-03, owner: integration team}\n"
            "      host_key: {rotates_on: 2026-09-01}\n"
        )
        first, *ending = pipelines.check(home.run())
    assert first.ok
    (line,) = ending
    assert not line.ok, "three days ahead it is urgent"
    assert line.message == "stock: password ends on 2026-07-03, in 2 days; owner integration team"


def test_the_end_of_a_client_certificate_is_read_from_it(harness: Make, tmp_path: Path) -> None:
    soon = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=20)
    pem = Authority(tmp_path).sign("client", ends=soon)
    pem.chmod(stat.S_IRUSR)
    login = "url: 'http://127.0.0.1:9', api_key: '${SECRET}', api_secret: '${SECRET}'"
    connection = f"{{{login}, client_certificate_file: {pem}}}"
    lines = pipelines.check(harness(f"  ap:\n    system: apauto\n    connection: {connection}\n").run())
    assert (lines[1].ok, lines[1].message) == (
        True,
        "ap: client certificate ends on 2026-07-21, in 20 days",
    )


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
