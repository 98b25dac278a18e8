"""Builds the Dagster definitions of a HOME with every socket blocked and prints what they are, as JSON.

Run by `test_definitions` in a process of its own, so that what gets imported can be told.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn


class NetworkUsedError(Exception):
    """Something opened a connection while definitions were loading."""


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise NetworkUsedError


def block_network() -> None:
    """Refuses to connect, to listen and to look up names."""
    for name in ("connect", "connect_ex", "bind", "sendto"):
        setattr(socket.socket, name, _refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        setattr(socket, name, _refuse)


def describe(home: Path) -> dict[str, Any]:
    """Assets and checks by what an operator sees of them."""
    from dagster_project.build import build_definitions
    from ingestion.settings import load_settings

    graph = build_definitions(load_settings({}, home=home)).resolve_asset_graph()
    assets = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assets[key.to_user_string()] = {
            "owners": list(node.owners),
            "group": node.group_name,
            "description": node.description,
            "kinds": sorted(node.kinds),
            "is_external": node.is_external,
        }
    checks = [
        {
            "asset": key.asset_key.to_user_string(),
            "name": key.name,
            "is_blocking": bool(graph.get(key).blocking),
        }
        for key in graph.asset_check_keys
    ]
    return {
        "assets": assets,
        "checks": checks,
        "loaded": sorted(name for name in sys.modules if "." not in name),
    }


if __name__ == "__main__":
    block_network()
    try:
        socket.create_connection(("127.0.0.1", 1))
    except NetworkUsedError:
        print(json.dumps(describe(Path(sys.argv[1]))))
