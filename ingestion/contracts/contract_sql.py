"""The SQL of the contract check: how text becomes typed columns, and which problem a row has first.

Everything is made from a table's spec; nothing is read or run here. `contract.py` runs it.
"""

from ingestion.contracts.cell_shape import UNSEEN, Shape
from ingestion.formats.numbers import WRITTEN, plain_sql
from ingestion.formats.raw_rows import META, meta_names
from ingestion.raw.arrow_types import decimal_scale
from ingestion.raw.record_hash import content_text, record_hash
from ingestion.spec import ColumnSpec, TableSpec

_SPACE = r"' ' || chr(9) || chr(10) || chr(13) || chr(160)"
# The years 1 to 9999, as every reader of raw knows them.
_DATE = r"([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}"
_MIDNIGHT = r"([T ]00:00(:00(\.0+)?)?(Z|[+-]00:?00)?)?"
# A zone behind a date says where that day was, not which day it is.
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_INSTANT = (
    rf"{_DATE}([T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]+)?)?( ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?))?)?"
)
_ODATA = r"^/Date\((-?[0-9]+)([+-][0-9]{4})?\)/$"
# From the start of year 1 to the end of year 9999.
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
# Names that the check gives to its own columns; no source has them.
ROW, PROBLEM, KEY = "_row", "_problem", "_key"
EMPTY = "is required and empty"
NUL = "holds a NUL character, which no database keeps"
TRUE = ("true", "t", "yes", "y", "1", "x")
FALSE = ("false", "f", "no", "n", "0")


EARLIER = """(
                select coalesce(sum(times), 0)::bigint from equal_rows
                where
                    equal_rows._file_name is not distinct from judged._file_name
                    and equal_rows.row_key = judged.row_key
                    and equal_rows.record_hash = judged.record_hash
                    and equal_rows.is_good = (judged.problem is null)
            )"""


def unchanged(spec: TableSpec, shape: Shape) -> frozenset[str]:
    """The stored columns that hold exactly the text that came: nothing to trim, to rewrite or to type."""
    rewritten = {column.name for column in spec.columns if column.rewrite}
    texts = {name for name, kind in spec.stored if kind == "varchar"}
    return frozenset((shape.solid & shape.told & texts) - rewritten)


def checked_sql(spec: TableSpec, shape: Shape = UNSEEN, *, has_misshapen: bool = True) -> str:
    """One row per source row: what the check makes of it, its number, and its first problem or null.

    Of the stored columns only those that are neither empty nor `unchanged`; `KEY` only where it is not the
    `_row_key`.
    """
    cases = ["when row_number in (select row_number from misshapen) then 0"] if has_misshapen else []
    cases += [
        f"when {condition} then {at}"
        for at, (_, _, condition) in enumerate(problems_of(spec, shape))
        if condition
    ]
    values = {
        name: expression for column in spec.columns for name, expression in _stored_expressions(column)
    } | {"_extension": "_extension"}
    left_out = shape.empty | unchanged(spec, shape)
    own = [f"{values[name]} as {_quoted(name)}, " for name, _ in spec.stored if name not in left_out]
    key, own_key = "row_key", ""
    if spec.count_equal_rows:
        # The n-th deletion of a row has the key of the n-th such row, or it would delete nothing.
        key = f"""row_key || '|' || sha256(content) || '|' || ({EARLIER} + row_number() over (
                partition by _file_name, row_key, record_hash, problem is null order by row_number))"""
        own_key = f", row_key as {KEY}"
    return f"""
        with {_typed_rows(spec, shape)},
        judged as (
            select
                * ,
                case {" ".join(cases or ["when false then 0"])} end as problem,
                {_key(spec)} as row_key,
                {content_text(spec, values, shape.empty)} as content,
                {record_hash("content", "t__is_deleted")} as record_hash
            from typed
        )
        select
            {"".join(own)}{key} as _row_key, t__source_version as _source_version,
            t__source_updated_at as _source_updated_at, t__is_deleted as _is_deleted,
            record_hash as _record_hash, row_number as {ROW}, problem as {PROBLEM}{own_key}
        from judged
    """


