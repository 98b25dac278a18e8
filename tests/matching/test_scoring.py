"""Scored pairs: their bands, reasons and evidence, the same whatever the way, the order or the threads."""

import json
import random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from matching import census
from matching.blocking import RULES, block
from matching.evidence import evidence_of
from matching.policy import Policy
from matching.scoring import PAIR, score
from matching.splink_session import connected
from matching.yardstick.dress import Truth
from tests.matching.conftest import Score, record

World = tuple[pa.Table, list[Truth]]
HARBOR = {"street": "77 Quarry Road", "postal_code": "60614", "region": "IL"}
ELSEWHERE = {"street": "PO Box 8812", "postal_code": "75201", "region": "TX"}
TAX, OTHER_TAX, NEAR_TAX = "361234567", "472345678", "361234576"


def _load(connection: duckdb.DuckDBPyConnection, profiles: pa.Table) -> pa.Table:
    connection.register("incoming", profiles)
    connection.execute("create or replace table profile as from incoming")
    return census.take(connection)


@pytest.mark.parametrize(
    ("left", "right", "band", "gate", "relationship"),
    [
        pytest.param(
            {"tax": TAX, **HARBOR}, {"tax": TAX, **HARBOR}, "MERGE", "SAME_TAX_ID", "SAME", id="same_tax_id"
        ),
        pytest.param(
            {"tax": TAX, **HARBOR},
            {"tax": TAX, **ELSEWHERE},
            "MERGE",
            "SAME_TAX_ID",
            "SITE_OF",
            id="another_site",
        ),
        pytest.param(
            {"tax": TAX, **HARBOR},
            {"tax": NEAR_TAX, **HARBOR},
            "MERGE",
            "MISTYPED_TAX_ID_AND_LIKE_NAME",
            "SAME",
            id="two_digits_swapped",
        ),
        pytest.param({**HARBOR}, {**HARBOR}, "MERGE", "NAME_AND_ADDRESS", "SAME", id="name_and_address"),
        pytest.param(
            {"bank": "11112222", **HARBOR},
            {"bank": "11112222", **ELSEWHERE},
            "MERGE",
            "SAME_BANK_AND_LIKE_NAME",
            "SITE_OF",
            id="bank_and_name",
        ),
        pytest.param(
            {"phone": "312 664 0181", **HARBOR},
            {"phone": "3126640181", **ELSEWHERE},
            "MERGE",
            "NAME_AND_PHONE",
            "SITE_OF",
            id="name_and_phone",
        ),
        pytest.param({"tax": TAX}, {"tax": OTHER_TAX}, None, None, None, id="same_name_other_tax_id"),
        pytest.param({**HARBOR}, {**ELSEWHERE}, None, None, None, id="name_alone"),
        pytest.param(
            {"tax": TAX, "phone": "312 664 0181", **HARBOR},
            {"tax": OTHER_TAX, "phone": "312 664 0181", **HARBOR},
            "REVIEW",
            None,
            "CHILD_OF",
            id="conflict_at_one_address",
        ),
        pytest.param(
            {"tax": TAX, "tax_id_verdict": "PLACEHOLDER", **HARBOR},
            {"tax": TAX, "tax_id_verdict": "PLACEHOLDER", **ELSEWHERE},
            None,
            None,
            None,
            id="placeholder_tax_id",
        ),
    ],
)
def test_bands(
    score_rows: Score,
    left: dict[str, Any],
    right: dict[str, Any],
    band: str | None,
    gate: str | None,
    relationship: str | None,
) -> None:
    name = "Quovadelle Surgical Inc"
    pairs = score_rows([record("x|1", name, **left), record("x|2", name.upper(), **right)])
    assert [(pair["band"], pair["gate"], pair["relationship"]) for pair in pairs] == (
        [(band, gate, relationship)] if band else []
    )


def test_one_building_and_one_telephone_do_not_merge_two_names(score_rows: Score) -> None:
    shared = {"phone": "312 664 0181", **HARBOR}
    pairs = score_rows(
        [record("x|1", "Quovadelle Cafe", **shared), record("x|2", "Zarrixane Dining", **shared)]
    )
    assert [(pair["band"], pair["gate"]) for pair in pairs] == [("REVIEW", None)]


def test_one_tax_id_under_two_names_is_a_question(score_rows: Score) -> None:
    rows = [
        record("x|1", "Quovadelle Infusion Systems, LLC", tax=TAX, **HARBOR),
        record("x|2", "Quovadelle Specialty Distribution, LLC", tax=TAX),
    ]
    assert [(pair["band"], pair["gate"]) for pair in score_rows(rows)] == [("REVIEW", None)]


