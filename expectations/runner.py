"""Runs one subject of a suite over an Arrow table in an ephemeral Great Expectations context.

Frames stay Arrow-backed, so decimals are compared exactly; failing rows come back as positions, which
costs a tenth of asking Great Expectations for their keys. It is called by the two gates only.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.results import Failure
from expectations.suites import Check, Subject

_SAMPLE = 5
_ONE_AT_A_TIME = threading.Lock()
_BOUNDS = ("min_value", "max_value", "value_set")


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check with the positions of its failing rows in `rows` (empty for table-level checks)."""

    failure: Failure
    rows: pa.Table
    positions: tuple[int, ...]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


class InFile(Protocol):
    """Rows of a table that is too large for memory, in a Parquet file."""

    @property
    def path(self) -> Path: ...

    @property
    def num_rows(self) -> int: ...


Rows: TypeAlias = pa.Table | InFile


def frame(subject: Subject, tables: Mapping[str, Rows]) -> pa.Table:
    """The rows of a subject: its table, or its SQL over the tables it reads.

    Of a table in a file only the columns that are looked at.
    """
    if subject.sql is not None:
        return query(subject.sql, {name: tables[name] for name in subject.reads})
    rows = tables[subject.table]
    if isinstance(rows, pa.Table):
        return rows
    columns = pq.read_schema(rows.path).names
    text = " ".join(check.where or "" for check in subject.checks)
    named = {subject.key, *(name for check in subject.checks for name in _columns(check))}
    return pq.read_table(rows.path, columns=[name for name in columns if name in named or name in text])


def query(sql: str, tables: Mapping[str, Rows]) -> pa.Table:
    """Runs SQL of a suite over Arrow tables or files of rows, by itself."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            if isinstance(rows, pa.Table):
                connection.register(name, rows)
            else:
                connection.read_parquet(str(rows.path)).create_view(name)
        return connection.sql(sql).to_arrow_table()


def _like(value: Any, kind: pa.DataType) -> Any:
    """A bound as written in YAML in the type of the column it bounds."""
    if pa.types.is_decimal(kind):
        return Decimal(str(value))
    if pa.types.is_timestamp(kind):
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if kind.tz else moment
    if pa.types.is_date(kind):
        return date.fromisoformat(str(value)[:10])
    return value


def _arguments(check: Check, rows: pa.Table) -> dict[str, Any]:
    arguments = dict(check.arguments or {})
    if check.column is None:
        return arguments
    kind = rows.schema.field(check.column).type
    for name in _BOUNDS:
        if name in arguments:
            bound = arguments[name]
            many = isinstance(bound, list)
            arguments[name] = [_like(one, kind) for one in bound] if many else _like(bound, kind)
    return arguments | {"column": check.column} | ({"mostly": check.mostly} if check.mostly < 1.0 else {})


def _columns(check: Check) -> list[str]:
    arguments = check.arguments or {}
    pair = [arguments[name] for name in ("column_A", "column_B") if name in arguments]
    return [name for name in (check.column, *pair, *arguments.get("column_list", ())) if name]


def _failure(
    check: Check, subject: Subject, count: int, keys: tuple[str, ...], observed: str | None
) -> Failure:
    return Failure(
        expectation=check.expectation,
        column=", ".join(_columns(check)) or None,
        table=subject.table,
        unexpected_count=count,
        sample_keys=keys,
        severity=check.severity,
        message=check.message,
        owner=check.owner,
        observed=observed,
    )


def _keys(rows: pa.Table, key: str, positions: list[int]) -> tuple[str, ...]:
    if not positions or key not in rows.column_names:
        return ()
    return tuple(str(value) for value in rows.column(key).take(positions).to_pylist() if value is not None)


def _batches(
    subject: Subject, rows: pa.Table, checks: tuple[Check, ...]
) -> Iterator[tuple[pa.Table, list[Check]]]:
    """The checks grouped by the rows they look at: all of them, or those of a `where`."""
    for condition in dict.fromkeys(check.where for check in checks):
        chosen = rows
        if condition:
            named = {subject.key, *(name for check in checks for name in _columns(check))}
            kept = ", ".join(f'"{name}"' for name in rows.column_names if name in named)
            chosen = query(f"select {kept} from rows where {condition}", {"rows": rows})
        judged = [c for c in checks if c.where == condition and chosen.num_rows >= c.from_rows]
        if judged:
            yield chosen, judged


def run_subject(subject: Subject, rows: pa.Table, checks: tuple[Check, ...]) -> list[Finding]:
    """Judges `checks` on `rows`; a column that is not there is a failure, never a pass.

    One at a time: Great Expectations keeps its context in a process-wide singleton.
    """
    absent = [check for check in checks if not set(_columns(check)) <= set(rows.column_names)]
    findings = [
        Finding(_failure(check, subject, rows.num_rows, (), "the column is not in the batch"), rows, ())
        for check in absent
    ]
    present = tuple(check for check in checks if check not in absent)
    if present:
        with _ONE_AT_A_TIME, _quiet():
            evaluate = _evaluator()
            for chosen, judged in _batches(subject, rows, present):
                findings.extend(_judge(evaluate, subject, chosen, judged))
    return findings


def _evaluator() -> Callable[[pa.Table, list[tuple[str, dict[str, Any]]]], list[Any]]:
    """An ephemeral context behind one function: expectations over rows in, results in their order out."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
    from great_expectations.expectations.registry import get_expectation_impl

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars={"globally": False},
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("batch").add_dataframe_asset("batch")
    definition = asset.add_batch_definition_whole_dataframe("all")

    def evaluate(rows: pa.Table, wanted: list[tuple[str, dict[str, Any]]]) -> list[Any]:
        batch = definition.get_batch({"dataframe": rows.to_pandas(types_mapper=pd.ArrowDtype)})
        suite = gx.ExpectationSuite("batch")
        # A suite keeps one of two equal expectations, so equal ones share a result.
        distinct = list(dict.fromkeys(repr(each) for each in wanted))
        for position, each in enumerate(distinct):
            name, arguments = next(asked for asked in wanted if repr(asked) == each)
            suite.add_expectation(get_expectation_impl(name)(**arguments, meta={"position": position}))
        form = {
            "result_format": "COMPLETE",
            "return_unexpected_index_query": False,
            "partial_unexpected_count": _SAMPLE,
        }
        results = batch.validate(suite, result_format=form).results
        ordered = sorted(results, key=lambda result: result.expectation_config.meta["position"])
        by_text = dict(zip(distinct, ordered, strict=True))
        return [by_text[repr(each)] for each in wanted]

    return evaluate


