"""The recorded samples of every application: they keep the contract, and a credit comes out negative."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from concord.contract_check import content_changes, read_payloads
from ingestion import pipelines, systems
from ingestion.formats.content import InMemory
from ingestion.landing_copy.landing import LandedFile, Payload, write_batch
from ingestion.registry import SYSTEMS
from tests.dbt_runs import run_models
from tests.ingestion.conftest import Harness

ROOT = Path(next(iter(systems.__path__)))
SAMPLED = tuple(sorted(SYSTEMS))
# The columns that tell the kinds of a document apart, and the kinds that a sample must have.
KINDS = {
    ("apauto", "invoice", "document_type"): {"INVOICE", "CREDIT_MEMO"},
    ("erp_cloud", "supplier_invoice", "supplier_invoice_is_credit_memo"): {True, False},
    ("erp_cloud", "material_document_item", "goods_movement_type"): {"101", "122", "102"},
    ("erp_cloud", "journal_entry_item", "debit_credit_code"): {"S", "H"},
    ("erp_legacy", "voucher", "voucher_style"): {"REG", "ADJ"},
    ("erp_legacy", "recv_ln_ship", "recv_type"): {"R", "T", "V"},
    ("inventory", "receipt", "transaction_type"): {"RECEIPT", "RETURN", "VOID"},
    ("feed", "invoice", "invoice_type"): {"INVOICE", "CREDIT", "DEBIT"},
    ("feed", "receipt_line", "receipt_type"): {"RECEIPT", "RETURN", "VOID"},
    ("distributor", "invoice", "invoice_type"): {"DI", "CR"},
    ("distributor", "transaction_set", "set_code"): {"810", "832", "850", "855", "856", "997"},
}


def landscape() -> str:
    lines = []
    for system in SAMPLED:
        names = (name.partition(" or ")[0] for name in SYSTEMS[system].connection_required)
        needed = ", ".join(f"{name}: '${{ANY}}'" for name in names)
        lines.append(f"  {system}:\n    system: {system}\n    connection: {{{needed}}}\n")
    return "".join(lines)


@pytest.fixture
def home(harness: Callable[..., Harness]) -> Harness:
    return harness(landscape(), {"ANY": "1"})


@pytest.mark.parametrize("system", SAMPLED)
def test_samples_keep_the_contract(home: Harness, system: str) -> None:
    spec = SYSTEMS[system]
    content, unknown = read_payloads(home.run(), system, ROOT / system / "samples")
    assert unknown == () and content is not None and content.rejected == ()
    assert [str(change) for change, _ in content_changes(spec, content)] == []
    assert {name for name, rows in content.tables.items() if rows.num_rows} == {
        table.name for table in spec.tables
    }
    for (owner, table, column), kinds in KINDS.items():
        if owner == system:
            assert set(content.tables[table].column(column).to_pylist()) >= kinds


@pytest.mark.slow
def test_a_credit_and_a_return_of_every_source_are_negative(home: Harness, tmp_path: Path) -> None:
    """Domain rules 3.0.6: whatever sign a source sends, canonical credits and returns are negative."""
    run = home.run()
    for system in SAMPLED:
        content, _ = read_payloads(run, system, ROOT / system / "samples")
        assert content is not None
        batch = write_batch(
            run.settings.landing_dir,
            batch_id="samples",
            instance=system,
            system=system,
            run_id=run.run_id,
            known_at=run.started_at,
            payloads=[_payload(system, file) for file in content.batch.files],
            cursors={},
        )
        run.state.save_batch(batch)
        pipelines.accept_batch(run, batch)
        pipelines.load_system(run, system)
    pipelines.load_landscape(run)
    models = ("+can_invoice", "+can_invoice_line", "+can_supplier_bill", "+can_receipt_line")
    run_models(run.settings.warehouse_path, tmp_path, *models)
    with duckdb.connect(str(run.settings.warehouse_path), read_only=True) as connection:
        credits = connection.execute(
            "select source_system, max(gross_amount) from ("
            " select source_system, invoice_type, gross_amount from canonical.can_invoice union all"
            " select source_system, invoice_type, gross_amount from canonical.can_supplier_bill)"
            " where invoice_type = 'CREDIT' group by all order by 1"
        ).fetchall()
        lines = connection.execute(
            "select l.line_amount from canonical.can_invoice_line as l inner join canonical.can_invoice as i"
            " on l.invoice_id = i.native_id and l.source_system = i.source_system"
            " where i.invoice_type = 'CREDIT' and i.source_system in ('apauto', 'feed', 'uk_spend')"
        ).fetchall()
        returns = connection.execute(
            "select source_system, max(quantity) from canonical.can_receipt_line"
            " where receipt_type in ('RETURN', 'VOID') group by all order by 1"
        ).fetchall()
        receipts = connection.execute(
            "select min(quantity) from canonical.can_receipt_line where receipt_type = 'RECEIPT'"
        ).fetchall()
    assert [system for system, _ in credits] == [
        *("apauto", "distributor", "erp_cloud", "erp_legacy", "feed", "uk_spend")
    ]
    assert all(amount < 0 for _, amount in credits) and dict(credits)["uk_spend"] == Decimal("-250.00")
    assert len(lines) >= 3 and all(amount < 0 for (amount,) in lines)
    assert [system for system, _ in returns] == ["erp_cloud", "erp_legacy", "feed", "inventory"]
    assert all(quantity < 0 for _, quantity in returns) and receipts[0][0] > 0


def _payload(system: str, file: LandedFile) -> Payload:
    content = (ROOT / system / "samples" / file.source_name).read_bytes()
    return Payload(file.source_name, file.resource, InMemory(content), source_name=file.source_name)
