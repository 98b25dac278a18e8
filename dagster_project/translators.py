"""How dbt nodes become assets: key = [layer, name], group = domain, owner by domain; no model names."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

DOMAIN_OWNERS: Mapping[str, str] = {
    "item": "team:item_master",
    "unit": "team:item_master",
    "supplier": "team:vendor_master",
    "purchasing": "team:procurement",
    "receiving": "team:supply_chain",
    "supply_chain": "team:supply_chain",
    "invoicing": "team:accounts_payable",
    "payables": "team:accounts_payable",
    "payment": "team:accounts_payable",
    "accounts_payable": "team:accounts_payable",
    "matching": "team:accounts_payable",
    "apauto": "team:accounts_payable",
    "duplicate": "team:accounts_payable",
    "contract": "team:procurement",
    "contract_price": "team:procurement",
    "inventory": "team:item_master",
    "stewardship": "team:data_governance",
    "replication": "team:integration",
    "accrual": "team:finance",
    "ledger": "team:finance",
    "erp_cloud": "team:finance",
    "spend": "team:finance",
    "management": "team:finance",
}
DEFAULT_OWNER = "team:analytics_engineering"


class ConcordTranslator(DagsterDbtTranslator):
    """Adds group and owner from the folder a model lies in."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))
        self._specs: dict[tuple[int, str], dg.AssetSpec] = {}

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        # Asked for once a node and once a reference to it, of which there are eight times as many.
        known = (id(manifest), unique_id)
        if known not in self._specs:
            self._specs[known] = self._spec(manifest, unique_id, project)
        return self._specs[known]

    def _spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        if props["resource_type"] == "seed":
            return spec.replace_attributes(group_name="seeds", owners=[DEFAULT_OWNER])
        if props["resource_type"] != "model":
            return spec
        layer, domain = props["fqn"][1], props["fqn"][2]
        group = f"{layer}_{domain}" if layer in ("staging", "outbox") else domain
        return spec.replace_attributes(
            group_name=group, owners=[DOMAIN_OWNERS.get(domain, DEFAULT_OWNER)]
        ).merge_attributes(tags={"layer": layer})