def _judge(
    evaluate: Callable[[pa.Table, list[tuple[str, dict[str, Any]]]], list[Any]],
    subject: Subject,
    rows: pa.Table,
    checks: list[Check],
) -> Iterator[Finding]:
    needed = list(dict.fromkeys(name for check in checks for name in _columns(check)))
    narrow = rows.select(needed or rows.column_names[:1])
    results = evaluate(narrow, [(check.expectation, _arguments(check, rows)) for check in checks])
    for check, result in zip(checks, results, strict=True):
        if result.success:
            continue
        raised = result.exception_info or {}
        trouble = raised.get("exception_message") or next(
            (each.get("exception_message") for each in raised.values() if isinstance(each, dict)), None
        )
        positions = [int(position) for position in result.result.get("unexpected_index_list") or ()]
        count = int(result.result.get("unexpected_count") or len(positions))
        observed = trouble or _observed(result.result)
        keys = _keys(rows, subject.key, positions[:_SAMPLE])
        yield Finding(_failure(check, subject, count, keys, observed), rows, tuple(positions))


def _observed(result: Mapping[str, Any]) -> str | None:
    if "observed_value" in result:
        return str(result["observed_value"])
    values = [str(value) for value in result.get("partial_unexpected_list") or ()]
    return ", ".join(values) or None


def has_rows(tables: Mapping[str, Rows], names: tuple[str, ...]) -> bool:
    return all(name in tables and tables[name].num_rows > 0 for name in names)


def text_keys(rows: pa.Table, key: str) -> list[str | None]:
    """The key column as text, null where a row has none."""
    return list(rows.column(key).cast(pa.string()).to_pylist())
