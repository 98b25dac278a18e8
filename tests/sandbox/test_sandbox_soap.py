"""The workforce service over its wire: signatures, faults, states as of a day, pages, misbehavior."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pyarrow.parquet as pq
import pytest
from lxml import etree

from sandbox.serve import Sandbox

_ENV = "http://schemas.xmlsoap.org/soap/envelope/"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_TOKEN = f"{_OASIS}username-token-profile-1.0"
_WD = "{urn:com.workday/bsvc}"
CENTERS, LOCATIONS = "Financial_Management/Get_Cost_Centers", "Human_Resources/Get_Locations"


class Client:
    """Writes its messages itself, so that what the server checks is not what a library does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.place = sandbox.endpoints["workforce"]

    def header(
        self, *, user: str = "", password: str = "", nonce: bytes = b"", age: float = 0, plain: bool = False
    ) -> str:
        nonce = nonce or base64.b64encode(hashlib.sha256(str(datetime.now(UTC)).encode()).digest())
        created = f"{datetime.now(UTC) - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
        password = password or self.place["password"]
        text = base64.b64decode(nonce) + created.encode() + password.encode()
        digest = base64.b64encode(hashlib.sha1(text).digest()).decode()
        secret = (
            f'<w:Password Type="{_TOKEN}#PasswordText">{password}</w:Password>'
            if plain
            else f'<w:Password Type="{_TOKEN}#PasswordDigest">{digest}</w:Password>'
            f"<w:Nonce>{nonce.decode()}</w:Nonce><u:Created>{created}</u:Created>"
        )
        return (
            f'<w:Security xmlns:w="{_OASIS}wssecurity-secext-1.0.xsd" '
            f'xmlns:u="{_OASIS}wssecurity-utility-1.0.xsd">'
            f"<w:UsernameToken><w:Username>{user or self.place['user']}</w:Username>{secret}"
            "</w:UsernameToken></w:Security>"
        )

    def ask(
        self, path: str, header: str | None = None, version: str = "v42.0", **filters: object
    ) -> httpx.Response:
        service, operation = path.split("/")
        inner = "".join(f"<d:{name}>{value}</d:{name}>" for name, value in filters.items())
        body = (
            f'<d:{operation}_Request xmlns:d="urn:com.workday/bsvc" d:version="{version}">'
            f"<d:Response_Filter>{inner}</d:Response_Filter></d:{operation}_Request>"
        )
        return self.post(service, self.header() if header is None else header, body)

    def post(self, service: str, header: str, body: str, before: str = "") -> httpx.Response:
        inside = f"<e:Header>{header}</e:Header><e:Body>{body}</e:Body>"
        message = f'{before}<e:Envelope xmlns:e="{_ENV}">{inside}</e:Envelope>'
        address = f"{self.place['url']}/{service}/v42.0"
        return httpx.post(address, content=message, headers={"X-Request-Id": "r1"})


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def told(response: httpx.Response, name: str) -> list[str]:
    return [found.text or "" for found in etree.fromstring(response.content).iter(f"{_WD}{name}")]


def fault(response: httpx.Response) -> str:
    assert response.status_code == 500
    return etree.fromstring(response.content).findtext(".//faultcode") or ""


def ids(response: httpx.Response, kind: str, reference: str) -> list[str]:
    return [
        found.text or ""
        for owner in etree.fromstring(response.content).iter(f"{_WD}{reference}")
        for found in owner
        if found.get(f"{_WD}type") == kind
    ]


def test_pages_add_up_and_repeat_what_was_asked(sandbox: Sandbox, client: Client) -> None:
    known = pq.read_table(sandbox.world / "workforce" / "cost_center").num_rows
    pages = [client.ask(CENTERS, Page=number, Count=50) for number in (1, 2, 3)]
    assert [told(page, "Page_Results") for page in pages] == [["50"], ["50"], [str(known - 100)]]
    assert {told(page, "Total_Pages")[0] for page in pages} == {"3"}
    wids = [wid for page in pages for wid in ids(page, "WID", "Cost_Center_Reference")]
    assert len(set(wids)) == known == 119 and pages[0].headers["X-Request-Id"] == "r1"
    assert told(pages[1], "Page") == ["2", "2"]
    assert fault(client.ask(CENTERS, Page=4, Count=50)) == "env:Client.validationError"


