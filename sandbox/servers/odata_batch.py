"""OData v2 batches: multipart requests of changesets in, their answers out."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from starlette.responses import Response

from sandbox.servers.records import Record

_LINE = b"\r\n"


@dataclass(frozen=True)
class BatchRequest:
    """One request of a changeset."""

    method: str
    path: str
    content_id: str | None
    content: Record


Changeset = list[BatchRequest]
Answers = list[tuple[int, str | None, Record]]


def read_batch(content_type: str, body: bytes) -> list[Changeset]:
    """The changesets of a batch; a ValueError says what is wrong with its form."""
    changesets = []
    for headers, content in _parts(content_type, body):
        kind = headers.get("content-type", "")
        if not kind.startswith("multipart/mixed"):
            raise ValueError(f"a batch takes changesets (multipart/mixed), not {kind or 'nothing'}")
        changesets.append([_request(inner, text) for inner, text in _parts(kind, content)])
    return changesets


def write_batch(results: list[tuple[Answers, bool]]) -> Response:
    """The answers of changesets; a refused one is a single error that stands by itself."""
    batch = f"batch_{secrets.token_hex(8)}"
    parts = []
    for answers, is_committed in results:
        if not is_committed:
            parts.append(_http_part(*answers[0]))
            continue
        boundary = f"changeset_{secrets.token_hex(8)}"
        inner = _multipart(boundary, [_http_part(*answer) for answer in answers])
        kind = f"Content-Type: multipart/mixed; boundary={boundary}".encode()
        parts.append(kind + _LINE * 2 + inner)
    return Response(_multipart(batch, parts), 202, media_type=f"multipart/mixed; boundary={batch}")


def _http_part(status: int, content_id: str | None, content: Record) -> bytes:
    body = orjson.dumps(content)
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    head += [f"Content-ID: {content_id}"] if content_id else []
    head += ["", f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body)}", "", ""]
    return _LINE.join(line.encode() for line in head) + body


def _multipart(boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + _LINE + part + _LINE for part in parts) + mark + b"--" + _LINE


def _parts(content_type: str, body: bytes) -> list[tuple[dict[str, str], bytes]]:
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.startswith("multipart/mixed") or not match:
        raise ValueError("the content type is no multipart/mixed with a boundary")
    mark = b"--" + match[1].encode()
    pieces = re.split(rb"(?:^|\r?\n)" + re.escape(mark), body)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ValueError(f"the parts do not end with the boundary {match[1]}")
    return [_split(piece.lstrip(b"\r\n")) for piece in pieces[1:-1]]


def _split(part: bytes) -> tuple[dict[str, str], bytes]:
    head, _, content = part.replace(b"\r\n", b"\n").partition(b"\n\n")
    pairs = (line.partition(":") for line in head.decode().splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, content


def _request(headers: dict[str, str], text: bytes) -> BatchRequest:
    first, _, rest = text.partition(b"\n")
    words = first.decode().split(" ")
    if not headers.get("content-type", "").startswith("application/http") or len(words) != 3:
        raise ValueError("a part of a changeset is no application/http request")
    inner, content = _split(rest)
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the body of {words[0]} {words[1]} is no JSON") from error
    content_id = headers.get("content-id") or inner.get("content-id")
    return BatchRequest(words[0], words[1].lstrip("/"), content_id, body)
