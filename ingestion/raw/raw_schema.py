"""The columns of every raw table: what the spec declares plus the columns each row carries.

The loader creates tables from here, the contract check fills them in this order, and the dbt sources are
compared with it.
"""

import pyarrow as pa

from ingestion.raw.arrow_types import arrow_schema
from ingestion.registry import SYSTEMS
from ingestion.spec import ColumnType, SystemSpec, TableSpec

Columns = tuple[tuple[str, ColumnType], ...]

ROW_COLUMNS: Columns = (
    ("_source_instance", "varchar"),
    ("_row_key", "varchar"),
    ("_version", "bigint"),
    ("_known_at", "timestamp"),
    ("_source_version", "bigint"),
    ("_source_updated_at", "timestamp"),
    ("_is_deleted", "boolean"),
    ("_record_hash", "bigint"),
    ("_batch_id", "varchar"),
    ("_file_name", "varchar"),
    ("_line_number", "bigint"),
    ("_extension", "varchar"),
)
# What only the loader knows of a row.
_LOADED = ("_source_instance", "_version", "_known_at", "_batch_id")
LOAD_ID: Columns = (("_dlt_load_id", "varchar"),)

REJECTED_ROW: Columns = (
    ("_source_instance", "varchar"),
    ("table_name", "varchar"),
    ("row_key", "varchar"),
    ("column_name", "varchar"),
    ("reason", "varchar"),
    ("payload", "varchar"),
    ("contract_version", "varchar"),
    ("_batch_id", "varchar"),
    ("_file_name", "varchar"),
    ("_line_number", "bigint"),
    ("_position", "bigint"),
    ("_known_at", "timestamp"),
    ("_record_hash", "varchar"),
)

CONCORD_TABLES: dict[str, Columns] = {
    "load_batch": (
        ("source_system", "varchar"),
        ("source_instance", "varchar"),
        ("batch_id", "varchar"),
        ("table_name", "varchar"),
        ("known_at", "timestamp"),
        ("landed_rows", "bigint"),
        ("new_version_rows", "bigint"),
        ("unchanged_rows", "bigint"),
        ("rejected_rows", "bigint"),
        ("late_rows", "bigint"),
        ("deleted_rows", "bigint"),
        ("status", "varchar"),
        ("contract_version", "varchar"),
        ("file_date", "date"),
    ),
    "verdict": (
        ("seq", "bigint"),
        ("run_id", "varchar"),
        ("known_at", "timestamp"),
        ("as_of", "date"),
        ("entity_type", "varchar"),
        ("source_instance", "varchar"),
        ("native_id", "varchar"),
        ("match_status", "varchar"),
        ("codes", "varchar"),
        ("fingerprint", "varchar"),
    ),
    "decision": (
        ("seq", "bigint"),
        ("decided_at", "timestamp"),
        ("actor", "varchar"),
        ("subject_type", "varchar"),
        ("subject_key", "varchar"),
        ("decision", "varchar"),
        ("reason", "varchar"),
        ("payload", "varchar"),
    ),
    "identity_event": (
        ("seq", "bigint"),
        ("event_id", "varchar"),
        ("event", "varchar"),
        ("subject_key", "varchar"),
        ("object_key", "varchar"),
        ("happened_at", "timestamp"),
        ("code", "varchar"),
        ("reason", "varchar"),
        ("via_key", "varchar"),
        ("weight", "varchar"),
        ("relationship", "varchar"),
        ("content_hash", "varchar"),
        ("model_version", "varchar"),
        ("evidence", "varchar"),
    ),
    "delivery": (
        ("posting_key", "varchar"),
        ("idempotency_key", "varchar"),
        ("target", "varchar"),
        ("entity", "varchar"),
        ("occurrence", "bigint"),
        ("business_key", "varchar"),
        ("payload_hash", "varchar"),
        ("payload", "varchar"),
        ("state", "varchar"),
        ("reference", "varchar"),
        ("first_ready_at", "timestamp"),
        ("updated_at", "timestamp"),
        ("attempts", "bigint"),
        ("refused_at", "timestamp"),
        ("manual_count", "bigint"),
    ),
}

_SCOPE: Columns = (
    ("supplier", "varchar"),
    ("facility", "varchar"),
    ("facility_type", "varchar"),
    ("entity", "varchar"),
    ("category", "varchar"),
    ("document_type", "varchar"),
)
_VALID: Columns = (("valid_from", "date"), ("valid_to", "date"))

