"""Every system this version knows, by name. Adding an application is its folder and one line here."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.spec import SystemSpec
from ingestion.systems.apauto.spec import SPEC as APAUTO
from ingestion.systems.distributor.spec import SPEC as DISTRIBUTOR
from ingestion.systems.erp_cloud.spec import SPEC as ERP_CLOUD
from ingestion.systems.erp_legacy.spec import SPEC as ERP_LEGACY
from ingestion.systems.feed.spec import SPEC as FEED
from ingestion.systems.inventory.spec import SPEC as INVENTORY
from ingestion.systems.procurement.spec import SPEC as PROCUREMENT
from ingestion.systems.sourcing.spec import SPEC as SOURCING
from ingestion.systems.uk_spend.spec import SPEC as UK_SPEND
from ingestion.systems.workforce.spec import SPEC as WORKFORCE

SYSTEMS: dict[str, SystemSpec] = {
    spec.name: spec
    for spec in (
        *(PROCUREMENT, APAUTO, INVENTORY, ERP_CLOUD, ERP_LEGACY, SOURCING, DISTRIBUTOR, WORKFORCE, UK_SPEND),
        FEED,
    )
}


@contextmanager
def in_force(spec: SystemSpec) -> Iterator[None]:
    """For the block, `spec` is the contract of its application: every instance of it is read by this one."""
    shipped = SYSTEMS[spec.name]
    SYSTEMS[spec.name] = spec
    try:
        yield
    finally:
        SYSTEMS[spec.name] = shipped
