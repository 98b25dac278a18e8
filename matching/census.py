"""How common a value is: by how many different suppliers it is held, as far as one can tell before matching.

Holders are counted so that a large supplier's own duplicates do not make its name or telephone look common:
a name by the valid tax ids beside it, any other value by the first words of the names beside it, a word by
the names it stands in. A census is frozen with the scores it served (`save`, `load`, `version_of`): records
that arrive later are weighed with it until the caller takes a new one.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_VERSION = b"version"
COMMON_HOLDERS = 3
ODD_HOLDERS = 2
PLACEHOLDER_HOLDERS = 5
# Words that every trade uses are common even in a short list: so many names stand behind the model's shares.
NAMES_BEHIND_WORDS = 1000
TAKE = f"""
    with held as (
        select 'name' as kind, name_core as value, tax as holder from profile where name_core is not null
        union all select 'tax', tax, name_root from profile where tax is not null
        union all select 'id', unnest(ids), name_root from profile
        union all select 'bank', unnest(banks), name_root from profile
        union all select 'phone', unnest(phones), name_root from profile
        union all select 'domain', unnest(domains), name_root from profile
        union all select 'address', unnest(addresses), name_root from profile
        union all select 'word', unnest(words), name_core from profile
        union all select 'total', 'records', record_key from profile
        union all select 'total', 'names', name_core from profile
    )
    select
        coalesce(counted.kind, 'word') as kind,
        coalesce(counted.value, trade.word) as value,
        cast(case
            when counted.kind = 'total' and counted.value = 'names'
                then counted.holders + {NAMES_BEHIND_WORDS}
            else greatest(coalesce(counted.holders, 0) + coalesce(trade.share, 0) * {NAMES_BEHIND_WORDS}, 1)
        end as bigint) as holders,
        coalesce(counted.records, 0)::bigint as records
    from (
        select kind, value, count(distinct holder) as holders, count(*) as records from held group by all
    ) as counted
    full join trade on counted.kind = 'word' and counted.value = trade.word
    order by kind, value
"""
# Profiles as they are scored: what is too common to tell anybody apart is set beside, not compared as equal.
# Words that tell (`told_words`) are in few names; odd ones hardly in any other, like those with a typing
# error.
WEIGHED = f"""
    with
    chosen as (select * from profile semi join ({{keys}}) using (record_key)),
    common as (
        select {{commons}} from census where holders > {COMMON_HOLDERS}
    ),
    total_names as (select holders from census where kind = 'total' and value = 'names'),
    total_records as (select records from census where kind = 'total' and value = 'records'),
    weighed_words as (
        select
            words.record_key,
            coalesce(list(words.word order by words.word) filter (coalesce(census.holders, 1) <= (
                select greatest(5, 0.002 * holders) from total_names
            )), []) as told_words,
            coalesce(list(words.word order by words.word) filter (
                coalesce(census.holders, 1) <= {ODD_HOLDERS}
            ), []) as odd_words,
            list(log2((select holders from total_names) / coalesce(census.holders, 1)) order by words.word)
                as word_bits
        from (select record_key, unnest(words) as word from chosen) as words
        left join census on census.kind = 'word' and census.value = words.word
        group by words.record_key
    )
    select
        chosen.* exclude (tax, phones, domains, addresses, banks, ids),
        case when coalesce(taxes.holders, 1) <= {PLACEHOLDER_HOLDERS} then tax end as tax,
        coalesce(names.holders, 1) as name_holders,
        coalesce(names.holders, 1) / (select records from total_records)::double as tf_name_core,
        coalesce(told_words, []) as told_words,
        coalesce(odd_words, []) as odd_words,
        coalesce(word_bits, []) as word_bits,
        {{lists}}
    from chosen
    left join census as taxes on taxes.kind = 'tax' and taxes.value = chosen.tax
    left join census as names on names.kind = 'name' and names.value = chosen.name_core
    left join weighed_words using (record_key)
    cross join common
"""
_LISTS = {"phone": "phones", "domain": "domains", "address": "addresses", "bank": "banks", "id": "ids"}


def take(connection: duckdb.DuckDBPyConnection, words: Mapping[str, float] | None = None) -> pa.Table:
    """The census of the table `profile`: kind, value, holders, records. `words` are shares of the model."""
    trade = dict(words or {})
    shares = pa.array(trade.values(), pa.float64())
    connection.register("trade", pa.table({"word": pa.array(trade, pa.string()), "share": shares}))
    counted = connection.sql(TAKE).to_arrow_table()
    rows = zip(*(counted[name].to_pylist() for name in ("kind", "value", "holders")), strict=True)
    version = hashlib.sha256(repr(list(rows)).encode()).hexdigest()[:12]
    return counted.replace_schema_metadata({_VERSION: version})


def common_words(census: pa.Table, least_share: float) -> dict[str, float]:
    """Words that stand in at least that share of the names, with their shares."""
    rows = census.select(["kind", "value", "holders"]).to_pylist()
    [names] = [row["holders"] for row in rows if (row["kind"], row["value"]) == ("total", "names")]
    names -= NAMES_BEHIND_WORDS
    return {
        row["value"]: round(row["holders"] / names, 4)
        for row in rows
        if row["kind"] == "word" and row["holders"] >= least_share * names
    }


def placeholders(census: pa.Table) -> frozenset[str]:
    """Tax ids under more names than a company has: they say nothing about who it is."""
    rows = zip(*(census[name].to_pylist() for name in ("kind", "value", "holders")), strict=True)
    return frozenset(
        value for kind, value, holders in rows if kind == "tax" and holders > PLACEHOLDER_HOLDERS
    )


def save(census: pa.Table, path: Path) -> None:
    pq.write_table(census, path)


def load(path: Path) -> pa.Table:
    return pq.read_table(path)


def version_of(census: pa.Table) -> str:
    """Equal for equal counts; made when the census was taken."""
    return str((census.schema.metadata or {})[_VERSION], "ascii")


def weigh(connection: duckdb.DuckDBPyConnection, keys: str = "select record_key from profile") -> None:
    """Makes the table `weighed` of `profile` and `census`: one row per record of the query `keys`."""
    commons = ", ".join(
        f"coalesce(list(value) filter (where kind = '{kind}'), []) as every_{column}"
        for kind, column in _LISTS.items()
    )
    lists = ", ".join(
        f"list_filter(chosen.{column}, lambda x: not list_contains(every_{column}, x)) as {column},"
        f" list_filter(chosen.{column}, lambda x: list_contains(every_{column}, x)) as common_{column}"
        for column in _LISTS.values()
    )
    connection.execute(
        f"create or replace table weighed as {WEIGHED.format(commons=commons, lists=lists, keys=keys)}"
    )