def counts_sql(spec: TableSpec) -> str:
    """One row about the `bad` rows: how many; per column its filled cells, the misfits, and one of these."""
    counts = ["count(*)"]
    for column in spec.columns:
        text, typed = _quoted("s_" + column.name), _quoted("t_" + column.name)
        is_wrong = f"{text} not in ({_values(column)})" if _is_closed(column) else f"{typed} is null"
        counts += [
            f"count({text})",
            f"count({text}) filter (where {is_wrong})",
            f"min({text}) filter (where {is_wrong})",
        ]
    return (
        f"with {_typed_rows(spec)} select {', '.join(counts)} from typed semi join bad on row_number = {ROW}"
    )


def _typed_rows(spec: TableSpec, shape: Shape = UNSEEN) -> str:
    """Two steps: trimmed text, null where empty (`s_`); then typed, null where it does not fit (`t_`)."""
    rewrites = {column.name: column.rewrite for column in spec.columns}
    trimmed = [
        f"{_trimmed(name, rewrites.get(name), shape)} as {_quoted('s_' + name)}" for name in _text_names(spec)
    ]
    typed = [f"{_typed(column, shape)} as {_quoted('t_' + column.name)}" for column in spec.columns]
    return f"""trimmed as (
            select
                row_number, _file_name, _line_number, _extension,
                {", ".join(trimmed)}
            from source
        ),
        typed as (
            select
                * , {", ".join(typed)},
                {_or_nothing("_source_version", _whole("s__source_version"), "bigint", shape)}
                    as t__source_version,
                {_or_nothing("_source_updated_at", _changed(shape), "timestamp", shape)}
                    as t__source_updated_at,
                coalesce({_or_nothing("_is_deleted", _boolean("s__is_deleted"), "boolean", shape)}, false)
                    as t__is_deleted
            from trimmed
        )"""


def _is_closed(column: ColumnSpec) -> bool:
    return bool(column.enum) and not column.enum_is_open


def _values(column: ColumnSpec) -> str:
    return ", ".join(_literal(value) for value in column.enum)


def problems_of(spec: TableSpec, shape: Shape = UNSEEN) -> list[tuple[str, str, str]]:
    """(column, reason, condition) in the order they are looked for; the first is for misshapen cells.

    The condition is empty where no row of this shape can meet it.
    """
    found = _problems(spec)
    columns = len(found) - len(_problems_of_order(spec))
    order = [meta for meta in META if meta in meta_names(spec)]
    names = [*(column for column, _, _ in found[:columns]), *order]
    return [
        (column, reason, "" if _is_impossible(name, reason, shape) else condition)
        for name, (column, reason, condition) in zip(names, found, strict=True)
    ]


def _is_impossible(name: str, reason: str, shape: Shape) -> bool:
    return (name in shape.empty and reason != EMPTY) or (reason == NUL and name in shape.clean)


def _problems(spec: TableSpec) -> list[tuple[str, str, str]]:
    problems = [("", "", "")]
    for column in spec.columns:
        text, typed = _quoted("s_" + column.name), _quoted("t_" + column.name)
        scale = decimal_scale(column.type)
        if column.required:
            problems.append((column.name, EMPTY, f"{text} is null"))
        if scale is not None:
            # CASE, so that only the few cells that did not fit are looked at again.
            is_number = f"case when {typed} is null then regexp_full_match({_plain(column)}, '{_NUMBER}') end"
            excess = f"has more than {scale} decimals or is too large for {column.type}"
            problems.append((column.name, excess, is_number))
            problems.append((column.name, "is not a number", f"{typed} is null and {text} is not null"))
        elif column.type != "varchar":
            if len(_patterns(column)) > 1:
                fits = f"len({_readings(column)}) > 1"
                problems.append((column.name, "is ambiguous: its date formats read it differently", fits))
            what = {"bigint": "a whole number", "boolean": "true or false", "date": "a date"}
            reason = f"is not {what.get(column.type, 'a point in time')}"
            problems.append((column.name, reason, f"{typed} is null and {text} is not null"))
        elif column.sensitive is None:
            problems.append((column.name, NUL, f"contains({text}, chr(0))"))
        if _is_closed(column):
            reason = f"is none of the allowed values {', '.join(column.enum)}"
            problems.append((column.name, reason, f"{text} not in ({_values(column)})"))
    return problems + _problems_of_order(spec)


