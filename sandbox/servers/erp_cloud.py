"""The cloud ERP's OData v2 interface: basic authentication, CSRF tokens, server-driven pages, writes.

What may be written, and what then can be read, is the business of `erp_book.py`. `$select` narrows a record,
`$orderby` sorts all of them.
"""

from __future__ import annotations

import base64
import secrets
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, commit, page_answer, spoil_page
from sandbox.servers.erp_book import ErpBook
from sandbox.servers.erp_entities import (
    ENTITY_SETS,
    JOURNAL,
    SUPPLIER,
    SUPPLIER_COMPANY,
    EntitySet,
    read_filter,
)
from sandbox.servers.erp_journal import BusinessError
from sandbox.servers.http import Handler, answer, guarded, json_object
from sandbox.servers.odata_batch import Changeset, read_batch, write_batch
from sandbox.servers.records import Collection, Ordered, Record, Selection

ROOT = "/sap/opu/odata/sap"
COOKIE = "SAP_SESSIONID_LH1_100"
CSRF = "x-csrf-token"
_ITEMS = "to_Items"


class Sessions:
    """CSRF tokens by session cookie."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def open(self, response: Response) -> None:
        """Give a response a new session and its token."""
        session, token = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._tokens[session] = token
        response.headers[CSRF] = token
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict")

    def allows(self, request: Request) -> bool:
        """Whether a write carries the token of its session."""
        token = self._tokens.get(request.cookies.get(COOKIE, ""))
        return token is not None and secrets.compare_digest(token, request.headers.get(CSRF, ""))

    def expire_all(self) -> None:
        """Forget every session."""
        self._tokens.clear()


def _error_body(code: str, message: str) -> Record:
    return {"error": {"code": code, "message": {"lang": "en", "value": message}}}


def _error(status: int, code: str, message: str) -> Response:
    return answer(_error_body(code, message), status)


def build_app(
    credentials: dict[str, str],
    switches: Switches,
    sessions: Sessions,
    found: dict[str, Collection],
    book: ErpBook,
) -> Starlette:
    """The application, over the collections of a world and the book of what was written to it."""
    pair = f"{credentials['user']}:{credentials['password']}".encode()
    expected = "Basic " + base64.b64encode(pair).decode()

    def secured(handler: Handler) -> Handler:
        async def check(request: Request) -> Response:
            if not secrets.compare_digest(request.headers.get("authorization", ""), expected):
                challenge = {"WWW-Authenticate": 'Basic realm="erp_cloud"'}
                return answer(_error_body("401", "log on first"), 401, challenge)
            if request.method != "GET" and not sessions.allows(request):
                refused = _error(403, "CSRF", "CSRF token validation failed")
                refused.headers[CSRF] = "Required"
                return refused
            try:
                response = await handler(request)
            except BusinessError as refusal:
                response = _error(refusal.status, refusal.code, str(refusal))
            if request.method == "GET" and request.headers.get(CSRF, "").lower() == "fetch":
                sessions.open(response)
            return response

        return guarded(check)

    def page_of(entity: EntitySet) -> Handler:
        collection = found[entity.name]

        async def page(request: Request) -> Response:
            query = dict(request.query_params)
            try:
                condition = read_filter(entity, query.get("$filter"))
            except ValueError as reason:
                return _error(400, "FILTER", str(reason))
            expanded = query.get("$expand", "")
            if condition.values and entity.lookup:
                found_by = collection.find(entity.lookup, condition.values)
                return answer({"d": {"results": [_shown(record, expanded) for record in found_by]}})
            chosen: Ordered | Selection = collection.select(condition.since, condition.before)
            if "$orderby" in query:
                chosen = collection.ordered(*query["$orderby"].split(","))
            start = int(query.pop("$skiptoken", 0))
            records = [_shown(record, expanded) for record in chosen.records(start, entity.page)]
            if "$select" in query:
                wanted = {"__metadata", *query["$select"].split(",")}
                records = [{name: row[name] for name in row if name in wanted} for row in records]
            spoil_page(records, collection, switches)
            content: Record = {"results": records}
            if start + entity.page < len(chosen):
                link = request.url.replace(query=urlencode({**query, "$skiptoken": start + entity.page}))
                content["__next"] = str(link)
            return page_answer({"d": content}, switches)

        return page

    async def read_supplier(request: Request) -> Response:
        return _entity(book.supplier(request.path_params["number"]), 200)

    async def create_supplier(request: Request) -> Response:
        content = await json_object(request)
        return await commit(switches, lambda: _entity(book.create_supplier(content), 201))

    async def change_supplier(request: Request) -> Response:
        content, number = await json_object(request), request.path_params["number"]

        def change() -> Response:
            etag = book.change_supplier(number, content, request.headers.get("if-match"))
            return Response(status_code=204, headers={"ETag": etag})

        return await commit(switches, change)

    async def read_company(request: Request) -> Response:
        return _entity(book.supplier_company(**request.path_params), 200)

    async def change_company(request: Request) -> Response:
        content, place = await json_object(request), request.path_params

        def change() -> Response:
            etag = book.change_supplier_company(
                **place, content=content, if_match=request.headers.get("if-match")
            )
            return Response(status_code=204, headers={"ETag": etag})

        return await commit(switches, change)

    async def create_journal(request: Request) -> Response:
        content = await json_object(request)
        return await commit(switches, lambda: answer({"d": book.post_journals([content])[0]}, 201))

    async def batch(request: Request) -> Response:
        changesets = read_batch(request.headers.get("content-type", ""), await request.body())
        return await commit(switches, lambda: write_batch([_carry_out(book, each) for each in changesets]))

    routes = [
        Route(f"{ROOT}/{entity.service}/{entity.name}", secured(page_of(entity)), methods=["GET"])
        for entity in ENTITY_SETS
    ]
    partner, journal = f"{ROOT}/API_BUSINESS_PARTNER/{SUPPLIER}", f"{ROOT}/API_JOURNALENTRY_SRV"
    one = partner + "('{number}')"
    company = (
        f"{ROOT}/API_BUSINESS_PARTNER/{SUPPLIER_COMPANY}" + "(Supplier='{number}',CompanyCode='{company}')"
    )
    routes += [
        Route(partner, secured(create_supplier), methods=["POST"]),
        Route(one, secured(read_supplier), methods=["GET"]),
        Route(one, secured(change_supplier), methods=["PATCH", "MERGE"]),
        Route(company, secured(read_company), methods=["GET"]),
        Route(company, secured(change_company), methods=["PATCH", "MERGE"]),
        Route(f"{journal}/{JOURNAL}", secured(create_journal), methods=["POST"]),
        Route(f"{journal}/$batch", secured(batch), methods=["POST"]),
    ]
    return Starlette(routes=routes)


def _carry_out(book: ErpBook, changeset: Changeset) -> tuple[list[tuple[int, str | None, Record]], bool]:
    """The answers of a changeset and whether it was committed: all of it, or nothing and one error."""
    try:
        for request in changeset:
            if (request.method, request.path.split("?")[0]) != ("POST", JOURNAL):
                raise BusinessError("UNSUPPORTED", f"{request.method} {request.path} in a changeset")
        documents = book.post_journals([request.content for request in changeset])
    except BusinessError as refusal:
        body = _error_body(refusal.code, str(refusal))
        if refusal.position is not None:
            body["error"]["innererror"] = {"Content-ID": changeset[refusal.position].content_id}
        return [(refusal.status, None, body)], False
    return [
        (201, request.content_id, {"d": document})
        for request, document in zip(changeset, documents, strict=True)
    ], True


def _shown(record: Record, expanded: str) -> Record:
    """The record without the lines nobody asked for."""
    return record if _ITEMS in expanded else {name: record[name] for name in record if name != _ITEMS}


def _entity(record: Record, status: int) -> Response:
    return answer({"d": record}, status, {"ETag": record["__metadata"]["etag"]})
