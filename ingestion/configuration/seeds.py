"""A landscape's governed parameters (`seeds/*.csv`): read, validated by header and value, typed.

A wrong column or value, or a row that contradicts another (`seed_rules.py`), is a `LandscapeError` with file,
line and column. A missing file is the default of `defaults/` where there is one, else an empty table.
What the values mean is the business of the dbt models that read them.
"""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.configuration.landscape_file import LandscapeError
from ingestion.configuration.seed_rules import contradictions
from ingestion.raw.arrow_types import arrow_schema, arrow_type
from ingestion.raw.raw_schema import SEEDS, Columns
from ingestion.spec import ColumnType

# The published header of a tolerance file says `check`, which SQL reserves.
HEADER_NAMES = {"check": "check_code"}
DEFAULTS = Path(__file__).parents[1] / "defaults"


def read_seeds(directory: Path) -> dict[str, pa.Table]:
    """Every seed table of this version, typed; raises with all complaints found."""
    complaints: list[str] = []
    tables = {name: _read(_file(directory, name), columns, complaints) for name, columns in SEEDS.items()}
    known = {f"{name}.csv" for name in SEEDS}
    for path in sorted(directory.glob("*.csv")):
        if path.name not in known:
            complaints.append(f"{path}: unknown seed file; allowed: {', '.join(sorted(known))}")
    if complaints:
        raise LandscapeError(complaints)
    return tables


def _file(directory: Path, name: str) -> Path:
    own = directory / f"{name}.csv"
    return own if own.is_file() else DEFAULTS / f"{name}.csv"


def _read(path: Path, columns: Columns, complaints: list[str]) -> pa.Table:
    schema = arrow_schema(columns)
    if not path.is_file():
        return schema.empty_table()
    types = dict(columns)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = [HEADER_NAMES.get(name.strip(), name.strip()) for name in next(reader, [])]
        unknown = [name for name in header if name not in types]
        if unknown:
            complaints.append(f"{path}:1: unknown column {unknown[0]!r}; allowed: {', '.join(types)}")
            return schema.empty_table()
        values: dict[str, list[Any]] = {name: [] for name in types}
        lines: list[int] = []
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                complaints.append(f"{path}:{reader.line_num}: {len(row)} values for {len(header)} columns")
                continue
            cells = dict(zip(header, row, strict=True))
            lines.append(reader.line_num)
            for name, kind in types.items():
                try:
                    values[name].append(_value(cells.get(name, ""), kind))
                except ValueError as error:
                    complaints.append(f"{path}:{reader.line_num}: column {name}: {error}")
                    values[name].append(None)
    table = pa.table(
        {name: pa.array(values[name], arrow_type(kind)) for name, kind in columns}, schema=schema
    )
    said = contradictions(path.stem, list(zip(lines, table.to_pylist(), strict=True)))
    complaints += (f"{path}:{line}: {words}" for line, words in said)
    return table


def _value(cell: str, kind: ColumnType) -> Any:
    text = cell.strip()
    if not text:
        return None
    if kind.startswith("decimal"):
        return _decimal(text, kind)
    parse: dict[str, Callable[[str], Any]] = {"boolean": _boolean, "date": date.fromisoformat, "bigint": int}
    return parse[kind](text) if kind in parse else text


def _decimal(text: str, kind: ColumnType) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    scale = int(kind.rstrip(")").split(",")[1])
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > scale:
        raise ValueError(f"{text!r} must be a number with at most {scale} decimals")
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} must be true or false")
    return text.lower() == "true"