def _problems_of_order(spec: TableSpec) -> list[tuple[str, str, str]]:
    """A version, a time of change or a deletion that cannot be read would put the row in a wrong place."""
    typed = ("t__source_version", "t__source_updated_at", _boolean("s__is_deleted"))
    reasons = ("is not a whole number", "is not a point in time", "is not true or false")
    names = meta_names(spec)
    return [
        (names[meta], reason, f"s_{meta} is not null and {expression} is null")
        for meta, expression, reason in zip(META, typed, reasons, strict=True)
        if meta in names
    ]


def _or_nothing(name: str, expression: str, kind: str, shape: Shape) -> str:
    return f"null::{kind}" if name in shape.empty else expression


def _typed(column: ColumnSpec, shape: Shape) -> str:
    text = _quoted("s_" + column.name)
    scale = decimal_scale(column.type)
    if column.name in shape.empty:
        return f"null::{column.type}"
    if column.rewrite:
        shape = UNSEEN
    if scale is not None:
        fits = rf"[+-]?([0-9]+(\.[0-9]{{0,{scale}}}0*)?|\.[0-9]{{1,{scale}}}0*)"
        plain = _plain(column)
        cast = f"try_cast({plain} as {column.type})"
        if column.name in shape.numeric and plain == text:
            # Of digits, signs and points a cast takes only numbers; it would round what is too long.
            point = f"instr({text}, '.')"
            is_short = f"{point} = 0 or strlen(rtrim({text}, '0')) - {point} <= {scale}"
            return f"case when {is_short} or regexp_full_match({text}, '{fits}') then {cast} end"
        return f"case when regexp_full_match({plain}, '{fits}') then {cast} end"
    if column.type == "bigint":
        whole = _whole("s_" + column.name)
        if column.name in shape.whole:
            return f"case when strlen({text}) <= 18 then try_cast({text} as bigint) else {whole} end"
        return whole
    if column.type == "boolean":
        return _boolean("s_" + column.name)
    if column.type == "date":
        return _date(column, shape)
    if column.type == "timestamp":
        return _odata("s_" + column.name) if column.format == "odata" else _instant(column.name, shape)
    return text


def _trimmed(name: str, rewrite: tuple[str, str] | None, shape: Shape) -> str:
    if name in shape.empty:
        return "null::varchar"
    text = _quoted(name) if name in shape.solid else f"trim({_quoted(name)}, {_SPACE})"
    text = f"nullif({text}, '')"
    if rewrite is None:
        return text
    # What a rewrite leaves nothing of is empty: "00000000" for no date.
    return f"nullif(regexp_replace({text}, {_literal(rewrite[0])}, {_literal(rewrite[1])}), '')"


def _plain(column: ColumnSpec) -> str:
    text = _quoted("s_" + column.name)
    if isinstance(column.format, str) and column.format in WRITTEN:
        return f"({plain_sql(text, column.format)})"
    return text


def _patterns(column: ColumnSpec) -> tuple[str, ...]:
    """What a date is read by; a spreadsheet gives its dates as ISO, which no day-first pattern reads."""
    declared = column.date_formats if column.type == "date" else ()
    is_clear = declared and not any(pattern.startswith("%Y") for pattern in declared)
    return (*declared, "%Y-%m-%d") if is_clear else declared


