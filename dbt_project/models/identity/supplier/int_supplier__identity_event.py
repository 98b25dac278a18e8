"""One row per thing that this run finds out or asks about who is who among suppliers (domain_rules 3.7).

The rules stand in `matching`; this hands it the tables of the warehouse and the time of the run.
"""

from matching.masters import Masters, identity_events
from matching.splink_session import connected


def model(dbt, session):  # type: ignore[no-untyped-def]
    """What matching adds to the events of earlier runs; nothing when nothing arrived or was decided."""
    masters = Masters(
        supplier=dbt.ref("int_supplier__record").to_arrow_table(),
        site=dbt.ref("can_supplier_site").to_arrow_table(),
        account=dbt.ref("can_supplier_bank_account").to_arrow_table(),
        statement=dbt.ref("int_supplier__statement").to_arrow_table(),
        event=dbt.ref("can_identity_event").to_arrow_table(),
    )
    [(known_at,)] = dbt.ref("stg_landscape__run").aggregate("max(known_at) at time zone 'UTC'").fetchall()
    with connected() as connection:
        found = identity_events(connection, masters, known_at)
    return found
