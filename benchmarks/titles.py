"""Which titles of two shops mean one product: the product's candidates beside a rule, rapidfuzz and Splink.

Reads a list that is not part of the project: `product_match_abtbuy`, titles without part numbers beside them,
and which of them are one product. All pairs are looked at, not a list of likely ones. Peers get the threshold
that is best for them on this very list. Call: `python -m benchmarks.titles FOLDER`, the list below it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa

from benchmarks.items import built
from matching.splink_session import connected, linker_of

SHOPS = """\
  abt:
    system: feed
    connection: {folder: abt}
  buy:
    system: feed
    connection: {folder: buy}
"""
TITLES = """
    select unique_id as item_id, title as description, 'EA' as base_uom_code
    from read_csv('{path}', all_varchar=true)
"""
OFFERED = """
    select split_part(reference, '|', 2), split_part(other_reference, '|', 2), split_part(reference, '|', 1)
    from identity.xref_item_candidate where link_method = 'TITLE'
"""
ACROSS = "l.shop = 'abt' and r.shop = 'buy'"
# Each the other's best; where two are equally good there is none.
BEST = """
    select key_l, key_r, match_weight from {table}
    qualify
        rank() over (partition by item_l order by match_weight desc) = 1
        and rank() over (partition by item_r order by match_weight desc) = 1
        and count(*) over (partition by item_l, match_weight) = 1
        and count(*) over (partition by item_r, match_weight) = 1
"""
LEAST_NUMBER = 4
_SHARED = "len(list_intersect(words_l, words_r)) / least(len(words_l), len(words_r))"
# Of a model that Splink trains on these titles: column, levels.
SPLINK_LEVELS = {
    "numbers": ("list_has_any(numbers_l, numbers_r)", "list_has_any(numbers_l, words_r)"),
    "words": tuple(f"{_SHARED} >= {least}" for least in (0.8, 0.6, 0.4, 0.2)),
    "brand": ("brand_l = brand_r",),
}
Pairs = set[tuple[str, str]]
# Id and title; an id stands twice where a shop lists a product twice.
Titles = Sequence[tuple[str, str]]


def read(title: str) -> dict[str, Any]:
    """A title as words; numbers are those with a digit that are long enough to be a part number."""
    words = re.findall(r"[A-Z0-9]+", re.sub(r"(?<=\w)[-/.](?=\w)", "", title.upper()))
    numbers = {word for word in words if len(word) >= LEAST_NUMBER and re.search(r"\d", word)}
    return {"words": sorted(set(words)), "numbers": sorted(numbers), "brand": words[0] if words else None}


def rule(one: Titles, other: Titles) -> list[Pairs]:
    """Any part number shared."""
    holders: dict[str, set[str]] = {}
    for key, title in other:
        for number in read(title)["numbers"]:
            holders.setdefault(number, set()).add(key)
    return [
        {
            (key, found)
            for key, title in one
            for number in read(title)["numbers"]
            for found in holders.get(number, ())
        }
    ]


def fuzzy(one: Titles, other: Titles) -> list[Pairs]:
    """rapidfuzz, each the other's best, at every threshold."""
    from rapidfuzz import fuzz, process

    texts = [[title.upper() for _, title in shop] for shop in (one, other)]
    matrix = process.cdist(*texts, scorer=fuzz.token_set_ratio)
    keys = [[key for key, _ in shop] for shop in (one, other)]
    best = {
        (keys[0][row], keys[1][column]): float(matrix[row, column])
        for row, column in enumerate(matrix.argmax(axis=1))
        if matrix[:, column].argmax() == row
    }
    return [{pair for pair, points in best.items() if points >= least} for least in range(40, 101)]


def splink(one: Titles, other: Titles) -> list[Pairs]:
    """Splink trained without labels, each the other's best, at every threshold."""
    import splink.comparison_level_library as levels
    from splink import SettingsCreator
    from splink.comparison_library import CustomComparison

    comparisons = [
        CustomComparison(
            output_column_name=column,
            comparison_levels=[
                levels.CustomLevel(f"{column}_l is null or {column}_r is null").configure(is_null_level=True),
                *(levels.CustomLevel(sql) for sql in between),
                levels.ElseLevel(),
            ],
        )
        for column, between in SPLINK_LEVELS.items()
    ]
    settings: Any = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="item",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[ACROSS],
        additional_columns_to_retain=["key"],
    ).create_settings_dict("duckdb")
    shops = {"abt": one, "buy": other}
    rows = [
        {"item": f"{shop}|{at}", "shop": shop, "key": key, **read(title)}
        for shop, titles in shops.items()
        for at, (key, title) in enumerate(titles)
    ]
    with connected() as connection:
        connection.register("incoming", pa.Table.from_pylist(rows))
        connection.execute("create table title as from incoming")
        linker = linker_of(connection, settings, table="title")
        training = linker.training
        training.estimate_u_using_random_sampling(max_pairs=1_000_000, seed=1)
        training.estimate_parameters_using_expectation_maximisation(f"{ACROSS} and l.brand = r.brand")
        training.estimate_parameters_using_expectation_maximisation(
            f"{ACROSS} and list_has_any(l.numbers, r.numbers)"
        )
        predicted = linker.inference.predict(threshold_match_weight=-5, warning_mode="never")
        best = connection.sql(BEST.format(table=predicted.physical_name)).fetchall()
    return [
        {(left, right) for left, right, weight in best if weight >= least}
        for least in {row[2] for row in best}
    ]


def measured(pairs: Pairs, true: int) -> tuple[float, float, float]:
    right = sum(one == other for one, other in pairs)
    precision, recall = right / max(len(pairs), 1), right / true
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


PEERS: Mapping[str, Callable[[Titles, Titles], list[Pairs]]] = {
    "any part number shared": rule,
    "rapidfuzz, token_set_ratio, each the other's best": fuzzy,
    "Splink, trained here without labels, each the other's best": splink,
}


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Precision, recall and F1 of the pairs offered."""
    paths = {shop: folder / "product_match_abtbuy" / f"AbtBuy_{shop.title()}.csv" for shop in ("abt", "buy")}
    tables = {shop: duckdb.sql(TITLES.format(path=path)).to_arrow_table() for shop, path in paths.items()}
    one, other = (
        list(zip(table["item_id"].to_pylist(), table["description"].to_pylist(), strict=True))
        for table in tables.values()
    )
    true = len({key for key, _ in one} & {key for key, _ in other})
    click.echo(f"{len(one):,} and {len(other):,} titles, {true:,} pairs\n")
    click.echo("| candidates by | precision | recall | F1 |\n|---|---|---|---|")
    for title, peer in PEERS.items():
        best = max(peer(one, other), key=lambda pairs: measured(pairs, true)[2])
        click.echo(_row(title, best, true))
    with built(SHOPS, {f"{shop}/item.parquet": table for shop, table in tables.items()}) as connection:
        rows = connection.sql(OFFERED).fetchall()
    offered = {(left, right) if shop == "abt" else (right, left) for left, right, shop in rows}
    click.echo(_row("Concord's", offered, true))


def _row(title: str, pairs: Pairs, true: int) -> str:
    return f"| {title} | " + " | ".join(f"{value:.3f}" for value in measured(pairs, true)) + " |"


if __name__ == "__main__":
    main()
