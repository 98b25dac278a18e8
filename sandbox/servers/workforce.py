"""The workforce service: SOAP 1.1 with a signed header, states as of a day and an entry, page by page.

It knows no field of the two things it tells: their columns are paths, `ID[kind]` an entry of a list of typed
ids. Whatever it refuses is a SOAP fault with status 500, as the protocol says.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, spoil_page
from sandbox.servers.records import Collection, Record
from sandbox.servers.wsse import ENVELOPE, SecurityError, Signatures

ROOT = "/ccx/service/lakeshore"
VERSION = "v42.0"
PAGE = 100
MOST = 999
REQUEST_ID = "X-Request-Id"
_WD = "urn:com.workday/bsvc"
_ENTERED = "entered_at"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TYPED = re.compile(r"(\w+)\[(\w+)\]")


@dataclass(frozen=True)
class Operation:
    """One operation: its service, the element of a record, where the record's own id and its day stand."""

    service: str
    name: str
    element: str
    own_id: tuple[str, str]
    effective: tuple[str, str]
    collection: Collection


class RequestError(Exception):
    """The request is not one that the service takes."""


def operations(world: Path) -> list[Operation]:
    """The two operations, over the files of a world."""
    made = []
    for service, name, element, table in (
        ("Human_Resources", "Get_Locations", "Location", "location"),
        ("Financial_Management", "Get_Cost_Centers", "Cost_Center", "cost_center"),
    ):
        own_id, effective = (f"{element}_Reference", "ID[WID]"), (f"{element}_Data", "Effective_Date")
        collection = Collection(
            world / "workforce",
            table,
            sort_by=(".".join(effective), ".".join(own_id)),
            amount_path=effective,
        )
        made.append(Operation(service, name, element, own_id, effective, collection))
    return made


def build_app(world: Path, switches: Switches, signatures: Signatures) -> Starlette:
    """The application, over the files of a world."""
    wsdl = (resources.files("sandbox.servers") / "workforce.wsdl").read_text(encoding="utf-8")

    def endpoint(operation: Operation) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            if request.method == "GET":
                address = str(request.url.replace(query=""))
                return Response(wsdl.replace("{address}", address), media_type="text/xml")
            request_id = request.headers.get(REQUEST_ID) or uuid.uuid4().hex
            try:
                asked = _request_of(await request.body(), operation, signatures)
                content, status = _page(operation, asked, switches), 200
            except SecurityError as fault:
                content, status = _fault(f"wsse:{fault.code}", str(fault)), 500
            except RequestError as fault:
                content, status = _fault("env:Client.validationError", str(fault)), 500
            if status == 200 and switches.take("truncate_pages"):
                content = content[: int(len(content) * 0.7)]
            return Response(content, status, {REQUEST_ID: request_id}, media_type="text/xml")

        return serve

    return Starlette(
        routes=[
            Route(f"{ROOT}/{operation.service}/{VERSION}", endpoint(operation), methods=["GET", "POST"])
            for operation in operations(world)
        ]
    )


def _request_of(body: bytes, operation: Operation, signatures: Signatures) -> etree._Element:
    """The operation's request element, once the envelope is read and its signature accepted."""
    try:
        envelope = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise RequestError(f"the message is not well-formed: {error.msg}") from error
    if envelope.getroottree().docinfo.doctype:
        raise RequestError("a message has no document type")
    signatures.check(envelope)
    asked = envelope.find(f"{{{ENVELOPE}}}Body/{{{_WD}}}{operation.name}_Request")
    if asked is None:
        raise RequestError(f"the body holds no {operation.name}_Request")
    if asked.get(f"{{{_WD}}}version") != VERSION:
        raise RequestError(f"version must be {VERSION}")
    return asked


def _page(operation: Operation, asked: etree._Element, switches: Switches) -> bytes:
    def given(name: str, default: str) -> str:
        return asked.findtext(f"{{{_WD}}}Response_Filter/{{{_WD}}}{name}") or default

    effective = given("As_Of_Effective_Date", f"{datetime.now(UTC):%Y-%m-%d}")
    entered = given("As_Of_Entry_DateTime", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    try:
        number, count = int(given("Page", "1")), min(int(given("Count", str(PAGE))), MOST)
    except ValueError as error:
        raise RequestError("Page and Count must be whole numbers") from error
    found = _as_of(operation, effective, entered)
    pages = -(-len(found) // count) if count > 0 else 0
    if not 1 <= number <= max(pages, 1):
        raise RequestError(f"Page {number} does not exist; there are {pages}")
    if number > 1 and switches.take("repeat_pages"):
        number -= 1
    records = found[(number - 1) * count : number * count]
    spoil_page(records, operation.collection, switches)
    return _answer(
        operation,
        records,
        {
            "Response_Filter": {
                "As_Of_Effective_Date": effective,
                "As_Of_Entry_DateTime": entered,
                "Page": str(number),
                "Count": str(count),
            },
            "Response_Results": {
                "Total_Results": str(len(found)),
                "Total_Pages": str(pages),
                "Page_Results": str(len(records)),
                "Page": str(number),
            },
        },
        switches.api_version or VERSION,
    )


def _as_of(operation: Operation, effective: str, entered: str) -> list[Record]:
    """Per thing the latest version that held on the day, of those keyed in by then."""
    latest: dict[str, Record] = {}
    everything = operation.collection.select()
    for record in everything.records(0, len(everything)):
        keyed_in = record.pop(_ENTERED)
        holds_from = record[operation.effective[0]][operation.effective[1]]
        if holds_from <= effective[:10] and keyed_in[:19] <= entered[:19]:
            latest[record[operation.own_id[0]][operation.own_id[1]]] = record
    return [latest[key] for key in sorted(latest)]


def _answer(operation: Operation, records: list[Record], head: Record, version: str) -> bytes:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"env": ENVELOPE, "wd": _WD})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    root = etree.SubElement(body, f"{{{_WD}}}{operation.name}_Response")
    root.set(f"{{{_WD}}}version", version)
    _render(root, head)
    data = etree.SubElement(root, f"{{{_WD}}}Response_Data")
    for record in records:
        _render(etree.SubElement(data, f"{{{_WD}}}{operation.element}"), record)
    content: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return content


def _render(parent: etree._Element, content: Record) -> None:
    for name, value in content.items():
        typed = _TYPED.fullmatch(name)
        tag = typed[1] if typed else name
        is_absent = value is None or (isinstance(value, dict) and not any(value.values()))
        if is_absent:
            continue
        child = etree.SubElement(parent, f"{{{_WD}}}{tag}")
        if typed:
            child.set(f"{{{_WD}}}type", typed[2])
        if isinstance(value, dict):
            _render(child, value)
        else:
            child.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    # A date carries the zone of the service's data center.
    return f"{value}-08:00" if _DAY.fullmatch(str(value)) else str(value)


def _fault(code: str, words: str) -> bytes:
    nsmap = {"env": ENVELOPE, "wsse": Signatures.NAMESPACE}
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap=nsmap)
    fault = etree.SubElement(etree.SubElement(envelope, f"{{{ENVELOPE}}}Body"), f"{{{ENVELOPE}}}Fault")
    etree.SubElement(fault, "faultcode").text = code
    etree.SubElement(fault, "faultstring").text = words
    content: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return content
