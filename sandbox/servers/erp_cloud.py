"""The cloud ERP's OData v2 interface: basic authentication, server-driven pages of 200."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.chaos import Switches, spoil_page
from sandbox.servers.http import Handler, answer, guarded
from sandbox.servers.records import Collection, parse_time

PAGE = 200
ROOT = "/sap/opu/odata/sap"
_CHANGED = "LastChangeDateTime"
_FILTER = re.compile(rf"\s*{_CHANGED}\s+ge\s+datetimeoffset'([^']+)'\s*")


@dataclass(frozen=True)
class EntitySet:
    """Where a table is found, and in which order it is read."""

    service: str
    name: str
    table: str
    sort_by: tuple[str, ...]
    has_changes: bool = False
    amount: str | None = None
    unit: str | None = None


ENTITY_SETS = (
    EntitySet("API_BUSINESS_PARTNER", "A_Supplier", "supplier", (_CHANGED, "Supplier"), True),
    EntitySet(
        "API_BUSINESS_PARTNER",
        "A_BusinessPartnerBank",
        "supplier_bank",
        ("BusinessPartner", "BankIdentification"),
    ),
    EntitySet("API_COMPANYCODE_SRV", "A_CompanyCode", "company_code", ("CompanyCode",)),
    EntitySet("API_PLANT_SRV", "A_Plant", "plant", ("Plant", "ValidityStartDate")),
    EntitySet("API_COSTCENTER_SRV", "A_CostCenter", "cost_center", ("CostCenter", "ValidityStartDate")),
    EntitySet(
        "API_GLACCOUNTINCHARTOFACCOUNTS_SRV",
        "A_GLAccountInChartOfAccounts",
        "gl_account",
        ("GLAccount", "ValidityStartDate"),
    ),
    EntitySet("API_PRODUCT_SRV", "A_Product", "product", (_CHANGED, "Product"), True, unit="BaseUnit"),
    EntitySet(
        "API_PRODUCT_SRV",
        "A_ProductUnitsOfMeasure",
        "product_unit",
        ("Product", "AlternativeUnit", "ValidityStartDate"),
        amount="QuantityNumerator",
        unit="AlternativeUnit",
    ),
)


def _collection(world: Path, entity_set: EntitySet) -> Collection:
    return Collection(
        world / "erp_cloud",
        entity_set.table,
        sort_by=entity_set.sort_by,
        changed_at=_CHANGED if entity_set.has_changes else None,
        amount_path=(entity_set.amount,) if entity_set.amount else (),
        unit_path=(entity_set.unit,) if entity_set.unit else (),
        odata_dates=True,
    )


def _error(status: int, code: str, message: str) -> Response:
    return answer({"error": {"code": code, "message": {"lang": "en", "value": message}}}, status)


def build_app(world: Path, credentials: dict[str, str], switches: Switches) -> Starlette:
    """The application, over the files of a world."""
    pair = f"{credentials['user']}:{credentials['password']}".encode()
    expected = "Basic " + base64.b64encode(pair).decode()

    def page_of(entity_set: EntitySet, collection: Collection) -> Handler:
        async def page(request: Request) -> Response:
            if not secrets.compare_digest(request.headers.get("authorization", ""), expected):
                challenge = {"WWW-Authenticate": 'Basic realm="erp_cloud"'}
                return answer({"error": {"code": "401", "message": "log on first"}}, 401, challenge)
            query = dict(request.query_params)
            condition = query.get("$filter")
            match = _FILTER.fullmatch(condition) if condition else None
            if condition and not (match and entity_set.has_changes):
                return _error(400, "FILTER", f"{entity_set.name} cannot filter by {condition}")
            first = collection.first_since(parse_time(match[1]) if match else None)
            start = int(query.pop("$skiptoken", first))
            records = collection.records(start, PAGE)
            spoil_page(records, collection, switches)
            content: dict[str, object] = {"results": records}
            if start + PAGE < len(collection):
                link = request.url.replace(query=urlencode({**query, "$skiptoken": start + PAGE}))
                content["__next"] = str(link)
            return answer({"d": content})

        return guarded(page)

    routes = [
        Route(
            f"{ROOT}/{entity_set.service}/{entity_set.name}",
            page_of(entity_set, _collection(world, entity_set)),
        )
        for entity_set in ENTITY_SETS
    ]
    return Starlette(routes=routes)