@pytest.mark.parametrize(
    ("effective", "entered", "superior"),
    [
        ("2025-12-31", "2026-06-30T00:00:00Z", "H200"),
        ("2026-01-01", "2026-06-30T00:00:00Z", "H100"),
        ("2026-06-30", "2026-01-19T16:00:00Z", "H200"),
        ("2019-01-01", "2026-06-30T00:00:00Z", None),
    ],
)
def test_a_state_as_of_a_day_and_an_entry(
    client: Client, effective: str, entered: str, superior: str | None
) -> None:
    page = client.ask(LOCATIONS, As_Of_Effective_Date=effective, As_Of_Entry_DateTime=entered)
    found = {
        row.findtext(f"{_WD}Location_Data/{_WD}Location_ID"): row
        for row in etree.fromstring(page.content).iter(f"{_WD}Location")
    }
    assert len(found) == (16 if superior else 0)
    if superior:
        above = found["C140"].findall(f"{_WD}Location_Data/{_WD}Superior_Location_Reference/{_WD}ID")
        assert [entry.text for entry in above][1:] == [superior]
        assert found["H100"].find(f"{_WD}Location_Data/{_WD}Superior_Location_Reference") is None


def test_a_signature_counts_once_and_not_for_long(sandbox: Sandbox, client: Client) -> None:
    once = client.header()
    assert client.ask(LOCATIONS, once).status_code == 200
    assert fault(client.ask(LOCATIONS, once)) == "wsse:FailedAuthentication"
    for header, code in (
        (client.header(age=400), "MessageExpired"),
        (client.header(age=-400), "MessageExpired"),
        (client.header(password="guess"), "FailedAuthentication"),
        (client.header(user="someone"), "FailedAuthentication"),
        (client.header(password="guess", plain=True), "FailedAuthentication"),
        (client.header().replace("<u:Created>2", "<u:Created>x"), "InvalidSecurity"),
        ("", "InvalidSecurity"),
    ):
        assert fault(client.ask(LOCATIONS, header)) == f"wsse:{code}"
    assert client.ask(LOCATIONS, client.header(plain=True)).status_code == 200
    sandbox.chaos("workforce", expire_tokens=True)
    assert fault(client.ask(LOCATIONS)) == "wsse:MessageExpired"
    assert client.ask(LOCATIONS).status_code == 200


def test_what_is_no_request_is_a_fault_of_the_client(client: Client) -> None:
    assert fault(client.ask(LOCATIONS, version="v1")) == "env:Client.validationError"
    assert fault(client.ask(LOCATIONS, Page="one")) == "env:Client.validationError"
    assert fault(client.post("Human_Resources", client.header(), "<other/>")) == "env:Client.validationError"
    assert fault(client.post("Human_Resources", "", "<a>")) == "env:Client.validationError"
    assert fault(client.post("Human_Resources", "", "", "<!DOCTYPE x>")) == "env:Client.validationError"
    assert httpx.post(f"{client.place['url']}/Payroll/v42.0").status_code == 404


def test_the_interface_is_served_with_its_address(client: Client) -> None:
    served = httpx.get(f"{client.place['url']}/Human_Resources/v42.0?wsdl")
    root = etree.fromstring(served.content)
    addresses = {
        found.get("location") for found in root.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    }
    assert addresses == {f"{client.place['url']}/Human_Resources/v42.0"}


def test_every_misbehavior_and_back(sandbox: Sandbox, client: Client) -> None:
    whole = told(client.ask(LOCATIONS), "Location_Name")
    for switch, status in (("fail_next", 500), ("throttle_next", 429)):
        sandbox.chaos("workforce", **{switch: 1})
        assert client.ask(LOCATIONS).status_code == status
    sandbox.chaos("workforce", truncate_pages=1)
    with pytest.raises(etree.XMLSyntaxError):
        told(client.ask(LOCATIONS), "Page")
    sandbox.chaos("workforce", text_in_amount=1)
    assert told(client.ask(LOCATIONS), "Effective_Date").count("n/a") == 1
    sandbox.chaos("workforce", repeat_records=1)
    assert told(client.ask(LOCATIONS), "Location_Name") == [*whole, whole[0]]
    sandbox.chaos("workforce", reorder_pages=1)
    assert told(client.ask(LOCATIONS), "Location_Name") == whole[::-1]
    sandbox.chaos("workforce", repeat_pages=1)
    assert told(client.ask(LOCATIONS, Page=2, Count=10), "Location_Name") == whole[:10]
    assert told(client.ask(LOCATIONS, Page=2, Count=10), "Location_Name") == whole[10:]
    sandbox.chaos("workforce", drop_field="Location_Data.Location_Name")
    assert told(client.ask(LOCATIONS), "Location_Name") == []
    sandbox.chaos("workforce", reset=True)
    assert told(client.ask(LOCATIONS), "Location_Name") == whole
    sandbox.chaos("workforce", down=True)
    with pytest.raises(httpx.ConnectError):
        client.ask(LOCATIONS)
    sandbox.chaos("workforce", down=False)
    assert told(client.ask(LOCATIONS), "Location_Name") == whole
