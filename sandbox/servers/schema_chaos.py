"""A source that changes its contract: a field goes, changes its shape or takes a new value; another version.

Unlike the counters of `chaos.py` these hold for every record until they are switched off again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from sandbox.servers.records import Record

# How an answer names the version of its interface, by server.
VERSIONS: dict[str, tuple[str, str]] = {
    "procurement": ("X-API-Version", "R35"),
    "apauto": ("X-API-Version", "1"),
    "erp_cloud": ("DataServiceVersion", "2.0"),
    "workforce": ("X-API-Version", "v42.0"),
}
Change = Callable[[dict[str, Any], str], None]


def change_shape(records: list[Record], *, drop_field: str, retype_field: str, new_value: str) -> None:
    """Change every record that has the path; lists on the way are walked through."""
    if not (drop_field or retype_field or new_value):
        return
    records[:] = deepcopy(records)
    if drop_field:
        _at_path(records, drop_field.split("."), _drop)
    if retype_field:
        _at_path(records, retype_field.split("."), _wrap)
    if new_value:
        path, _, value = new_value.partition("=")

        def put(holder: dict[str, Any], name: str) -> None:
            holder[name] = value

        _at_path(records, path.split("."), put)


def _drop(holder: dict[str, Any], name: str) -> None:
    del holder[name]


def _wrap(holder: dict[str, Any], name: str) -> None:
    holder[name] = {"value": holder[name]}


def _at_path(node: Any, path: Sequence[str], change: Change) -> None:
    if isinstance(node, list):
        for each in node:
            _at_path(each, path, change)
    elif isinstance(node, dict) and path[0] in node:
        if len(path) == 1:
            change(node, path[0])
        else:
            _at_path(node[path[0]], path[1:], change)
