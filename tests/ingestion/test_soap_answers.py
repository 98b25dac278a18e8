"""SOAP answers that are made to do harm, or do not add up, are refused before they are read."""

from datetime import date, datetime

import pytest

from ingestion.transports import soap
from ingestion.transports.fetched import SourceDownError
from tests.ingestion.soap_server import (
    SPEC,
    WIRE,
    serving_answers,
)

LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def _envelope(body: bytes, head: bytes = b"") -> bytes:
    start = b'<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
    return head + start + body + b"</env:Body></env:Envelope>"


def _fault(code: bytes) -> bytes:
    return _envelope(b"<Fault><faultcode>x:" + code + b"</faultcode></Fault>")


def _external(url: str) -> bytes:
    return f'<!DOCTYPE l [<!ENTITY a SYSTEM "{url}">]>'.encode()


@pytest.mark.parametrize(
    ("reply", "words", "attempts"),
    [
        ((200, _envelope(b"<x>&b;</x>", LAUGHS)), "document type", 1),
        ((200, _envelope(b"<x>&a;</x>", _external("file:///etc/passwd"))), "document type", 1),
        ((200, _envelope(b"<x/>", b'<!DOCTYPE l SYSTEM "{url}/evil.dtd">')), "document type", 1),
        ((200, _envelope(b"<x>&a;</x>", LAUGHS).decode().encode("utf-16")), "document type", 1),
        ((500, _envelope(b"<x>&b;</x>", LAUGHS)), "document type", 1),
        ((200, b"<a>" + b"x" * 5_000 + b"</a>"), "is larger than", 1),
        ((200, _envelope(b"<a>" * 400 + b"</a>" * 400)), "is not well-formed XML", soap.ATTEMPTS),
        ((200, b"<html><body>Sign in</body></html>"), "no SOAP envelope", soap.ATTEMPTS),
        ((200, b""), "is not well-formed XML", soap.ATTEMPTS),
        ((200, _envelope(b"<Get_Locations_Response/>")), "does not say which page", soap.ATTEMPTS),
        ((302, b""), "answered 302", 1),
        ((404, b"gone"), "answered 404", 1),
        ((403, b"no"), "answered 403", 1),
        ((503, b"<html>later</html>"), "answered 503", soap.ATTEMPTS),
        ((500, _fault(b"Server")), "request: Server", soap.ATTEMPTS),
        ((500, _fault(b"Client.validationError")), "request: Client.validationError", 1),
        ((200, _fault(b"InvalidSecurity")), "request: InvalidSecurity", 1),
    ],
)  # fmt: skip
def test_an_answer_made_to_do_harm_is_refused_unread(
    monkeypatch: pytest.MonkeyPatch, reply: tuple[int, bytes], words: str, attempts: int
) -> None:
    if words == "is larger than":
        monkeypatch.setattr(soap, "LARGEST_BYTES", 4_000)
    with serving_answers(reply) as answers:
        answers.replies[0] = (reply[0], reply[1].replace(b"{url}", answers.url.encode()))
        client = soap.SoapClient(SPEC, WIRE, {"url": answers.url, "user": "u", "password": "p"})
        with pytest.raises(SourceDownError, match=words):
            list(client.pages(SPEC.resources[0], date(2026, 6, 30), datetime(2026, 7, 1)))
        assert answers.asked == ["/Human_Resources/v42.0"] * attempts


def _results(page: int, pages: int, here: int, total: int, records: int) -> tuple[int, bytes]:
    text = (
        "<Get_Locations_Response><Response_Results>"
        f"<Total_Results>{total}</Total_Results><Total_Pages>{pages}</Total_Pages>"
        f"<Page_Results>{here}</Page_Results><Page>{page}</Page></Response_Results>"
        f"<Response_Data>{'<Location/>' * records}</Response_Data></Get_Locations_Response>"
    )
    return 200, _envelope(text.encode())


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ([_results(1, 1, 2, 2, 1)], "sent 1 of 2 records of page 1"),
        ([_results(1, 1, 1, 2, 1)], "says 2 records and sent 1"),
        ([_results(1, 2, 1, 2, 1), _results(2, 2, 1, 3, 1)], "had 2 records on page 1 and 3 on page 2"),
        ([_results(1, 10**9, 0, 5, 0)], "sent page 1 of 1000000000 empty"),
    ],
)  # fmt: skip
def test_pages_that_do_not_add_up_are_refused(replies: list[tuple[int, bytes]], words: str) -> None:
    with serving_answers(*replies) as answers:
        client = soap.SoapClient(SPEC, WIRE, {"url": answers.url, "user": "u", "password": "p"})
        with pytest.raises(SourceDownError, match=words):
            list(client.pages(SPEC.resources[0], date(2026, 6, 30), datetime(2026, 7, 1)))
