"""The procurement suite's REST interface: OAuth2 client credentials, arrays paged by offset, 50 a page.

Order lines are nested in their order and a resource of their own, which tells the changes of a line whose
order did not change. `fields` narrows a record, `order_by` sorts all of them. Contract prices can also be
written (`contract_prices.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, commit, page_answer, spoil_page
from sandbox.servers.contract_prices import ContractPriceBook, InvalidError
from sandbox.servers.http import Handler, Tokens, answer, json_object, whole_number
from sandbox.servers.records import Child, Collection, Ordered, Record, Selection, parse_time
from sandbox.servers.write_log import WorldClock, WriteLog, iso

PAGE = 50
TOKEN_SECONDS = 900
PRICES, ORDERS, LINES = "contract_prices", "purchase_orders", "purchase_order_lines"
_NESTED_LINES = "order-lines"


def collections(world: Path) -> dict[str, Collection]:
    """The resources, by path."""
    folder, order = world / "procurement", ("updated-at", "id")
    return {
        "suppliers": Collection(
            folder,
            "supplier",
            sort_by=order,
            changed_at="updated-at",
            children=[Child("diversity-certificates", "supplier_certificate", "id")],
        ),
        "items": Collection(
            folder,
            "item",
            sort_by=order,
            changed_at="updated-at",
            children=[Child("supplier-items", "supplier_item", "id")],
            unit_path=("uom", "code"),
        ),
        ORDERS: Collection(
            folder,
            "purchase_order",
            sort_by=order,
            changed_at="updated-at",
            children=[Child(_NESTED_LINES, "purchase_order_line", "id")],
            amount_path=(_NESTED_LINES, 0, "price"),
            unit_path=(_NESTED_LINES, 0, "uom", "code"),
        ),
        LINES: Collection(
            folder,
            "purchase_order_line",
            sort_by=order,
            changed_at="updated-at",
            amount_path=("price",),
            unit_path=("uom", "code"),
            parent="order-header-id",
        ),
        PRICES: Collection(
            folder,
            "contract_price",
            sort_by=order,
            changed_at="updated-at",
            amount_path=("price",),
            unit_path=("uom", "code"),
            added=("external-ref",),
        ),
    }


def open_book(world: Path, found: dict[str, Collection], clock: WorldClock) -> ContractPriceBook:
    """The book of contract prices written to this world."""
    return ContractPriceBook(
        WriteLog(world / "state" / "contract_price_book.jsonl"),
        clock,
        found[PRICES],
        suppliers=found["suppliers"].values("number"),
        items=found["items"].values("item-number"),
    )


def build_app(
    credentials: dict[str, str],
    switches: Switches,
    tokens: Tokens,
    found: dict[str, Collection],
    book: ContractPriceBook,
) -> Starlette:
    """The application, over the collections of a world."""

    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return answer({"error": "unsupported_grant_type"}, 400)
        if any(form.get(name) != credentials[name] for name in ("client_id", "client_secret")):
            return answer({"error": "invalid_client"}, 401)
        return answer({"access_token": tokens.issue(), "token_type": "bearer", "expires_in": tokens.lifetime})

    def page_of(collection: Collection) -> Handler:
        async def page(request: Request) -> Response:
            query = request.query_params
            references = query.get("external-ref[in]") or query.get("external-ref")
            if references and collection is found[PRICES]:
                return answer(collection.find("external-ref", references.split(",")))
            since, before = (parse_time(query.get(f"updated-at[{end}]")) for end in ("gt_or_eq", "lt"))
            offset = whole_number(request, "offset", 0)
            limit = whole_number(request, "limit", PAGE, PAGE)
            if "order_by" in query:
                chosen: Ordered | Selection = collection.ordered(query["order_by"])
            else:
                chosen = collection.select(since, before)
            records = chosen.records(offset, limit)
            if "fields" in query:
                records = [_narrowed(record, json.loads(query["fields"])) for record in records]
            spoil_page(records, collection, switches)
            return page_answer(records, switches)

        return page

    async def create(request: Request) -> Response:
        content = await json_object(request)
        return await commit(switches, lambda: _written(lambda: book.create(content), 201))

    async def change(request: Request) -> Response:
        content, number = await json_object(request), int(request.path_params["number"])
        return await commit(switches, lambda: _written(lambda: book.change(number, content), 200))

    routes = [Route("/oauth2/token", token, methods=["POST"])]
    for name, collection in found.items():
        routes.append(Route(f"/api/{name}", tokens.required(page_of(collection)), methods=["GET"]))
    routes += [
        Route(f"/api/{PRICES}", tokens.required(create), methods=["POST"]),
        Route(f"/api/{PRICES}/{{number:int}}", tokens.required(change), methods=["PUT"]),
    ]
    return Starlette(routes=routes)


@dataclass(frozen=True)
class Desk:
    """Where people of the hospital delete what is wrong and change single lines."""

    found: dict[str, Collection]

    def delete(self, table: str, key: Mapping[str, Any]) -> int:
        """Records taken out for good, an order with its lines; how many."""
        number = key["id"]
        if table == ORDERS:
            self.found[LINES].remove({"order-header-id": number})
        elif table == LINES:
            self.found[ORDERS].put_nested(_NESTED_LINES, number, None)
        return self.found[table].remove({"id": number})

    def change(self, table: str, key: Mapping[str, Any], values: Record, at: int) -> int:
        """An order line changed at a time, in milliseconds; its order says nothing of it."""
        if table != LINES:
            raise ValueError(f"{table} cannot be changed; only {LINES} can")
        for known in self.found[LINES].find("id", [key["id"]]):
            line = {**known, **values, "updated-at": iso(at), "version": known["version"] + 1}
            self.found[LINES].put(line["id"], line, at, key_column="id")
            nested = {name: value for name, value in line.items() if name != "order-header-id"}
            self.found[ORDERS].put_nested(_NESTED_LINES, line["id"], nested)
            return 1
        return 0


def _narrowed(record: Record, fields: list[Any]) -> Record:
    """The fields asked for: names, and objects of what is nested; `_` in a name is as good as `-`."""
    found: Record = {}
    for entry in fields:
        for name, below in entry.items() if isinstance(entry, dict) else [(entry, None)]:
            value = record.get(name := name.replace("_", "-"))
            if isinstance(value, list) and below is not None:
                found[name] = [_narrowed(each, below) for each in value]
            elif isinstance(value, dict) and below is not None:
                found[name] = _narrowed(value, below)
            elif name in record:
                found[name] = value
    return found


def _written(write: Callable[[], Record | None], status: int) -> Response:
    try:
        record = write()
    except InvalidError as refusal:
        return answer({"errors": refusal.errors}, 422)
    return answer({"error": "not found"}, 404) if record is None else answer(record, status)