def _readings(column: ColumnSpec) -> str:
    """The different days that the patterns make of a text; %Y also reads a year of two digits as one."""
    text = _quoted("s_" + column.name)
    parsed = ", ".join(f"try_strptime({text}, {_literal(pattern)})::date" for pattern in _patterns(column))
    return f"list_distinct(list_filter([{parsed}], lambda day: day >= date '1800-01-01'))"


def _whole(name: str) -> str:
    text = _quoted(name)
    return f"case when regexp_full_match({text}, '[+-]?[0-9]{{1,18}}') then try_cast({text} as bigint) end"


def _boolean(name: str) -> str:
    text = f"lower({_quoted(name)})"
    true, false = (", ".join(_literal(word) for word in words) for words in (TRUE, FALSE))
    return f"case when {text} in ({true}) then true when {text} in ({false}) then false end"


def _date(column: ColumnSpec, shape: Shape) -> str:
    text = _quoted("s_" + column.name)
    if column.name in shape.days and not (column.format or column.date_formats):
        return f"try_cast({text} as date)"
    iso = f"case when regexp_full_match({text}, '{_DATE}{_MIDNIGHT}') then try_cast({text}[:10] as date) end"
    if column.format == "odata":
        return f"coalesce({_odata('s_' + column.name)}::date, {iso})"
    if column.format == "xsd":
        return f"case when regexp_full_match({text}, '{_DATE}{_ZONE}') then try_cast({text}[:10] as date) end"
    if column.date_formats:
        readings = _readings(column)
        return f"case when len({readings}) = 1 then {readings}[1] end"
    return iso


def _instant(name: str, shape: Shape) -> str:
    text = _quoted("s_" + name)
    if name in shape.instants | shape.days:
        return f"try_cast({text} as timestamp)"
    instant = f"try_cast({text} as timestamptz) at time zone 'UTC'"
    # A zone can carry the first and the last day out of the calendar.
    in_calendar = f"case when year({instant}) between 1 and 9999 then {instant} end"
    return f"case when regexp_full_match({text}, '{_INSTANT}') then {in_calendar} end"


def _changed(shape: Shape) -> str:
    instant = _instant("_source_updated_at", shape)
    is_seen = "_source_updated_at" in shape.instants | shape.days
    return instant if is_seen else f"coalesce({instant}, {_odata('s__source_updated_at')})"


def _odata(name: str) -> str:
    milliseconds = f"try_cast(regexp_extract({_quoted(name)}, '{_ODATA}', 1) as bigint)"
    return f"epoch_ms(case when {milliseconds} between {_FIRST_MS} and {_LAST_MS} then {milliseconds} end)"


def _stored_expressions(column: ColumnSpec) -> list[tuple[str, str]]:
    if column.sensitive is None:
        return [(column.name, _quoted("t_" + column.name))]
    return [(name, _quoted("s_" + name)) for name, _ in column.stored]


def _key(spec: TableSpec) -> str:
    parts = []
    for at, name in enumerate(spec.key):
        columns = [f"{_quoted('t_' + column)}::varchar" for column in name.split(" or ") if column]
        part = f"coalesce({', '.join(columns)})" if columns else "''"
        if at == 0 and spec.key_prefix_removed:
            prefix = _literal(spec.key_prefix_removed)
            rest = f"trim(substr({part}, {len(spec.key_prefix_removed) + 1}))"
            part = f"case when starts_with({part}, {prefix}) then {rest} else {part} end"
        parts.append(f"replace(coalesce({part}, ''), '|', '\\|')")
    return " || '|' || ".join(parts)


def _text_names(spec: TableSpec) -> list[str]:
    own = [name for column in spec.columns for name, _ in column.stored]
    return [*own, "_source_version", "_source_updated_at", "_is_deleted"]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
