"""All keys of a resource of a JSON API, read after the rows of every resource.

Pages shift while a reader goes through them: a record deleted on a page already read draws one of the next
page out of sight, and it would seem deleted. So the keys are asked for in their own order, which changes of a
record do not touch, and read again: a reading counts when the next one begins with the same keys.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dlt.sources.helpers.rest_client import RESTClient

from ingestion.formats.json_rows import select
from ingestion.spec import PARENT, ResourceSpec, RestWire, SystemSpec, TableSpec
from ingestion.transports.fetched import Fetched, SourceDownError
from ingestion.transports.rest import Page, iterate_pages, make_client, payload_of

READINGS = 3


def fetch_keys(spec: SystemSpec, wire: RestWire, connection: Mapping[str, str], fetched: Fetched) -> None:
    """Adds the key set of every resource that has one; one that cannot be read is a remark, no failure."""
    resources = [resource for resource in spec.resources if resource.has_key_set]
    client = make_client(wire, connection) if resources else None
    for resource in resources:
        tables = [spec.table(name) for name in resource.tables]
        asked = replace(resource, params=(*resource.params, *key_params(wire, tables)))
        try:
            pages = _settled(client, wire, asked, tables)
        except SourceDownError as error:
            fetched.remarks.append(
                f"{resource.name}: its keys cannot be read, so nothing is deleted; {error}"
            )
            continue
        if pages is None:
            fetched.remarks.append(f"{resource.name}: rows were deleted while its keys were read; next time")
        else:
            payload = payload_of(f"{resource.name}.keys.jsonl", resource, pages)
            fetched.payloads.append(replace(payload, is_key_set=True))


def key_params(wire: RestWire, tables: Sequence[TableSpec]) -> tuple[tuple[str, str], ...]:
    """Asks for nothing but the keys and their times of change, in the order of the keys."""
    main = next(table for table in tables if not table.explode)
    order = [column.path for column in main.key_columns]
    if wire.selects == "odata":
        paths = dict.fromkeys([*order, *main.source_updated_at])
        return ("$select", ",".join(paths)), ("$orderby", ",".join(order))
    wanted: list[Any] = _fields(main)
    wanted += [{table.explode: _fields(table)} for table in tables if table.explode]
    return ("fields", json.dumps(wanted).replace("-", "_")), ("order_by", order[0]), ("dir", "asc")


def _fields(table: TableSpec) -> list[Any]:
    paths = [*(column.path for column in table.key_columns), *table.source_updated_at]
    return list(dict.fromkeys(path for path in paths if not path.startswith(PARENT)))


def _settled(
    client: RESTClient, wire: RestWire, resource: ResourceSpec, tables: Sequence[TableSpec]
) -> list[Page] | None:
    """The pages of a reading that the next one confirms; None when all differ."""
    before, keys_before = list[Page](), None
    for _ in range(READINGS):
        pages, keys = list[Page](), list[Any]()
        for page in iterate_pages(client, wire, resource):
            pages.append(page.landed)
            keys += [_key(record, tables) for record in page.records]
        if keys_before is not None and keys[: len(keys_before)] == keys_before:
            return before
        before, keys_before = pages, keys
    return None


def _key(record: dict[str, Any], tables: Sequence[TableSpec]) -> list[Any]:
    """The key of a record and those of what is nested in it."""
    found: list[Any] = []
    for table in tables:
        nested = record.get(table.explode) if table.explode else [record]
        rows = [row for row in nested if isinstance(row, dict)] if isinstance(nested, list) else []
        found.append([[select(row, column.path) for column in table.key_columns] for row in rows])
    return found
