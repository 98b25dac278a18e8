"""Real names whose organization is known, by name alone: curves of precision and recall over the threshold.

Reads folders of labelled names that are not part of the project; organizations are split into halves by hash,
thresholds are chosen on the first and shown on the second. Call: `python -m benchmarks.names FOLDER` with
`supplier_match_nhs/labelled_suppliers.csv` and `fda_ndc_unfinished/labeler_names_by_code.csv` below it.
"""

import csv
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import comb
from pathlib import Path

import click
import pyarrow as pa

from matching import census
from matching.likeness import likeness_sql
from matching.model import load_model
from matching.profile import profiles_of
from matching.splink_session import connected

# A few organizations of very many spellings would be most of all pairs.
MOST_SPELLINGS = 30
GRID = tuple(at / 100 for at in range(40, 101, 2))
Scores = dict[tuple[str, str], float]
CANDIDATES = """
    with ranked as (
        select record_key, word, row_number() over (partition by record_key order by bits desc, word) as rank
        from (select record_key, unnest(words) as word, unnest(word_bits) as bits from weighed)
    ),
    keys as (
        select record_key, 'w' || word as key from ranked where rank <= 3
        union all select record_key, 'n' || unnest(names) from weighed
        union all select record_key, 'p' || replace(name_core, ' ', '')[:6] from weighed
    ),
    kept as (
        select distinct record_key, key from keys
        where key in (select key from keys group by key having count(distinct record_key) <= 60)
    )
    select distinct a.record_key as left_key, b.record_key as right_key
    from kept as a inner join kept as b on a.key = b.key and a.record_key < b.record_key
"""


def nhs_names(folder: Path) -> dict[str, str]:
    """Spelling -> organization."""
    with (folder / "supplier_match_nhs" / "labelled_suppliers.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        return {
            row["raw_name"]: row["canonical_name"] for row in csv.DictReader(lines) if row["canonical_name"]
        }


def fda_names(folder: Path) -> dict[str, str]:
    """Name -> firm: names on one code are one firm, and codes that share a name are too."""
    head: dict[str, str] = {}

    def find(key: str) -> str:
        while head.get(key, key) != key:
            key = head[key]
        return key

    names = set()
    path = folder / "fda_ndc_unfinished" / "labeler_names_by_code.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            names.add(row["labeler_name"])
            head[find(f"name {row['labeler_name']}")] = find(f"code {row['labeler_code']}")
    return {name: find(f"name {name}") for name in names}


def halves(truth: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Names to choose a threshold on, names to measure on; no organization is in both."""
    counts = Counter(truth.values())
    few = {name: firm for name, firm in truth.items() if counts[firm] <= MOST_SPELLINGS}
    first = {name: firm for name, firm in few.items() if hashlib.sha256(firm.encode()).digest()[0] % 2 == 0}
    return first, {name: firm for name, firm in few.items() if name not in first}


def concord(names: Iterable[str]) -> Scores:
    """The product's likeness of names."""
    keys = sorted(names)
    records = pa.table({"record_key": keys, "legal_name": keys})
    with connected() as connection:
        connection.register("incoming", profiles_of(records))
        connection.execute("create table profile as from incoming")
        connection.register("census", census.take(connection, load_model().words))
        census.weigh(connection)
        columns = ("name_core", "names", "words", "word_bits")
        sides = ", ".join(f"{side}.{name} as {name}_{side}" for side in "lr" for name in columns)
        rows = connection.sql(
            f"""
            with candidates as (
                select left_key, right_key, {sides} from ({CANDIDATES})
                inner join weighed as l on left_key = l.record_key
                inner join weighed as r on right_key = r.record_key
            )
            select left_key, right_key, {likeness_sql()} from candidates
            """
        ).fetchall()
    return {(left, right): likeness for left, right, likeness in rows}


def fuzzy(names: Iterable[str]) -> Scores:
    """rapidfuzz token_sort_ratio of all pairs, of names read as the product reads them."""
    from rapidfuzz import fuzz, process

    keys = sorted(names)
    cores = profiles_of(pa.table({"record_key": keys, "legal_name": keys}))["name_core"].to_pylist()
    matrix = process.cdist(
        [core or "" for core in cores],
        [core or "" for core in cores],
        scorer=fuzz.token_sort_ratio,
        score_cutoff=100 * GRID[0],
    )
    found = zip(*matrix.nonzero(), strict=True)
    return {(keys[a], keys[b]): float(matrix[a, b]) / 100 for a, b in found if a < b}


def equal(names: Iterable[str]) -> Scores:
    """Equality after reading: the only thing by which names alone may ever join."""
    return {pair: score for pair, score in concord(names).items() if score == 1.0}


METHODS: Mapping[str, Callable[[Iterable[str]], Scores]] = {
    "equal when read": equal,
    "rapidfuzz": fuzzy,
    "Concord likeness": concord,
}


def measured(scores: Scores, truth: Mapping[str, str], least: float) -> tuple[float, float, float]:
    """Precision, recall and F1 of the pairs at and above a threshold."""
    taken = [pair for pair, score in scores.items() if score >= least]
    right = sum(truth[left] == truth[right] for left, right in taken)
    true = sum(comb(count, 2) for count in Counter(truth.values()).values())
    precision, recall = (right / len(taken) if taken else 1.0), right / true
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--curve", is_flag=True, help="Show all thresholds of the second half.")
def main(folder: Path, curve: bool) -> None:
    """Precision, recall and F1 at the thresholds chosen on the first half, for the second."""
    sets = {"NHS spellings": (nhs_names(folder), 0.89), "FDA labelers": (fda_names(folder), 0.95)}
    for title, (truth, precise) in sets.items():
        first, second = halves(truth)
        click.echo(f"\n{title}: chosen on {len(first):,} names, measured on {len(second):,}\n")
        click.echo(
            "| method | best F1 at | P / R / F1 | precise at | P / R / F1 | s |\n|---|---|---|---|---|---|"
        )
        for method, scorer in METHODS.items():
            tuned = {least: measured(scored, first, least) for scored in (scorer(first),) for least in GRID}
            best = max(tuned, key=lambda least: (tuned[least][2], least))
            strict = min((least for least in GRID if tuned[least][0] >= precise), default=1.0)
            started = time.monotonic()
            scored = scorer(second)
            spent = time.monotonic() - started
            shown = [
                " / ".join(f"{value:.3f}" for value in measured(scored, second, at)) for at in (best, strict)
            ]
            click.echo(f"| {method} | {best:.2f} | {shown[0]} | {strict:.2f} | {shown[1]} | {spent:.1f} |")
            if curve:
                for least in GRID:
                    values = " / ".join(f"{value:.3f}" for value in measured(scored, second, least))
                    click.echo(f"  {least:.2f}: {values}")


if __name__ == "__main__":
    main()
