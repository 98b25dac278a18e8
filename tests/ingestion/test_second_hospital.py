"""One more hospital joins the demo by entries and seeds alone: its documents stand beside the first's."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.runs import start_run
from ingestion.settings import load_settings
from sandbox.generate import generate
from sandbox.serve import Sandbox
from tests.conftest import ROOT
from tests.dbt_runs import build

pytestmark = pytest.mark.slow
DEMO = ROOT / "landscapes" / "demo"
# One group: the same suppliers and items, documents of their own.
SEED, LINES = 31, {"CONCORD": 150, "NORTH": 190}
# The second hospital runs four of the applications, numbers orders, receipts and cost centers as the first,
# and even calls its legal entities alike, which its entries put right.
SECOND = """\
  procurement_north:
    system: procurement
    connection:
      url: ${NORTH_PROCUREMENT_URL}
      client_id: ${NORTH_PROCUREMENT_CLIENT_ID}
      client_secret: ${NORTH_PROCUREMENT_CLIENT_SECRET}
    legal_entities: [NH01, NH02]
    history_starts_on: 2025-01-01
    columns:
      purchase_order:
        custom_fields_legal_entity: {rewrite: [^LH, NH]}
  apauto_north:
    system: apauto
    connection:
      url: ${NORTH_APAUTO_URL}
      api_key: ${NORTH_APAUTO_API_KEY}
      api_secret: ${NORTH_APAUTO_API_SECRET}
    legal_entities: [NH01, NH02]
    history_starts_on: 2025-01-01
    columns:
      invoice:
        company_code: {rewrite: [^LH, NH]}
        # Simulated suppliers and scanners count for each hospital alone; real ones do not.
        invoice_number: {rewrite: ["^(.)", 'NORTH-\\1']}
        document_hash: {rewrite: ["^(.)", 'north-\\1']}
  inventory_north:
    system: inventory
    connection:
      host: ${NORTH_INVENTORY_HOST}
      port: ${NORTH_INVENTORY_PORT}
      user: ${NORTH_INVENTORY_USER}
      password: ${NORTH_INVENTORY_PASSWORD}
      host_key: ${NORTH_INVENTORY_HOST_KEY}
    legal_entities: [NH01, NH02]
    history_starts_on: 2025-01-01
  erp_cloud_north:
    system: erp_cloud
    connection:
      url: ${NORTH_ERP_CLOUD_URL}
      user: ${NORTH_ERP_CLOUD_USER}
      password: ${NORTH_ERP_CLOUD_PASSWORD}
    legal_entities: [NH01]
    history_starts_on: 2025-01-01
    columns:
      supplier_invoice:
        company_code: {rewrite: [^LH, NH]}
        supplier_invoice_id_by_invcg_party: {rewrite: ["^(.)", 'NORTH-\\1']}