def test_one_bank_account_under_two_tax_ids_does_not_merge(score_rows: Score) -> None:
    rows = [
        record("x|1", "Quovadelle Surgical", tax=TAX, bank="11112222", **HARBOR),
        record("x|2", "Quovadelle Surgical", tax=OTHER_TAX, bank="11112222", **HARBOR),
    ]
    assert [(pair["band"], pair["gate"]) for pair in score_rows(rows)] == [("REVIEW", None)]


def test_two_bank_accounts_stop_a_merge_by_name(score_rows: Score) -> None:
    rows = [
        record(f"x|{at}", "Quovadelle Surgical", bank=bank, **HARBOR) for at, bank in ((1, "11"), (2, "22"))
    ]
    assert [(pair["band"], pair["gate"]) for pair in score_rows(rows)] == [("REVIEW", None)]


def test_a_telephone_that_many_firms_share_merges_nobody(score_rows: Score) -> None:
    """A switchboard or a lockbox of four firms is compared, but as a common value."""
    phone = {"phone": "312 664 0181"}
    rows = [record(f"x|{at}", "Quovadelle Surgical", **phone) for at in (1, 2)]
    assert [pair["gate"] for pair in score_rows(rows)] == ["NAME_AND_PHONE"]
    firms = ("Bricolux", "Cravenhal", "Drumlock")
    others = [record(f"y|{at}", f"{firm} Ltd", **phone) for at, firm in enumerate(firms)]
    pairs = score_rows(rows + others)
    assert [(pair["left_key"], pair["right_key"], pair["gate"]) for pair in pairs] == [("x|1", "x|2", None)]


@pytest.mark.parametrize("width", [None, 19])
def test_two_cut_names_at_one_address_are_a_question(score_rows: Score, width: int | None) -> None:
    rows = [record(f"x|{at}", "Quovadelle Surgical", name_width=width, **HARBOR) for at in (1, 2)]
    assert [pair["band"] for pair in score_rows(rows)] == ["REVIEW" if width else "MERGE"]


def test_a_name_that_others_have_needs_more_than_a_telephone(score_rows: Score) -> None:
    phone = {"phone": "312 664 0181"}
    rows = [record(f"x|{at}", "Medical Supply Inc", **phone) for at in (1, 2)]
    assert [pair["gate"] for pair in score_rows(rows)] == ["NAME_AND_PHONE"]
    others = [record(f"x|{at}", "Medical Supply Inc", tax=tax) for at, tax in ((3, TAX), (4, OTHER_TAX))]
    found = {(pair["left_key"], pair["right_key"]): pair["gate"] for pair in score_rows(rows + others)}
    assert found.get(("x|1", "x|2")) is None


def test_two_names_with_two_tax_ids_are_two_firms_and_no_question(score_rows: Score) -> None:
    shared = {"phone": "312 664 0181", "email": "ar@quovadelle.example", "bank": "11112222", **HARBOR}
    rows = [
        record("x|1", "Quovadelle Surgical", tax=TAX, **shared),
        record("x|2", "Quovadelle Surgical Leasing", tax=OTHER_TAX, **shared),
    ]
    assert score_rows(rows) == []
    rows[1] |= {"tax_id": None, "tax_id_verdict": "MISSING"}
    assert [pair["band"] for pair in score_rows(rows)] != []


def test_a_longer_name_at_one_address_is_proposed_as_a_subsidiary(score_rows: Score) -> None:
    pairs = score_rows(
        [
            record("x|1", "Quovadelle Surgical", **HARBOR),
            record("x|2", "Quovadelle Surgical Leasing", **HARBOR),
        ]
    )
    assert [(pair["band"], pair["relationship"]) for pair in pairs] == [("REVIEW", "CHILD_OF")]


def test_a_place_name_is_no_typing_error(score_rows: Score) -> None:
    phone = {"phone": "800 664 0181"}
    rows = [
        record(f"x|{at}", f"Quovadelle Uniforms of {town}", **phone)
        for at, town in enumerate(("Redmoor", "Larkspur"))
    ]
    assert all(pair["band"] == "REVIEW" for pair in score_rows(rows))


def test_a_number_under_many_names_is_a_placeholder(score_rows: Score) -> None:
    names = ("Abaddon", "Bricolux", "Cravenhal", "Drumlock", "Esperanto", "Fribourg", "Grimoire")
    rows = [record(f"x|{at}", f"{name} Ltd", tax=TAX) for at, name in enumerate(names)]
    assert score_rows(rows) == []
    assert len(score_rows([record("x|1", "Abaddon Ltd", tax=TAX), record("x|2", "Abaddon", tax=TAX)])) == 1


def test_contributions_and_prior_are_the_weight(small_world: World) -> None:
    with connected() as connection:
        pairs = score(connection, _load(connection, small_world[0])).pairs.to_pylist()
    assert len(pairs) > 1000
    for row in pairs:
        evidence = evidence_of(row)
        total = evidence.prior_weight + sum(part.weight for part in evidence.contributions)
        assert abs(total - evidence.weight) < 1e-9
        assert len(evidence.contributions) == 7
        assert 0.5 < evidence.probability <= 1


