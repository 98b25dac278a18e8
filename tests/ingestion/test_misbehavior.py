"""Every misbehavior of the sandbox's APIs against a real load: complete at last, or reported and left alone.

Coupa-shaped REST with OAuth2, REST with a rotating token and OData misbehave together; files, SOAP, webhooks
and the database have theirs beside their own wires.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.transports import rest
from sandbox.generate import generate
from sandbox.serve import Sandbox
from tests.ingestion.conftest import Harness

pytestmark = pytest.mark.slow
INSTANCES = """
  buy:
    system: procurement
    connection: {url: '${BUY}', client_id: '${CLIENT}', client_secret: '${SECRET}'}
  ap:
    system: apauto
    connection: {url: '${AP}', api_key: '${KEY}', api_secret: '${API_SECRET}'}
  erp:
    system: erp_cloud
    connection: {url: '${ERP}', user: '${ERP_USER}', password: '${ERP_PASSWORD}'}
"""
SYSTEMS = {"buy": "procurement", "ap": "apauto", "erp": "erp_cloud"}
TABLES = (
    *("procurement.purchase_order", "procurement.purchase_order_line", "apauto.invoice"),
    *("apauto.invoice_line", "erp_cloud.plant", "erp_cloud.gl_account"),
)
OWN = "_known_at, _batch_id, _dlt_load_id, _file_name, _line_number, _version"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("misbehaving")
    generate(5, 80, "none", None, folder)
    with Sandbox(folder, 0) as running:
        yield running


def make_home(folder: Path, sandbox: Sandbox) -> Harness:
    buy, ap, erp = (sandbox.endpoints[system] for system in SYSTEMS.values())
    environ = {
        **{"BUY": buy["url"], "CLIENT": buy["client_id"], "SECRET": buy["client_secret"]},
        **{"AP": ap["url"], "KEY": ap["api_key"], "API_SECRET": ap["api_secret"]},
        **{"ERP": erp["url"], "ERP_USER": erp["user"], "ERP_PASSWORD": erp["password"]},
    }
    return Harness(folder, INSTANCES.removeprefix("\n"), environ)


def rows(home: Harness) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: home.query(f"select * exclude ({OWN}) from raw_{name} order by all") for name in TABLES
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What a load gives when everybody behaves."""
    home = make_home(tmp_path_factory.mktemp("whole"), sandbox)
    home.refresh()
    found = rows(home)
    home.close()
    assert all(found.values())
    return found


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    monkeypatch.setattr(rest, "BACKOFF", 0.001)
    monkeypatch.setattr(rest, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(rest, "READ_SECONDS", 2.0)
    made = make_home(tmp_path, sandbox)
    yield made
    made.close()
    for system in SYSTEMS.values():
        sandbox.chaos(system, reset=True)


PASSING: dict[str, Any] = {
    **{"fail_next": 1, "throttle_next": 1, "retry_after": 0, "slow_next": 1, "slow_seconds": 3.0},
    **{"truncate_pages": 1, "repeat_records": 3, "reorder_pages": 3, "expire_tokens": True},
}
Rows = dict[str, list[tuple[Any, ...]]]


def test_what_passes_is_waited_for_and_loads_everything_once(
    home: Harness, sandbox: Sandbox, whole: Rows
) -> None:
    for system in SYSTEMS.values():
        sandbox.chaos(system, **PASSING)
    landed, _ = home.refresh()
    assert all(report.is_complete for report in landed.values()), landed
    assert rows(home) == whole


def test_what_does_not_pass_is_reported_and_keeps_what_was_loaded(
    home: Harness, sandbox: Sandbox, whole: Rows
) -> None:
    sandbox.chaos("procurement", fail_next=10_000)
    sandbox.chaos("erp_cloud", down=True)
    landed, _ = home.refresh()
    assert [name for name, report in landed.items() if not report.is_available] == ["buy", "erp"]
    assert "answered 500" in landed["buy"].message and "nothing answers" in landed["erp"].message
    found = rows(home)
    for table, expected in whole.items():
        assert found[table] == (expected if table.startswith("apauto") else [])
    for system in SYSTEMS.values():
        sandbox.chaos(system, reset=True)
    assert all(report.is_complete for report in home.refresh()[0].values())
    assert rows(home) == whole
    sandbox.chaos("apauto", down=True)
    assert not home.refresh()[0]["ap"].is_available
    assert rows(home) == whole


def test_another_shape_holds_its_table_until_it_is_put_right(
    home: Harness, sandbox: Sandbox, whole: Rows
) -> None:
    sandbox.chaos("procurement", drop_field="po-number")
    sandbox.chaos("apauto", retype_field="gross_amount")
    sandbox.chaos("erp_cloud", api_version="4.0")
    landed, _ = home.refresh()
    assert all(report.is_available for report in landed.values())
    found = rows(home)
    for table in ("procurement.purchase_order", "apauto.invoice", "erp_cloud.plant"):
        assert found[table] == [], "a table that broke its contract is half loaded"
    assert home.query("select count(*) > 0 from raw_procurement.supplier") == [(True,)]
    for system in SYSTEMS.values():
        sandbox.chaos(system, reset=True)
    home.refresh()
    assert rows(home) == whole
