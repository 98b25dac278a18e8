"""Which pairs are compared at all: records that share a key of at least one rule.

A rule's key that too many records share is narrowed by a second value; if that is not enough it says nothing
and is skipped, and counted as such. So pairs grow with the rows, not with their square.
"""

from dataclasses import dataclass

import duckdb

from matching import census


@dataclass(frozen=True)
class Rule:
    """SQL over a row of `weighed`: the key, and what narrows it where more than `most` records share it."""

    name: str
    key: str
    narrow: str
    most: int


_ROOT, _REGION = "name_root", "coalesce(regions[1], '')"
RULES = (
    Rule("TAX_ID", "tax", _ROOT, 400),
    Rule("BANK", "unnest(banks)", _ROOT, 200),
    Rule("IDENTIFIER", "unnest(ids)", _ROOT, 200),
    Rule("NAME", "unnest(names)", _REGION, 200),
    Rule("PHONE", "unnest(phones)", _ROOT, 100),
    Rule("ADDRESS", "unnest(addresses)", _ROOT, 100),
    Rule("DOMAIN", "unnest(domains)", _ROOT, 100),
    Rule("COMMON_BANK", "unnest(common_banks)", _ROOT, 60),
    Rule(
        "PREFIX_REGION",
        "case when length(name_core) >= 4 then replace(name_core, ' ', '')[:8] end || '|' || unnest(regions)",
        "coalesce(zips[1][:3], '')",
        40,
    ),
    Rule("WORD", "unnest(told_words)", _REGION, 40),
    Rule(
        "ROOT_ZIP3",
        "name_root || '|' || unnest(list_distinct(list_transform(zips, lambda x: x[:3])))",
        "coalesce(zips[1], '')",
        40,
    ),
)


@dataclass(frozen=True)
class Blocked:
    """How many pairs each rule brought first, and how many blocks were too large even when narrowed."""

    pairs: int
    by_rule: dict[str, int]
    skipped: dict[str, int]


# Profiles as if all that they hold were worth a key: who holds the keys of those that arrived is found so.
_UNWEIGHED = "select *, words as told_words, banks as common_banks from profile"


def block(connection: duckdb.DuckDBPyConnection, only_new: bool = False) -> Blocked:
    """Makes `blocked_pairs` (match_key, join_key_l, join_key_r) and `weighed` of `profile` and `census`.

    The left key is the smaller one. With `only_new`, pairs hold at least one record of the table `arrived`
    (record_key) and only their records are weighed; blocks, and so pairs, are those that a full run makes.
    """
    if only_new:
        census.weigh(connection, "select record_key from arrived")
        connection.execute(f"create or replace temp table arrived_key as {_keys('weighed')}")
        found = f"select * from ({_keys(f'({_UNWEIGHED})')}) semi join arrived_key using (rule, key)"
    else:
        census.weigh(connection)
        found = _keys("weighed")
    connection.execute(f"create or replace temp table block_key as {found}")
    blocked = _pair(connection, only_new)
    if only_new:
        both = "select unnest([join_key_l, join_key_r]) as record_key from blocked_pairs"
        census.weigh(connection, both)
    return blocked


def _keys(table: str) -> str:
    return " union all ".join(
        f"select distinct {at} as rule, record_key, key, narrow from"
        f" (select record_key, {rule.key} as key, {rule.narrow} as narrow from {table}) where key <> ''"
        for at, rule in enumerate(RULES)
    )


def _pair(connection: duckdb.DuckDBPyConnection, only_new: bool) -> Blocked:
    most = "[" + ", ".join(str(rule.most) for rule in RULES) + "]"
    connection.execute(
        f"""
        create or replace temp table block_entry as
        with sized as (
            select *, count(*) over (partition by rule, key) as wide from block_key
        ),
        narrowed as (
            select
                rule, record_key,
                key || case when wide <= {most}[rule + 1] then '' else '|' || narrow end as key
            from sized
        ),
        counted as (select *, count(*) over (partition by rule, key) as size from narrowed)
        select rule, key, record_key, size <= {most}[rule + 1] as is_used from counted where size > 1
        """
    )
    new = "semi join arrived using (record_key)" if only_new else ""
    either = (
        "least(a.record_key, b.record_key) as join_key_l, greatest(a.record_key, b.record_key) as join_key_r"
        if only_new
        else "a.record_key as join_key_l, b.record_key as join_key_r"
    )
    order = "a.record_key <> b.record_key" if only_new else "a.record_key < b.record_key"
    connection.execute(
        f"""
        create or replace table blocked_pairs as
        select min(a.rule)::varchar as match_key, {either}
        from (select * from block_entry {new} where is_used) as a
        inner join (select * from block_entry where is_used) as b
            on a.rule = b.rule and a.key = b.key and {order}
        group by all
        """
    )
    by_rule = dict(connection.sql("select match_key, count(*) from blocked_pairs group by 1").fetchall())
    skipped = dict(
        connection.sql(
            "select rule, count(distinct key) from block_entry where not is_used group by 1"
        ).fetchall()
    )
    return Blocked(
        sum(by_rule.values()),
        {rule.name: by_rule.get(str(at), 0) for at, rule in enumerate(RULES)},
        {rule.name: skipped[at] for at, rule in enumerate(RULES) if at in skipped},
    )
