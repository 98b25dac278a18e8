"""Real sites (name, address, telephone) whose organization is known: the product beside its peers.

Reads a folder that is not part of the project; halves by true site, thresholds and unsupervised training from
the first, figures from the second. The product is what ships: trained on a fictional vendor master, it has
never seen sites. Call: `python -m benchmarks.sites FOLDER` with `chicago_sites/sites_with_true_ids.csv` below
it. recordlinkage needs another pandas, so `uv` runs it in an environment of its own.
"""

import csv
import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from benchmarks.matching import Clock, matched
from matching import census
from matching.model import load_model
from matching.policy import Policy
from matching.profile import profiles_of
from matching.scoring import score
from matching.splink_session import connected, linker_of
from matching.yardstick.dress import Truth
from matching.yardstick.measure import Agreement, agreement

Scored = dict[tuple[str, str], float]
MOST_IN_BLOCK, ALIKE, PRECISE = 400, 0.88, 0.98
_SHARED, _FEWER, _MORE = (
    "len(list_intersect(words_l, words_r))",
    "least(len(words_l), len(words_r))",
    "greatest(len(words_l), len(words_r))",
)
# Of a model that Splink trains on these records: column, levels between equal and different.
SPLINK_LEVELS = {
    "name_core": (
        "jaro_winkler_similarity(name_core_l, name_core_r) >= 0.94",
        f"{_SHARED} = {_FEWER} and {_FEWER} >= 2",
        f"{_SHARED} >= 0.6 * {_MORE}",
        "jaro_winkler_similarity(name_core_l, name_core_r) >= 0.88",
        f"{_SHARED} >= 1",
    ),
    "street": (
        "number_l = number_r and jaro_winkler_similarity(street_l, street_r) >= 0.85",
        "jaro_winkler_similarity(street_l, street_r) >= 0.9",
    ),
    "phone": ("damerau_levenshtein(phone_l, phone_r) <= 1",),
}
ECM = """
import json, sys
import pandas
import recordlinkage
first, second = (pandas.DataFrame(rows) for rows in json.load(sys.stdin))
model = recordlinkage.ECMClassifier(binarize=None)
model.fit(first)
print(json.dumps([model.prob(rows).tolist() for rows in (first, second)]))
"""


@dataclass(frozen=True)
class Half:
    profiles: pa.Table
    truths: list[Truth]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """What peers compare: the values as the product reads them."""
        wanted = ("record_key", "name_core", "name_root", "words", "street")
        columns = [self.profiles[name].to_pylist() for name in (*wanted, "phones")]
        return {
            row[0]: dict(zip(wanted, row, strict=False))
            | {"phone": (row[-1] or [None])[0], "number": (row[4] or "").split(" ")[0]}
            for row in zip(*columns, strict=True)
        }

    def clustered(self, scored: Scored, least: float) -> Agreement:
        """Everything that a chain of pairs at the threshold connects is one site."""
        head = {truth.record_key: truth.record_key for truth in self.truths}

        def find(key: str) -> str:
            while head[key] != key:
                head[key] = key = head[head[key]]
            return key

        for (left, right), points in scored.items():
            if points >= least:
                head[find(left)] = find(right)
        return agreement({key: find(key) for key in head}, {t.record_key: t.supplier for t in self.truths})


def halves(path: Path) -> tuple[Half, Half]:
    records: tuple[list[dict[str, Any]], ...] = ([], [])
    truths: tuple[list[Truth], ...] = ([], [])
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            half = hashlib.sha256(row["True Id"].encode()).digest()[0] % 2
            key = f"site|{number:05}"
            place = {"line1": row["Address"], "line2": None, "city": "Chicago", "region": "IL"}
            records[half].append(
                {
                    "record_key": key,
                    "legal_name": row["Site name"],
                    "addresses": [{**place, "postal_code": row["Zip"] or None, "country": "US"}],
                    "phones": [row["Phone"]] if row["Phone"] else [],
                }
            )
            truths[half].append(Truth(key, int(row["True Id"]), "", None))
    one, other = (
        Half(profiles_of(pa.Table.from_pylist(rows)), known)
        for rows, known in zip(records, truths, strict=True)
    )
    return one, other