""" + "".join(
    f"      {table}:\n        company_code: {{rewrite: [^LH, NH]}}\n"
    for table in ("company_code", "plant", "cost_center", "purchase_order", "ap_item", "journal_entry_item")
)
# Who is the system of record of its documents, and who holds copies.
OWNERS = """\
,purchase_order,document,procurement_north,,,MASTER
,receipt,document,inventory_north,,,MASTER
,invoice,document,apauto_north,,,MASTER
NH01,purchase_order,document,erp_cloud_north,,,REPLICA
NH01,receipt,document,erp_cloud_north,,,REPLICA
NH01,invoice,document,erp_cloud_north,,,REPLICA
NH01,payment,document,erp_cloud_north,,,MASTER
"""


class Served(NamedTuple):
    """The warehouse with both hospitals in it, and how many rows were rejected on the way."""

    warehouse: Path
    rejected: int

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def onboarded(folder: Path) -> Path:
    """The demo's landscape with the second hospital's entries and seed rows, and nothing else."""
    landscape = folder / "landscape"
    shutil.copytree(DEMO, landscape)
    before, publishing, after = (landscape / "landscape.yaml").read_text().partition("\npublishing:")
    (landscape / "landscape.yaml").write_text(f"{before}{SECOND}{publishing}{after}")
    with (landscape / "seeds" / "system_of_record.csv").open("a") as file:
        file.write(OWNERS)
    return landscape


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hospitals")
    landscape = onboarded(folder)
    worlds = {name: folder / name for name in LINES}
    for name, world in worlds.items():
        generate(SEED, LINES[name], "none", None, world)
    with Sandbox(worlds["CONCORD"], 0) as first, Sandbox(worlds["NORTH"], 0) as second:
        environ = {"CONCORD_TOKEN_KEY": "0" * 64, **first.endpoints["environment"]}
        north = second.endpoints["environment"]
        environ |= {name.replace("CONCORD_", "NORTH_", 1): value for name, value in north.items()}
        settings = load_settings({}, home=folder / "home", landscape_dir=landscape)
        run = start_run(settings, load_landscape(landscape, environ))
        try:
            for name in run.landscape.instances:
                report = pipelines.land(run, name)
                assert report.is_complete, f"{name}: {report.message} {report.refusals}"
                for batch in pipelines.pending_batches(run, name):
                    rest, _ = pipelines.hold_parts(run, batch)
                    assert rest is not None
                    pipelines.accept_batch(run, rest)
            systems = dict.fromkeys(instance.system for instance in run.landscape.instances.values())
            rejected = sum(pipelines.load_system(run, system).rejected_rows for system in systems)
            pipelines.load_landscape(run)
        finally:
            run.state.close()
    build(settings, "+mart_spend +fct_receipt_line +mart_invoice_match +fct_purchase_order_line", "select 1")
    yield Served(settings.warehouse_path, rejected)


def test_every_document_of_both_arrives_once(served: Served) -> None:
    """Orders and receipts have the same numbers in both hospitals; none is lost or taken for a copy."""
    assert served.rejected == 0
    for fact, canonical, owner in (
        ("fct_purchase_order_line", "can_purchase_order_line", "procurement"),
        ("fct_receipt_line", "can_receipt_line", "inventory"),
        ("fct_invoice_line", "can_invoice_line", "apauto"),
    ):
        rows = "select source_instance, count(*) from {} group by all order by all"
        found = served.rows(rows.format(f"conformed.{fact}"))
        owners = f"canonical.{canonical} where source_instance in ('{owner}', '{owner}_north')"
        assert found == served.rows(rows.format(owners)) and len(found) == 2
    assert served.rows("select count(*) from conformed.fct_purchase_order_line") == [(sum(LINES.values()),)]
    for number, table in (("po_number", "purchase_order"), ("receipt_number", "receipt_line")):
        shared = (
            f"select count(*) from (select {number} from canonical.can_{table} group by all"
            " having count(distinct source_instance) filter (where source_system in"
            " ('procurement', 'inventory')) = 2)"
        )
        assert served.rows(shared)[0][0] > 20


def test_each_document_keeps_to_its_own_hospital(served: Served) -> None:
    assert served.rows(
        "select r.source_instance, o.source_instance, count(*) > 100 from conformed.fct_receipt_line as r"
        " left join conformed.fct_purchase_order_line as o using (purchase_order_line_key) group by 1, 2"
        " union all select i.source_instance, o.source_instance, count(*) > 100"
        " from conformed.fct_invoice_line as i"
        " left join conformed.fct_purchase_order_line as o using (purchase_order_line_key) group by 1, 2"
        " order by 1"
    ) == [
        ("apauto", "procurement", True),
        ("apauto_north", "procurement_north", True),
        ("inventory", "procurement", True),
        ("inventory_north", "procurement_north", True),
    ]


def test_two_clean_hospitals_stay_clean_beside_each_other(served: Served) -> None:
    sql = "select distinct source_instance, match_status, codes from marts.mart_invoice_match order by all"
    assert served.rows(sql) == [("apauto", "MATCHED", ""), ("apauto_north", "MATCHED", "")]


def test_spend_of_each_is_the_gross_of_its_invoices(served: Served) -> None:
    spend = served.rows(
        "select source_instance, sum(spend_amount) from marts.mart_spend group by 1 order by 1"
    )
    assert spend == served.rows(
        "select source_instance, sum(gross_amount) from canonical.can_invoice where source_system = 'apauto'"
        " group by 1 order by 1"
    )
    assert all(amount > Decimal(100_000) for _, amount in spend)
    # A code of both hospitals is a cost center of each, and so every row of spend finds its own.
    assert served.rows(
        "select left(legal_entity_code, 2), count(distinct cost_center_code), count(distinct cost_center_key)"
        " from conformed.dim_cost_center group by 1 order by 1"
    ) == [("LH", 119, 119), ("NH", 119, 119)]
    assert served.rows("select count(*) from marts.mart_spend where cost_center_name is null") == [(0,)]
