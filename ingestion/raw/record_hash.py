"""The hash that tells whether two versions of one key say the same: 63 bits of DuckDB's own hash of a text.

Only versions of one key are ever compared, so that two different ones are taken for equal once in 9e18. The
text has name and value of every column that counts, nulls left out: a new optional column does not change it.
DuckDB makes the hash at a small part of what SHA-256 costs. It is the same for one release of DuckDB; a test
holds it fast, since another hash would make every row of a home look changed.
"""

from collections.abc import Collection, Mapping

from ingestion.spec import TableSpec

SEPARATOR = "chr(31)"


def hash_of(text: str) -> str:
    """SQL for the hash of a text expression."""
    return f"(hash({text}) >> 1)::bigint"


def hash_of_absent(ended: str) -> str:
    """SQL for the hash of the tombstone of an absent key, from the hash of the version that it ends."""
    return hash_of(f"{ended}::varchar || '|absent'")


def content_text(table: TableSpec, values: Mapping[str, str], empty: Collection[str] = ()) -> str:
    """SQL for what a row says. `values` has an expression for each stored column, `_extension` among them."""
    said = [
        f"{_literal(name + '=')} || {values[name]}::varchar"
        for column in table.columns
        if column.hashed
        for name, _ in column.stored
        if name not in empty
    ]
    extension = values["_extension"]
    said.append(f"case when {extension} <> '{{}}' then '_extension=' || {extension} end")
    return f"concat_ws({', '.join([SEPARATOR, *said])})"


def record_hash(content: str, is_deleted: str) -> str:
    """SQL for the hash of a row from its content text and whether the source deleted it."""
    return hash_of(f"concat_ws({SEPARATOR}, {content}, case when {is_deleted} then '_is_deleted=true' end)")


# The rows of a home from before, whose hashes were SHA-256 of the same texts.
_REHASHED = """
    with told as (select *, {own} as new_hash from {place}),
    absent as (
        select told._source_instance, told._row_key, told._version, any_value({of_absent}) as new_hash
        from told
        inner join told as ended
            on
                told._source_instance = ended._source_instance
                and told._row_key = ended._row_key
                and told._record_hash = sha256(ended._record_hash || '|absent')
        where told._is_deleted
        group by all
    )
    select told.* exclude (new_hash) replace (coalesce(absent.new_hash, told.new_hash) as _record_hash)
    from told
    left join absent using (_source_instance, _row_key, _version)
"""


def rehashed(table: TableSpec, place: str) -> str:
    """SQL for all rows of a raw table (`place`) with the hashes of today, made from what its columns hold."""
    values = {name: _quoted(name) for name, _ in table.stored} | {"_extension": "_extension"}
    own = record_hash(content_text(table, values), "_is_deleted")
    return _REHASHED.format(place=place, own=own, of_absent=hash_of_absent("ended.new_hash"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