def candidates(rows: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Pairs that share a name's first letters, a telephone, a street, or house number and first word."""
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, row in rows.items():
        name = (row["name_core"] or "").replace(" ", "")
        keys = {"prefix": name[:5], "phone": row["phone"], "street": row["street"]}
        keys["number"] = f"{row['number']} {row['name_root']}" if row["number"] else None
        for kind, value in keys.items():
            if value:
                blocks[kind, value].append(key)
    return sorted(
        {
            pair
            for members in blocks.values()
            if len(members) < MOST_IN_BLOCK
            for pair in combinations(sorted(members), 2)
        }
    )


def rule(half: Half) -> Scored:
    """Two of name, street and telephone are equal."""
    rows = half.rows
    found = {}
    for left, right in candidates(rows):
        one, other = rows[left], rows[right]
        equal = sum(bool(one[of]) and one[of] == other[of] for of in ("name_core", "street", "phone"))
        found[left, right] = float(equal >= 2)
    return found


def fuzzy(half: Half) -> Scored:
    """rapidfuzz: a weighted mean of what both have."""
    from rapidfuzz import fuzz

    rows = half.rows
    found = {}
    for left, right in candidates(rows):
        one, other = rows[left], rows[right]
        parts = [(fuzz.token_sort_ratio(one["name_core"] or "", other["name_core"] or "") / 100, 2.0)]
        if one["street"] and other["street"]:
            parts.append((fuzz.token_sort_ratio(one["street"], other["street"]) / 100, 1.5))
        if one["phone"] and other["phone"]:
            parts.append((float(one["phone"] == other["phone"]), 1.5))
        found[left, right] = sum(points * share for points, share in parts) / sum(w for _, w in parts)
    return found


def shipped(half: Half) -> Scored:
    """The product's scores without its gate."""
    with connected() as connection:
        connection.register("incoming", half.profiles)
        connection.execute("create table profile as from incoming")
        counted = census.take(connection, load_model().words)
        pairs = score(connection, counted, policy=Policy(review_from=-10)).pairs.to_pylist()
    return {(pair["left_key"], pair["right_key"]): pair["weight"] for pair in pairs}


def splink(first: Half, second: Half) -> tuple[Scored, Scored]:
    """Expectation maximization on the first half."""
    import splink.comparison_level_library as levels
    from splink import SettingsCreator, block_on
    from splink.comparison_library import CustomComparison

    comparisons = [
        CustomComparison(
            output_column_name=column,
            comparison_levels=[
                levels.NullLevel(column),
                levels.ExactMatchLevel(column, term_frequency_adjustments=True),
                *(levels.CustomLevel(sql) for sql in between),
                levels.ElseLevel(),
            ],
        )
        for column, between in SPLINK_LEVELS.items()
    ]
    keys = (["name_core"], ["prefix"], ["phone"], ["street"], ["number", "name_root"])
    settings: Any = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_key",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in keys],
    ).create_settings_dict("duckdb")

    found = []
    for half in (first, second):
        with connected() as connection:
            rows = pa.Table.from_pylist(list(half.rows.values()))
            connection.register("incoming", rows)
            connection.execute(
                "create table site as select *, replace(name_core, ' ', '')[:5] as prefix from incoming"
            )
            linker = linker_of(connection, settings, table="site")
            if half is first:
                training = linker.training
                certain = [block_on("name_core", "street"), block_on("name_core", "phone")]
                training.estimate_probability_two_random_records_match(certain, recall=0.6)
                training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
                for column in SPLINK_LEVELS:
                    training.estimate_parameters_using_expectation_maximisation(block_on(column))
                settings = json.loads(json.dumps(linker.misc.save_model_to_json()))
            predicted = linker.inference.predict(threshold_match_weight=-20, warning_mode="never")
            pairs = connection.sql(
                f"select record_key_l, record_key_r, match_weight from {predicted.physical_name}"
            ).fetchall()
        found.append({(left, right): float(weight) for left, right, weight in pairs})
    return found[0], found[1]