SEEDS: dict[str, Columns] = {
    "system_of_record": (
        ("entity_scope", "varchar"),
        ("domain", "varchar"),
        ("attribute_group", "varchar"),
        ("source_instance", "varchar"),
        *_VALID,
        ("write_policy", "varchar"),
    ),
    "tolerance": (
        *_SCOPE,
        ("check_code", "varchar"),
        ("lower_abs", "decimal(18,6)"),
        ("lower_pct", "decimal(18,6)"),
        ("upper_abs", "decimal(18,6)"),
        ("upper_pct", "decimal(18,6)"),
        ("combine", "varchar"),
        ("action", "varchar"),
        *_VALID,
    ),
    "parameter": (("parameter_code", "varchar"), *_SCOPE, ("value", "varchar"), *_VALID),
    "uom": (
        ("uom_code", "varchar"),
        ("name", "varchar"),
        ("uom_class", "varchar"),
        ("is_integer", "boolean"),
        ("physical_factor", "decimal(18,8)"),
        ("physical_base_uom_code", "varchar"),
    ),
    "uom_alias": (
        ("source_system", "varchar"),
        ("source_instance", "varchar"),
        ("source_code", "varchar"),
        ("uom_code", "varchar"),
    ),
    "route": (
        ("code_pattern", "varchar"),
        ("entity_scope", "varchar"),
        ("owner_role", "varchar"),
        ("channel", "varchar"),
        ("sla_hours", "decimal(18,6)"),
        ("escalate_to", "varchar"),
    ),
    "tax_exemption": (
        ("legal_entity_code", "varchar"),
        ("region", "varchar"),
        ("category", "varchar"),
        ("is_exempt", "boolean"),
        ("rate", "decimal(18,8)"),
        *_VALID,
    ),
    "facility_tier": (
        ("facility_code", "varchar"),
        ("gpo_code", "varchar"),
        ("contract_number", "varchar"),
        ("tier_code", "varchar"),
        ("accepted_on", "date"),
        *_VALID,
    ),
    "account_rule": (
        ("rule_id", "varchar"),
        ("segment", "varchar"),
        ("value", "varchar"),
        ("entity", "varchar"),
        ("facility", "varchar"),
        ("cost_center", "varchar"),
        ("category", "varchar"),
        ("spend_type", "varchar"),
        ("supplier", "varchar"),
        *_VALID,
    ),
    "account_exclusion": (
        ("segment", "varchar"),
        ("prefix", "varchar"),
        ("other_segment", "varchar"),
        ("other_prefix", "varchar"),
        ("reason", "varchar"),
        *_VALID,
    ),
    "accrual_owner": (
        ("legal_entity_code", "varchar"),
        ("doc_class", "varchar"),
        ("account_code", "varchar"),
        ("offset_account_code", "varchar"),
        ("source_instance", "varchar"),
        *_VALID,
        ("materiality_floor", "decimal(18,2)"),
    ),
    "posting_owner": (
        ("legal_entity_code", "varchar"),
        ("doc_class", "varchar"),
        ("open_item_rule", "varchar"),
        ("target_instance", "varchar"),
        *_VALID,
    ),
    "sync_policy": (
        ("domain", "varchar"),
        ("attribute_group", "varchar"),
        ("criticality", "varchar"),
        ("mode", "varchar"),
        ("fresh_within_hours", "decimal(18,6)"),
        ("gate_severity", "varchar"),
        ("owner_role", "varchar"),
    ),
    "close_check": (
        ("check_code", "varchar"),
        ("owner_role", "varchar"),
        ("is_blocking", "boolean"),
        ("weight", "decimal(18,6)"),
        ("words", "varchar"),
    ),
}

LANDSCAPE_TABLES: dict[str, Columns] = {
    "run": (
        ("run_id", "varchar"),
        ("landscape", "varchar"),
        ("as_of", "date"),
        ("as_of_ends_at", "timestamp"),
        ("known_at", "timestamp"),
        ("currency", "varchar"),
        ("timezone", "varchar"),
        ("rule_set_version", "varchar"),
    ),
    "instance": (
        ("source_instance", "varchar"),
        ("source_system", "varchar"),
        ("environment", "varchar"),
        ("timezone", "varchar"),
        ("fresh_within_hours", "decimal(18,6)"),
        ("history_starts_on", "date"),
        ("last_loaded_at", "timestamp"),
        ("is_available", "boolean"),
        ("legal_entities", "varchar"),
    ),
    **SEEDS,
}


def table_columns(table: TableSpec) -> Columns:
    """Own columns, then the row columns, without `_dlt_load_id` (dlt adds it)."""
    return (*table.stored, *ROW_COLUMNS)


def checked_schema(table: TableSpec) -> pa.Schema:
    """What the contract check makes of the rows of a table, in its order."""
    given = (name for name, _ in ROW_COLUMNS if name not in _LOADED)
    kinds = dict(ROW_COLUMNS)
    return arrow_schema((*table.stored, *((name, kinds[name]) for name in given)))


def system_tables(system: SystemSpec) -> dict[str, Columns]:
    tables: dict[str, Columns] = {table.name: table_columns(table) for table in system.tables}
    tables["rejected_row"] = REJECTED_ROW
    return tables


def all_datasets() -> dict[str, dict[str, Columns]]:
    """Every raw dataset this version creates: dataset -> table -> columns, `_dlt_load_id` included."""
    datasets = {spec.dataset: system_tables(spec) for spec in SYSTEMS.values()}
    datasets["raw_concord"] = CONCORD_TABLES
    datasets["raw_landscape"] = LANDSCAPE_TABLES
    return {
        dataset: {table: (*columns, *LOAD_ID) for table, columns in tables.items()}
        for dataset, tables in datasets.items()
    }