def test_sensitive_values_are_marks_only(small_world: World) -> None:
    profiles, _ = small_world
    tokens = {
        *profiles["tax"].to_pylist(),
        *(t for banks in profiles["banks"].to_pylist() for t in banks),
    } - {None}
    with connected() as connection:
        pairs = score(connection, _load(connection, profiles)).pairs
    shown = " ".join(pairs["contributions"].to_pylist())
    assert "token …" in shown
    assert not [token for token in tokens if token in shown]


def _rounded(pairs: pa.Table) -> list[tuple[Any, ...]]:
    return [
        (
            row["left_key"],
            row["right_key"],
            round(row["weight"], 6),
            row["band"],
            row["gate"],
            row["blocking_rule"],
        )
        for row in pairs.to_pylist()
    ]


def test_order_threads_and_repeats_change_nothing(small_world: World) -> None:
    profiles, _ = small_world
    order = list(range(profiles.num_rows))
    random.Random(5).shuffle(order)
    results = []
    for table, threads in ((profiles, 2), (profiles, 2), (profiles.take(order), 2), (profiles, 1)):
        with connected(threads=threads) as connection:
            counted = _load(connection, table)
            results.append((census.version_of(counted), _rounded(score(connection, counted).pairs)))
    assert all(result == results[0] for result in results)


def test_what_arrived_against_the_rest_is_what_a_full_run_finds(small_world: World) -> None:
    profiles, _ = small_world
    new = set(random.Random(3).sample(profiles["record_key"].to_pylist(), 150))
    with connected() as connection:
        counted = _load(connection, profiles)
        full = _rounded(score(connection, counted).pairs)
        some = _rounded(score(connection, counted, arrived=sorted(new)).pairs)
    assert some == [row for row in full if row[0] in new or row[1] in new]


def test_a_saved_census_weighs_the_same(small_world: World, tmp_path: Any) -> None:
    profiles, _ = small_world
    with connected() as connection:
        counted = _load(connection, profiles)
        census.save(counted, tmp_path / "census.parquet")
        again = census.load(tmp_path / "census.parquet")
        assert census.version_of(again) == census.version_of(counted)
        assert _rounded(score(connection, again).pairs) == _rounded(score(connection, counted).pairs)


def test_blocks_that_are_too_large_are_narrowed_then_skipped(small_world: World) -> None:
    most = next(rule.most for rule in RULES if rule.name == "PHONE")
    base = small_world[0].slice(0, 1).to_pylist()[0]
    empty: dict[str, Any] = {"words": [], "names": [], "zips": [], "regions": [], "addresses": [], "ids": []}
    blank = empty | {"domains": [], "banks": [], "name_core": None, "tax": None}
    rows = [
        base | blank | {"record_key": f"r{at:04}", "name_root": root, "phones": ["3126640181"]}
        for at, root in enumerate(["few"] * 3 + ["many"] * (most + 1))
    ]
    with connected() as connection:
        connection.register(
            "census", _load(connection, pa.Table.from_pylist(rows, schema=small_world[0].schema))
        )
        blocked = block(connection)
        pairs = connection.sql("select join_key_l, join_key_r from blocked_pairs order by all").fetchall()
    assert pairs == [("r0000", "r0001"), ("r0000", "r0002"), ("r0001", "r0002")]
    assert blocked.skipped == {"PHONE": 1}


def test_no_records_and_no_pairs_are_no_error(small_world: World) -> None:
    with connected() as connection:
        counted = _load(connection, small_world[0].slice(0, 0))
        assert score(connection, counted).pairs.equals(PAIR.empty_table())
        counted = _load(connection, small_world[0].slice(0, 1))
        assert score(connection, counted).pairs.num_rows == 0


def test_limits_are_those_of_the_policy(small_world: World) -> None:
    with connected() as connection:
        counted = _load(connection, small_world[0])
        strict = score(connection, counted, policy=Policy(merge_from=25, review_from=10)).pairs.to_pylist()
    assert min(row["weight"] for row in strict) >= 10
    assert min(row["weight"] for row in strict if row["band"] == "MERGE") >= 25


def test_evidence_is_readable_without_the_model(small_world: World) -> None:
    with connected() as connection:
        row = score(connection, _load(connection, small_world[0])).pairs.to_pylist()[0]
    parts = json.loads(row["contributions"])
    assert [part["comparison"] for part in parts] == [
        "name",
        "tax_id",
        "address",
        "phone",
        "domain",
        "bank",
        "identifier",
    ]
    assert all(set(part) == {"comparison", "level", "weight", "left_value", "right_value"} for part in parts)
