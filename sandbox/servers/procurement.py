"""The procurement suite's REST interface: OAuth2 client credentials, arrays paged by offset, 50 a page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, spoil_page
from sandbox.servers.http import Handler, Tokens, answer, whole_number
from sandbox.servers.records import Child, Collection, parse_time

PAGE = 50
TOKEN_SECONDS = 900


def collections(world: Path) -> dict[str, Collection]:
    """The three resources, by path."""
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
    }


def build_app(world: Path, credentials: dict[str, str], switches: Switches, tokens: Tokens) -> Starlette:
    """The application, over the files of a world."""

    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return answer({"error": "unsupported_grant_type"}, 400)
        if any(form.get(name) != credentials[name] for name in ("client_id", "client_secret")):
            return answer({"error": "invalid_client"}, 401)
        return answer({"access_token": tokens.issue(), "token_type": "bearer", "expires_in": tokens.lifetime})

    def page_of(collection: Collection) -> Handler:
        async def page(request: Request) -> Response:
            since = parse_time(request.query_params.get("updated-at[gt_or_eq]"))
            offset = whole_number(request, "offset", 0)
            limit = whole_number(request, "limit", PAGE, PAGE)
            records = collection.records(collection.first_since(since) + offset, limit)
            spoil_page(records, collection, switches)
            return answer(records)

        return page

    routes = [Route("/oauth2/token", token, methods=["POST"])]
    for name, collection in collections(world).items():
        routes.append(Route(f"/api/{name}", tokens.required(page_of(collection))))
    return Starlette(routes=routes)