def ecm(first: Half, second: Half) -> tuple[Scored, Scored]:
    """recordlinkage's unsupervised classifier on five yes-or-no comparisons."""
    from rapidfuzz.distance import JaroWinkler

    def grams(text: str) -> set[str]:
        return {text[at : at + 2] for at in range(len(text) - 1)}

    def compared(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[int]:
        names = [one["name_core"] or "", other["name_core"] or ""]
        letters = [grams(name) for name in names]
        likeness = len(letters[0] & letters[1]) / max(len(letters[0] | letters[1]), 1)
        streets = JaroWinkler.similarity(one["street"] or "", other["street"] or "-")
        equal = [bool(one[of]) and one[of] == other[of] for of in ("number", "phone")]
        alike = [JaroWinkler.similarity(*names) >= ALIKE, likeness >= ALIKE, streets >= ALIKE]
        return [int(value) for value in (*alike, *equal)]

    pairs = [candidates(half.rows) for half in (first, second)]
    features = [
        [compared(rows[left], rows[right]) for left, right in found]
        for rows, found in zip((first.rows, second.rows), pairs, strict=True)
    ]
    uv = Path(sys.executable).with_name("uv")
    pins = ("--with", "recordlinkage==0.16", "--with", "pandas==2.3.3")
    done = subprocess.run(
        [uv, "run", "--no-project", "--isolated", "--python", sys.executable, *pins, "python", "-c", ECM],
        input=json.dumps(features),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"recordlinkage ended with {done.returncode}:\n{done.stderr}")
    points = json.loads(done.stdout.splitlines()[-1])
    one, other = (dict(zip(*both, strict=True)) for both in zip(pairs, points, strict=True))
    return one, other


def _both(method: Callable[[Half], Scored]) -> Callable[[Half, Half], tuple[Scored, Scored]]:
    return lambda first, second: (method(first), method(second))


METHODS: Mapping[str, Callable[[Half, Half], tuple[Scored, Scored]]] = {
    "two of name, street, telephone equal": _both(rule),
    "rapidfuzz, weighted mean": _both(fuzzy),
    "Splink, trained on the first half": splink,
    "recordlinkage ECM, trained on the first half": ecm,
    "Concord's score": _both(shipped),
}


def _told(found: Agreement) -> str:
    return f"{found.precision:.3f} / {found.recall:.3f} / {found.f1:.3f}"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Precision, recall and F1 of groups, at thresholds that the other half chose."""
    first, second = halves(folder / "chicago_sites" / "sites_with_true_ids.csv")
    click.echo(f"chosen on {len(first.truths):,} records, measured on {len(second.truths):,}\n")
    click.echo(f"| method | best F1: P / R / F1 | P >= {PRECISE}: P / R / F1 |\n|---|---|---|")
    for title, method in METHODS.items():
        chosen, measured = method(first, second)
        steps = sorted({round(points, 2) for points in chosen.values()})
        steps = [*steps[:: max(len(steps) // 60, 1)], steps[-1]]
        tuned = {least: first.clustered(chosen, least) for least in steps}
        best = max(tuned, key=lambda least: (tuned[least].f1, least))
        strict = min((least for least in tuned if tuned[least].precision >= PRECISE), default=steps[-1])
        told = [_told(second.clustered(measured, least)) for least in (best, strict)]
        click.echo(f"| {title} | {' | '.join(told)} |")
    result = matched(second.profiles, second.truths, Clock())
    for title, part in (("by itself", "automatic"), ("after review", "reviewed")):
        click.echo(f"| Concord {title} | {_told(Agreement(**result[part]))} | |")
    click.echo(
        f"\n{result['tasks_per_thousand']:.0f} questions per 1,000 records, {result['true_share']:.0%} true"
    )


if __name__ == "__main__":
    main()
