"""The AP automation service: tokens that rotate, pages by cursor, and the match-status target.

What is posted to it goes to the posting book (`posting_book.py`), which outlives the server.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, commit, page_answer, spoil_page
from sandbox.servers.http import Handler, Tokens, answer, whole_number
from sandbox.servers.posting_book import PostingBook
from sandbox.servers.records import Child, Collection, parse_time
from sandbox.servers.write_log import WriteLog, iso

PAGE = 200
BATCH = 200
TOKEN_SECONDS = 300


def collections(world: Path) -> dict[str, Collection]:
    """The two resources, by path."""
    folder = world / "apauto"
    return {
        "vendors": Collection(folder, "vendor", sort_by=("updated_at", "vendor_id"), changed_at="updated_at"),
        "invoices": Collection(
            folder,
            "invoice",
            sort_by=("updated_at", "invoice_id"),
            changed_at="updated_at",
            children=[Child("lines", "invoice_line", "invoice_id")],
            amount_path=("lines", 0, "amount"),
            unit_path=("lines", 0, "uom"),
        ),
    }


def _cursor(position: int, since: str, before: str) -> str:
    return base64.urlsafe_b64encode(f"at {position} {since or '-'} {before or '-'}".encode()).decode()


def _place(cursor: str) -> tuple[int, str, str]:
    try:
        word, position, since, before = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
    except ValueError as error:
        raise ValueError("unknown cursor") from error
    if word != "at":
        raise ValueError("unknown cursor")
    return int(position), since.strip("-"), before.strip("-")


def open_book(world: Path) -> PostingBook:
    """The posting book of a world."""
    invoices = pq.read_table(world / "apauto" / "invoice", columns=["invoice_id", "status"])
    known = dict(zip(invoices["invoice_id"].to_pylist(), invoices["status"].to_pylist(), strict=True))
    return PostingBook(WriteLog(world / "state" / "match_status_book.jsonl"), known)


def delete_lines(invoices: Collection, key: Mapping[str, Any], at: int) -> int:
    """Lines that people take off an invoice at a time, in milliseconds; how many.

    The invoice is a later version that asks for so much less.
    """
    count = 0
    for known in invoices.find("invoice_id", [key["invoice_id"]]):
        gone = [line for line in known["lines"] if line["line_id"] == key["line_id"]]
        gross = Decimal(known["gross_amount"]) - sum(Decimal(line["amount"]) for line in gone)
        changed = {
            "lines": [line for line in known["lines"] if line not in gone],
            "gross_amount": str(gross),
            "version": known["version"] + 1,
            "updated_at": iso(at),
        }
        if gone:
            invoices.put(known["invoice_id"], {**known, **changed}, at, key_column="invoice_id")
        count += len(gone)
    return count


def build_app(
    found: Mapping[str, Collection],
    credentials: dict[str, str],
    switches: Switches,
    tokens: Tokens,
    book: PostingBook,
) -> Starlette:
    """The application, over its resources and its posting book."""

    async def token(request: Request) -> Response:
        asked = await _json(request)
        if any(asked.get(name) != credentials[name] for name in ("api_key", "api_secret")):
            return answer({"error": "invalid credentials"}, 401)
        return answer({"access_token": tokens.issue(), "expires_in": tokens.lifetime})

    def page_of(collection: Collection) -> Handler:
        async def page(request: Request) -> Response:
            query = request.query_params
            start, since, before = 0, query.get("updated_since", ""), query.get("updated_before", "")
            if query.get("cursor"):
                start, since, before = _place(query["cursor"])
            found = collection.select(parse_time(since), parse_time(before))
            limit = max(whole_number(request, "limit", PAGE, PAGE), 1)
            records = found.records(start, limit)
            spoil_page(records, collection, switches)
            following = _cursor(start + limit, since, before) if start + limit < len(found) else None
            return page_answer({"data": records, "next_cursor": following}, switches)

        return page

    async def post(request: Request) -> Response:
        items = (await _json(request)).get("items")
        if not request.headers.get("idempotency-key"):
            return answer({"error": "header Idempotency-Key is missing"}, 400)
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return answer({"error": "items must be a list of objects"}, 422)
        if len(items) > BATCH:
            return answer({"error": f"at most {BATCH} items a batch"}, 422)
        return await commit(switches, lambda: answer({"results": book.post(items)}, 207))

    async def look_up(request: Request) -> Response:
        keys = [key for key in request.query_params.get("keys", "").split(",") if key]
        return answer({"results": book.look_up(keys)})

    async def whole_book(request: Request) -> Response:
        return answer({"postings": book.postings()})

    routes = [
        Route("/v1/token", token, methods=["POST"]),
        Route("/v1/match-status", tokens.required(post), methods=["POST"]),
        Route("/v1/match-status", tokens.required(look_up), methods=["GET"]),
        Route("/v1/match-status/book", tokens.required(whole_book)),
    ]
    for name, collection in found.items():
        routes.append(Route(f"/v1/{name}", tokens.required(page_of(collection))))
    return Starlette(routes=routes)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
