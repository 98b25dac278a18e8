"""Chunks of CSV from COPY as typed Arrow tables: exact numbers, times in UTC.

A time without a zone is the instance's local time; in an hour that the clocks repeat it takes the earlier
offset, and the row says so. A column of a chunk that holds what its type has no room for (NaN, infinity,
before year 1) stays text, to be rejected row by row.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.transports.catalog import LOCAL, Column

REPEATED_HOUR = "_repeated_hour"
_DAY = 86_400_000_000
# Microseconds from 1970 to the start of year 1 and to the end of year 9999.
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999


def typed_rows(content: bytes, columns: Sequence[Column], zone: ZoneInfo) -> pa.Table:
    """The rows of a chunk in the columns of the catalog."""
    texts = _texts(content, [column.name for column in columns])
    arrays, names = [], []
    repeated: list[tuple[str, np.ndarray]] = []
    for column, cells in zip(columns, texts.columns, strict=True):
        found = cells.combine_chunks()
        if column.type == LOCAL:
            found, again = _instants(found, zone)
            if again.any():
                repeated.append((column.name, again))
        else:
            found = _cast(found, column.arrow)
        names.append(column.name)
        arrays.append(found)
    if repeated:
        names.append(REPEATED_HOUR)
        arrays.append(_joined(repeated))
    return pa.table(arrays, names=names)


def _texts(content: bytes, names: Sequence[str]) -> pa.Table:
    places = [str(at) for at in range(len(names))]
    options = {
        # One block, which no value can be larger than.
        "read_options": pa.csv.ReadOptions(
            use_threads=False, block_size=len(content) + 1, column_names=places
        ),
        "parse_options": pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        "convert_options": pa.csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    }
    try:
        return pa.csv.read_csv(pa.BufferReader(content), **options)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
    # A database that does not know its encoding (SQL_ASCII) gives bytes as somebody stored them.
    readable = content.decode("utf-8", "backslashreplace").encode()
    options["read_options"].block_size = len(readable) + 1
    return pa.csv.read_csv(pa.BufferReader(readable), **options)


def _cast(cells: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return cells
    try:
        return pc.equal(cells, "t") if pa.types.is_boolean(kind) else cells.cast(kind)
    except pa.ArrowInvalid:
        return cells


def _instants(cells: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, np.ndarray]:
    """Local times in UTC, and which of them are in a repeated hour."""
    try:
        local = cells.cast(pa.timestamp("us")).cast(pa.int64())
    except pa.ArrowInvalid:
        return _one_by_one(cells, zone)
    is_null = local.is_null().to_numpy(zero_copy_only=False)
    times = local.fill_null(0).to_numpy()
    offsets, again = _offsets(times, zone)
    moments = times - offsets
    again &= ~is_null
    if ((moments < _FIRST) | (moments > _LAST)).any():
        return _one_by_one(cells, zone)
    return pa.array(moments, mask=is_null).cast(pa.timestamp("us", tz="UTC")), again


def _offsets(times: np.ndarray, zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """How far local times are ahead of UTC, in microseconds, and which of them come twice.

    The clocks are asked once for a day, and for each of its times only on a day that they are changed.
    """
    days, place = np.unique(times // _DAY, return_inverse=True)
    of_days = np.empty(len(days), np.int64)
    is_changed = np.zeros(len(days), bool)
    for at, day in enumerate(days.tolist()):
        first = _local(day * _DAY, zone)
        last = first + timedelta(days=1, microseconds=-1)
        found = {moment.replace(fold=fold).utcoffset() for moment in (first, last) for fold in (0, 1)}
        is_changed[at] = len(found) > 1
        of_days[at] = _microseconds(first)
    offsets, again = of_days[place], np.zeros(len(times), bool)
    for row in np.flatnonzero(is_changed[place]).tolist():
        moment = _local(int(times[row]), zone)
        offsets[row], again[row] = _microseconds(moment), _is_repeated(moment)
    return offsets, again


def _local(time: int, zone: ZoneInfo) -> datetime:
    return datetime(1970, 1, 1, tzinfo=zone) + timedelta(microseconds=time)


def _microseconds(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _is_repeated(moment: datetime) -> bool:
    return (moment.utcoffset() or timedelta()) > (moment.replace(fold=1).utcoffset() or timedelta())


def _one_by_one(cells: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, np.ndarray]:
    """The same as text, where one of them is no point in time that a calendar has."""
    found: list[str | None] = []
    again = np.zeros(len(cells), bool)
    for row, cell in enumerate(cells.to_pylist()):
        try:
            moment = datetime.fromisoformat(cell or "").replace(tzinfo=zone)
        except ValueError:
            found.append(cell)
            continue
        again[row] = _is_repeated(moment)
        found.append(str(moment))
    return pa.array(found, pa.string()), again


def _joined(repeated: Sequence[tuple[str, np.ndarray]]) -> pa.Array:
    """Per row the names of the columns with a time in a repeated hour, null for none."""
    rows: Iterator[tuple[bool, ...]] = zip(*(again.tolist() for _, again in repeated), strict=True)
    names = [name for name, _ in repeated]
    marked = (", ".join(name for name, there in zip(names, row, strict=True) if there) for row in rows)
    return pa.array([text or None for text in marked], pa.string())
