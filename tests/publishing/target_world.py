"""Deliveries to the sandbox's own targets, from rows as the outbox models make them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import sqlalchemy as sa
from delivery_world import StubGate, StubRun, StubVault

from ingestion.configuration.landscape import Instance, Landscape, TargetPublishing
from ingestion.registry import SYSTEMS
from ingestion.settings import Settings
from ingestion.state import StateStore
from publishing.delivery import Retry, deliver
from publishing.disclosure import Disclosure
from publishing.messages import State, Stream
from publishing.outbox import count_by_state
from publishing.protocols import Target
from publishing.reports import DeliveryReport
from publishing.targets import connect
from publishing.targets.inventory import ItemUom

ENTITIES = {
    "apauto": ("invoice_match_status",),
    "erp_cloud": ("supplier", "supplier_payment_block", "accrual_journal"),
    "procurement": ("contract_price",),
    "inventory": ("item_uom",),
}
TAX_ID = "912345678"
TOKEN = "tok_" + "a" * 60
_DECIMALS = {"amount": 2, "payable_amount": 2, "unit_price": 6, "min_quantity": 6, "factor": 8}
_DATES = {"posting_date", "reversal_date", "valid_from", "valid_to", "evaluated_as_of"}


def _row(target: str, name: str, **content: Any) -> dict[str, Any]:
    key = hashlib.sha256(f"{target}|{name}".encode()).hexdigest()
    own = {"posting_key": key, "business_key": name, "target_instance": target, "depends_on": None}
    made = {**own, **content}
    shown = sorted((column, str(value)) for column, value in made.items() if column not in own)
    return {"payload_hash": hashlib.sha256(repr(shown).encode()).hexdigest(), **made}


def key_of(target: str, name: str) -> str:
    return hashlib.sha256(f"{target}|{name}".encode()).hexdigest()


def match_status(name: str, **changed: Any) -> dict[str, Any]:
    content = {
        "source_instance": "apauto", "native_id": name, "legal_entity_code": "LH01", "invoice_id": name,
        "match_status": "MATCHED", "codes": "", "payable_amount": Decimal("10.00"), "currency_code": "USD",
        "rule_set_version": "1", "evaluated_as_of": date(2026, 6, 30), **changed,
    }  # fmt: skip
    return _row("apauto", name, **content)


def supplier(name: str, **changed: Any) -> dict[str, Any]:
    content = {
        "source_instance": "procurement", "native_id": name, "external_reference": f"procurement|{name}",
        "legal_name": f"{name} Medical, Inc.", "tax_id": TOKEN, "tax_id_type": "US1", "duns": "433631582",
        "payment_term_code": "NET30", "currency_code": "USD", "country_code": "US", "status": "ACTIVE",
        **changed,
    }  # fmt: skip
    return _row("erp_cloud", name, **content)


def journal(name: str, amount: str = "125.50", **changed: Any) -> dict[str, Any]:
    content = {
        "legal_entity_code": "LH01", "source_instance": "inventory", "native_id": name,
        "document_reference": key_of("erp_cloud", name)[:32], "posting_date": date(2026, 6, 30),
        "reversal_date": date(2026, 7, 1), "currency_code": "USD", "amount": Decimal(amount),
        "debit_account_code": "610100", "credit_account_code": "220000", "cost_center_code": "7000",
        "header_text": f"Receipt {name}", "po_number": "PO1", "po_line_number": "1",
        "reverses_reference": None, **changed,
    }  # fmt: skip
    return _row("erp_cloud", name, **content)


def payment_block(number: str, action: str = "BLOCK", code: str = "B") -> dict[str, Any]:
    return _row("erp_cloud", f"payments to {number}", supplier_number=number, action=action, block_code=code)


def reversal(name: str, amount: str = "125.50", **changed: Any) -> dict[str, Any]:
    original = key_of("erp_cloud", name)
    return journal(
        f"{name}|REV|1", amount, reverses_reference=original[:32], depends_on=original, reversal_date=None,
        debit_account_code="220000", credit_account_code="610100", **changed,
    )  # fmt: skip


def contract_price(name: str, price: str = "9.250000", **changed: Any) -> dict[str, Any]:
    content = {
        "external_ref": key_of("procurement", name)[:32], "contract_number": "LOC-4000",
        "supplier_number": "100200", "item_number": "400000", "manufacturer_part_number": "BR-5583-0000",
        "uom_code": "EA", "tier_code": None, "min_quantity": Decimal("1.000000"),
        "unit_price": Decimal(price), "currency_code": "USD", "valid_from": date(2026, 7, 15),
        "valid_to": date(2027, 7, 1), **changed,
    }  # fmt: skip
    return _row("procurement", name, **content)


def item_uom(name: str, factor: str = "12.00000000", **changed: Any) -> dict[str, Any]:
    content = {
        "item_number": "400000", "uom_code": "BX", "factor": Decimal(factor), "valid_from": date(2026, 2, 1),
        "valid_to": None, "reference": key_of("inventory", name)[:32], "decided_by": "ana", **changed,
    }  # fmt: skip
    return _row("inventory", name, **content)


MADE: Mapping[tuple[str, str], Callable[[str], dict[str, Any]]] = {
    ("apauto", "invoice_match_status"): match_status,
    ("erp_cloud", "supplier"): supplier,
    ("erp_cloud", "accrual_journal"): journal,
    ("procurement", "contract_price"): contract_price,
    ("inventory", "item_uom"): item_uom,
}


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    def kind(name: str) -> pa.DataType:
        if name in _DECIMALS:
            return pa.decimal128(18, _DECIMALS[name])
        return pa.date32() if name in _DATES else pa.string()

    return pa.Table.from_pylist(rows, pa.schema([(name, kind(name)) for name in rows[0]]))


@dataclass
class Publisher:
    """Delivers to the running sandbox as the runs of one home do."""

    home: Path
    endpoints: Mapping[str, Any]
    state_url: str
    vault: StubVault = field(default_factory=lambda: StubVault(**{TOKEN: TAX_ID}))
    mode: str = "live"
    settle: float = 0.3
    patience: float = 5.0
    calls: int = 0
    run: StubRun = field(init=False)

    def __post_init__(self) -> None:
        instances = {
            name: Instance(
                name=name, system=name, spec=SYSTEMS[name], environment="sandbox", timezone="UTC",
                connection={key: str(value) for key, value in self.endpoints[name].items()},
                fresh_within=timedelta(hours=24), history_starts_on=None, legal_entities=(),
            )
            for name in ENTITIES
        }  # fmt: skip
        publishing = {
            name: TargetPublishing.model_validate({"mode": self.mode, "entities": list(entities)})
            for name, entities in ENTITIES.items()
        }
        landscape = Landscape(
            name="test", directory=self.home, environment="sandbox", currency="USD", timezone="UTC",
            as_of=None, history_starts_on=None, token_key=None, instances=instances, publishing=publishing,
            seeds={},
        )  # fmt: skip
        self.run = StubRun(Settings(home=self.home), landscape, StateStore(self.state_url), self.vault)

    def __call__(self, target: str, entity: str, *rows: dict[str, Any], **gate: Any) -> DeliveryReport:
        self.calls += 1

        def connected(instance: Instance, name: str, disclosure: Disclosure) -> Target:
            if name == "item_uom":
                return ItemUom(instance.connection, settle=self.settle, patience=self.patience)
            return connect(instance, name, disclosure)

        made = list(rows) or [{**MADE[target, entity]("none"), "target_instance": "elsewhere"}]
        return deliver(
            dataclasses.replace(self.run, run_id=f"run-{self.calls}"), target, entity, as_table(made),
            gate=StubGate(**gate), connect=connected, actor="tester",
            retry=Retry(first_wait=0.01, longest_wait=0.2),
        )  # fmt: skip

    def book(self, target: str, kind: str) -> list[dict[str, Any]]:
        """Every write of that kind which the target ever accepted."""
        url = self.endpoints["control"]["url"]
        answer = httpx.get(f"{url}/_control/book", trust_env=False).json()
        found: list[dict[str, Any]] = answer[target][kind]
        return found


def reasons(publish: Publisher, state: State) -> list[str]:
    query = sa.text("select last_error from outbox_message where state = :state order by posting_key")
    with publish.run.state.engine.connect() as connection:
        return [row[0] for row in connection.execute(query, {"state": state})]


def states(publish: Publisher, target: str, entity: str) -> dict[str, int]:
    return {str(k): v for k, v in count_by_state(publish.run.state)[Stream(target, entity)].items()}
