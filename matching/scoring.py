"""Scores pairs of records and keeps with each pair all that led to its score.

Needs the table `profile` on the connection; everything else is made here. The same profiles, census, model
and policy give the same pairs, whatever the order of rows, the threads or the way (all at once, or what
arrived against the rest).
"""

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from matching import census as counts
from matching.blocking import RULES, Blocked, block
from matching.comparisons import COMPARISONS, level_names
from matching.evidence import shown_sql
from matching.gate import IS_CONFLICT, band_sql, gate_sql, relationship_sql
from matching.model import Model, load_model
from matching.policy import DEFAULT, Policy
from matching.splink_session import linker_of

# One row per pair, left_key < right_key. `contributions` is JSON: comparison, level, weight, both values.
PAIR = pa.schema(
    [
        pa.field("left_key", pa.string(), nullable=False),
        pa.field("right_key", pa.string(), nullable=False),
        ("weight", pa.float64()),
        ("prior_weight", pa.float64()),
        ("band", pa.string()),
        ("gate", pa.string()),
        ("relationship", pa.string()),
        ("is_conflict", pa.bool_()),
        ("blocking_rule", pa.string()),
        ("model_version", pa.string()),
        ("census_version", pa.string()),
        ("contributions", pa.string()),
    ]
)


@dataclass(frozen=True)
class Scored:
    """Pairs of the bands MERGE and REVIEW in the shape of PAIR, ordered by keys, and how they were found."""

    pairs: pa.Table
    blocked: Blocked


def score(
    connection: duckdb.DuckDBPyConnection,
    census: pa.Table,
    model: Model | None = None,
    policy: Policy = DEFAULT,
    arrived: list[str] | None = None,
) -> Scored:
    """All pairs of `profile`, or only those that hold one of the `arrived` record keys."""
    used = model or load_model()
    if arrived is not None:
        connection.register("arrived", pa.table({"record_key": pa.array(arrived, pa.string())}))
    connection.register("census", census)
    [(rows,)] = connection.sql("select count(*) from profile").fetchall()
    blocked = block(connection, only_new=arrived is not None)
    if not blocked.pairs:
        return Scored(PAIR.empty_table(), blocked)
    linker = linker_of(connection, used.settings_for(rows), table="weighed")
    api = linker._db_api
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked_pairs"))
    predicted = linker.inference.predict(threshold_match_weight=policy.review_from, warning_mode="never")
    version = {"model_version": used.version, "census_version": counts.version_of(census)}
    pairs = connection.sql(_pairs_sql(predicted.physical_name, policy, version)).to_arrow_table()
    predicted.drop_table_from_database_and_remove_from_cache()
    return Scored(pairs.cast(PAIR), blocked)


def _pairs_sql(predicted: str, policy: Policy, version: dict[str, str]) -> str:
    weights = " + ".join(f"{column}" for name, _, _ in COMPARISONS for column in _weight_columns(name))
    rules = "[" + ", ".join(f"'{rule.name}'" for rule in RULES) + "]"
    contributions = ", ".join(
        f"{{comparison: '{name}', level: {_level_sql(name)}, weight: {' + '.join(_weight_columns(name))},"
        f" left_value: {shown_sql(name, 'l')}, right_value: {shown_sql(name, 'r')}}}"
        for name, _, _ in COMPARISONS
    )
    return f"""
        with weighted as (
            select *, match_weight - ({weights}) as prior_weight, match_weight as weight,
                {IS_CONFLICT} as is_conflict, {gate_sql()} as gate
            from {predicted}
        ),
        banded as (select *, {band_sql(policy)} as band from weighted),
        kept as (select *, {relationship_sql()} as relationship from banded where band <> 'DISTINCT')
        select
            record_key_l as left_key, record_key_r as right_key, weight, prior_weight, band, gate,
            relationship, is_conflict, {rules}[cast(match_key as integer) + 1] as blocking_rule,
            '{version["model_version"]}' as model_version, '{version["census_version"]}' as census_version,
            cast(to_json([{contributions}]) as varchar) as contributions
        from kept order by left_key, right_key
    """


def _weight_columns(comparison: str) -> list[str]:
    adjusted = [f"mw_tf_adj_{comparison}"] if comparison == "name" else []
    return [f"mw_{comparison}", *adjusted]


def _level_sql(comparison: str) -> str:
    cases = " ".join(f"when {gamma} then '{name}'" for gamma, name in level_names(comparison).items())
    return f"case gamma_{comparison} {cases} end"
