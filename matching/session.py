"""One update from tables to outcome: profiles, what arrived, scores, golden identity. What callers call.

It keeps nothing: the state comes in and what is new goes out, so that a run can be repeated.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute

from matching import census as counts
from matching.golden import arrived, concerned, update
from matching.identity import Outcome, Pair, Record, State
from matching.model import Model, load_model
from matching.policy import DEFAULT, Policy
from matching.scoring import PAIR, score

_PAIR_COLUMNS = ("left_key", "right_key", "weight", "band", "gate", "relationship")
_RECORD_COLUMNS = ("record_key", "content_hash", "tax", "tax_near", "name_root")


@dataclass(frozen=True)
class Matched:
    """What to append to the state, the scored pairs behind it (PAIR), and the census that weighed them."""

    outcome: Outcome
    pairs: pa.Table
    census: pa.Table


def match(
    connection: duckdb.DuckDBPyConnection,
    profiles: pa.Table,
    state: State,
    at: datetime,
    census: pa.Table | None = None,
    model: Model | None = None,
    policy: Policy = DEFAULT,
    anchor_ranks: Mapping[str, int] | None = None,
    paid: Collection[str] = (),
) -> Matched:
    """Scores what is new in `profiles` (all records, PROFILE) against `state`.

    `anchor_ranks` say whose key a new golden record takes (the lowest), `paid` which records carry payments.
    Without a saved `census` a new one is taken. The connection needs no tables; `profile`, `census`,
    `weighed` and `blocked_pairs` are made on it.
    """
    used = model or load_model()
    connection.register("incoming", profiles)
    connection.execute("create or replace table profile as from incoming")
    connection.unregister("incoming")
    weighed_with = census if census is not None else counts.take(connection, used.words)
    hashes = dict(zip(*(profiles[name].to_pylist() for name in ("record_key", "content_hash")), strict=True))
    new = arrived(state, hashes)
    pairs = PAIR.empty_table()
    if new:
        only = None if len(new) == len(hashes) else new
        pairs = score(connection, weighed_with, used, policy, only).pairs
    scored = pairs_of(pairs)
    named = (key for pair in scored for key in (pair.left_key, pair.right_key))
    needed = concerned(state, hashes, (*new, *named))
    unusable = counts.placeholders(weighed_with)
    records = records_of(profiles, anchor_ranks or {}, frozenset(paid), unusable, needed)
    outcome = update(state, records, scored, at, used.version, policy)
    return Matched(outcome, pairs, weighed_with)


def records_of(
    profiles: pa.Table,
    anchor_ranks: Mapping[str, int],
    paid: frozenset[str],
    placeholders: frozenset[str] = frozenset(),
    needed: Collection[str] | None = None,
) -> dict[str, Record]:
    """Profiles, or the needed ones, as golden identity sees them.

    Without a rank a record comes after those that have one.
    """
    if needed is not None:
        keys = pa.array(needed, pa.string())
        profiles = profiles.filter(pa.compute.is_in(profiles["record_key"], keys))
    columns = (profiles[name].to_pylist() for name in _RECORD_COLUMNS)
    last = max(anchor_ranks.values(), default=0) + 1
    return {
        key: Record(
            key,
            content,
            None if tax in placeholders else tax,
            frozenset(near),
            root,
            anchor_ranks.get(key, last),
            key in paid,
        )
        for key, content, tax, near, root in zip(*columns, strict=True)
    }


def pairs_of(table: pa.Table) -> list[Pair]:
    columns = (table[name].to_pylist() for name in _PAIR_COLUMNS)
    return [Pair(*row) for row in zip(*columns, strict=True)]
