"""Trains the shipped model on the fictional vendor master: `python -m matching.training`.

m is counted on the true pairs, floored so that no single mismatch is a veto. u is counted on random pairs of
one record per supplier: among all records true pairs come at the rate of the prior, and of nearly unique
facts they would be all that is equal. It is floored where random pairs are too few to see anything.
"""

import json
from collections import Counter
from math import comb
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa

from matching import census
from matching.comparisons import untrained_settings
from matching.model import SHIPPED, Model, write_model
from matching.profile import profiles_of
from matching.splink_session import connected, linker_of
from matching.yardstick.dress import Truth, make_records

ROWS, SEED, RANDOM_PAIRS = 10_000, 101, 3_000_000
LEAST_M = 0.005
# A word in fewer names than this is no trade word: mostly it names somebody.
LEAST_SHARE = 0.01
# Of two different suppliers at random: what remains where three million pairs show nothing.
LEAST_U = {
    "tax_id": 1e-6,
    "bank": 1e-6,
    "identifier": 1e-6,
    "address": 1e-6,
    "phone": 1e-5,
    "domain": 1e-5,
    "name": 1e-5,
}
_DIGITS = 6


def train(path: Path, rows: int = ROWS, seed: int = SEED, random_pairs: int = RANDOM_PAIRS) -> Model:
    """Writes the model; the same arguments give the same bytes."""
    records, truths = make_records(rows, seed)
    with connected() as connection:
        words = _load(connection, profiles_of(records), truths)
        strangers = linker_of(connection, untrained_settings(), table="strangers")
        strangers.training.estimate_u_using_random_sampling(max_pairs=random_pairs, seed=seed)
        copies = linker_of(connection, strangers.misc.save_model_to_json(), table="labelled")
        copies.training.estimate_m_from_label_column("supplier")
        settings = json.loads(json.dumps(copies.misc.save_model_to_json()))
    prior = _rounded(
        sum(comb(size, 2) for size in Counter(t.supplier for t in truths).values()) / comb(rows, 2)
    )
    return write_model(path, floored(settings), rows, prior, words)


def floored(settings: dict[str, Any]) -> dict[str, Any]:
    """m and u not below their floors; each sums to one again, rounded."""
    for comparison in settings["comparisons"]:
        least_u = LEAST_U[comparison["output_column_name"]]
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for level in levels:
            level["m_probability"] = max(level.get("m_probability") or 0.0, LEAST_M)
            level["u_probability"] = max(level.get("u_probability") or 0.0, least_u)
        for name in ("m_probability", "u_probability"):
            total = sum(level[name] for level in levels)
            for level in levels:
                level[name] = _rounded(level[name] / total)
    # Splink's random name for a linker would make every file another version.
    settings.pop("linker_uid", None)
    # The prior belongs to a row count and stands beside the settings.
    settings.pop("probability_two_random_records_match", None)
    return settings


def _load(connection: duckdb.DuckDBPyConnection, profile: pa.Table, truths: list[Truth]) -> dict[str, float]:
    """Makes the tables to train on; the words that are common there."""
    columns = {"record_key": [t.record_key for t in truths], "supplier": [t.supplier for t in truths]}
    connection.register("incoming", profile)
    connection.register("truth", pa.table(columns))
    connection.execute("create table profile as from incoming")
    counted = census.take(connection)
    connection.register("census", counted)
    census.weigh(connection)
    connection.execute("create table labelled as select * from weighed inner join truth using (record_key)")
    connection.execute(
        """
        create table strangers as select * from labelled
        where record_key in (select min(record_key) from labelled group by supplier)
        """
    )
    return census.common_words(counted, LEAST_SHARE)


def _rounded(value: float) -> float:
    """Estimates differ in the last bits from run to run; the file must not."""
    return float(f"{value:.{_DIGITS}g}")


@click.command()
@click.option("--rows", default=ROWS, show_default=True)
@click.option("--seed", default=SEED, show_default=True)
@click.option("--to", "path", default=SHIPPED, type=click.Path(path_type=Path))
def main(rows: int, seed: int, path: Path) -> None:
    """Trains the supplier model and writes it."""
    click.echo(f"model {train(path, rows, seed).version}")


if __name__ == "__main__":
    main()
