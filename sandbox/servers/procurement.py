"""The procurement suite's REST interface: OAuth2 client credentials, arrays paged by offset, 50 a page.

Contract prices can also be written (`contract_prices.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, commit, page_answer, spoil_page
from sandbox.servers.contract_prices import ContractPriceBook, InvalidError
from sandbox.servers.http import Handler, Tokens, answer, json_object, whole_number
from sandbox.servers.records import Child, Collection, Record, parse_time
from sandbox.servers.write_log import WorldClock, WriteLog

PAGE = 50
TOKEN_SECONDS = 900
PRICES = "contract_prices"


def collections(world: Path) -> dict[str, Collection]:
    """The resources, by path."""
    folder, order = world / "procurement", ("updated-at", "id")
    return {
        "suppliers": Collection(folder, "supplier", sort_by=order, changed_at="updated-at"),
        "items": Collection(
            folder,
            "item",
            sort_by=order,
            changed_at="updated-at",
            children=[Child("supplier-items", "supplier_item", "id")],
            unit_path=("uom", "code"),
        ),
        "purchase_orders": Collection(
            folder,
            "purchase_order",
            sort_by=order,
            changed_at="updated-at",
            children=[Child("order-lines", "purchase_order_line", "id")],
            amount_path=("order-lines", 0, "price"),
            unit_path=("order-lines", 0, "uom", "code"),
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
            records = collection.select(since, before).records(offset, limit)
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


def _written(write: Callable[[], Record | None], status: int) -> Response:
    try:
        record = write()
    except InvalidError as refusal:
        return answer({"errors": refusal.errors}, 422)
    return answer({"error": "not found"}, 404) if record is None else answer(record, status)
