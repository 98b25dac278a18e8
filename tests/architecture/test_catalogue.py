"""The golden catalogue of domain_rules 6: each case that the rules cover has a test with its id in its name.

A case is a story (`golden_ids`), a unit test of a model (`D_1_to_D_4_...`) or a test in Python
(`test_x_2_...`).
"""

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT
from tests.scenarios.landscapes import scenarios

COUNTS = {
    **{"S": 1, "U": 1, "M": 6, "Q": 7, "RT": 5, "C": 4, "B": 4, "L": 1, "D": 8, "P": 4},
    **{"G": 2, "K": 1, "X": 3, "V": 3, "E": 3, "N": 2},
}
WANTED = {f"{family}-{number}" for family, count in COUNTS.items() for number in range(1, count + 1)}
NAMED = re.compile(r"^([A-Z]{1,2})_(\d+)_(?:to_\1_(\d+)_)?")
UNIT_TEST = re.compile(r"^  - name: (\w+)$", re.MULTILINE)


def ids_in(name: str) -> set[str]:
    """The ids a test's name begins with: `D_1_to_D_4_the_most...` has four."""
    found = NAMED.match(name)
    if not found:
        return set()
    family, first, last = found.groups()
    return {f"{family}-{number}" for number in range(int(first), int(last or first) + 1)}


def _names() -> Iterator[str]:
    for path in (ROOT / "dbt_project/models").rglob("*.yml"):
        yield from UNIT_TEST.findall(path.read_text(encoding="utf-8"))
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = node.name.removeprefix("test_").split("_", 1)
                yield "_".join([words[0].upper(), *words[1:]])


def test_ids_are_read_from_names() -> None:
    assert ids_in("D_1_to_D_4_the_most_specific_rule") == {"D-1", "D-2", "D-3", "D-4"}
    assert ids_in("G_2_the_bridge") == {"G-2"}
    assert ids_in("X_2_a_time_out") == {"X-2"} and ids_in("A_time_out_of_2") == set()


def test_the_catalogue_is_complete() -> None:
    proven = {story.golden_ids for story in scenarios()}
    for name in _names():
        proven |= ids_in(name)
    assert not WANTED - proven, sorted(WANTED - proven)
