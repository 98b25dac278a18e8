"""Supplier masters as plain tables to the identity events they add: what a model of the warehouse calls.

Column names are those of the canonical model (supplier, site, bank account, identity event); where a table
comes from and where events are kept is the caller's business.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from matching.events import events_of, state_of
from matching.identity import Decision
from matching.profile import profiles_of
from matching.session import match

# Sites and accounts belong to a record by instance and supplier_id; lists in the order of their own ids.
_RECORDS = """
    with places as (
        select
            source_instance,
            supplier_id,
            list({line1: line1, line2: line2, city: city, region: region, postal_code: postal_code,
                country: country} order by site_id) filter (line1 is not null or postal_code is not null)
                as addresses,
            list(distinct phone order by phone) filter (phone is not null) as phones,
            list(distinct email order by email) filter (email is not null) as emails
        from site where not is_deleted group by all
    ),
    banks as (
        select
            source_instance,
            supplier_id,
            list(distinct coalesce(iban, routing_number || ':' || account_number)
                order by coalesce(iban, routing_number || ':' || account_number))
                filter (coalesce(iban, routing_number || ':' || account_number) is not null) as bank_accounts
        from account where not is_deleted group by all
    )
    select
        record_key, legal_name, dba_name, null::bigint as name_width, tax_id, tax_id_verdict,
        cast(cast(tax_id_near as json) as varchar[]) as tax_id_near, tax_country, raw_duns as duns, uei, npi,
        lei, addresses, phones, emails, bank_accounts
    from supplier
    left join places using (source_instance, supplier_id)
    left join banks using (source_instance, supplier_id)
    order by record_key
"""
# Whose key a golden supplier takes: a record that others were created from, one that others refer to, one
# that refers to nobody, then the first by instance and id.
_RANKS = """
    with referred as (
        select right_key as record_key, bool_or(origin = 'EXTERNAL_REFERENCE') as is_adopted
        from statement where origin in ('EXTERNAL_REFERENCE', 'CROSS_REFERENCE') group by right_key
    )
    select
        record_key,
        row_number() over (
            order by
                not coalesce(is_adopted, false),
                is_adopted is null,
                cross_reference_number is not null,
                source_instance,
                native_id
        ) as anchor_rank
    from supplier left join referred using (record_key)
"""
_STATEMENTS = """
    select seq, kind, left_key, right_key, actor, reason, decided_at, origin
    from statement order by seq, origin, left_key, right_key
"""
# The warehouse has exact numbers and times without a zone, which are UTC; evidence is for people.
_FROM_STORE = """
    select * exclude (evidence) replace (
        weight::double as weight, happened_at at time zone 'UTC' as happened_at
    )
    from event
"""
_TO_STORE = """
    select * replace (weight::decimal(18, 6) as weight, happened_at at time zone 'UTC' as happened_at)
    from added order by event, subject_key, event_id
"""


@dataclass(frozen=True)
class Masters:
    """Supplier records with their sites and accounts, what is said of pairs of them, and all events so far.

    Events are those of EVENT with `weight` as a decimal and times without a zone.
    """

    supplier: pa.Table
    site: pa.Table
    account: pa.Table
    statement: pa.Table
    event: pa.Table


def identity_events(connection: duckdb.DuckDBPyConnection, masters: Masters, at: datetime) -> pa.Table:
    """The events that these masters add at `at` (UTC), in the form of `masters.event`.

    None when nothing arrived, changed or was decided since. The connection is used up.
    """
    connection.execute("set timezone = 'UTC'")
    for name in ("supplier", "site", "account", "statement", "event"):
        connection.register(name, getattr(masters, name))
    decisions = tuple(Decision(*row) for row in connection.sql(_STATEMENTS).fetchall())
    ranks = dict(connection.sql(_RANKS).fetchall())
    state = state_of(connection.sql(_FROM_STORE).to_arrow_table(), decisions)
    profiles = profiles_of(connection.sql(_RECORDS).to_arrow_table())
    found = match(connection, profiles, state, at, anchor_ranks=ranks)
    connection.register("added", events_of(found.outcome, found.pairs))
    return connection.sql(_TO_STORE).to_arrow_table()
