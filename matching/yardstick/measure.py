"""How good an outcome is against the truth: pairs, wrongly merged look-alikes, and work left to people."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import comb

from matching.identity import Membership, Task, latest_memberships
from matching.yardstick.dress import Truth


@dataclass(frozen=True)
class Agreement:
    """Pairwise precision, recall and F1 of one grouping against another."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Quality:
    """`automatic` as it stands, `reviewed` after every question was answered rightly; shares are of one."""

    automatic: Agreement
    reviewed: Agreement
    tasks_per_thousand: float
    true_share: float
    wrongly_merged: Mapping[str, tuple[int, int]]


def agreement(found: Mapping[str, Hashable], true: Mapping[str, Hashable]) -> Agreement:
    """Over the records of `true`."""
    both = sum(comb(n, 2) for n in Counter((found[key], true[key]) for key in true).values())
    claimed = sum(comb(n, 2) for n in Counter(found[key] for key in true).values())
    real = sum(comb(n, 2) for n in Counter(true.values()).values())
    return Agreement(both / claimed if claimed else 1.0, both / real if real else 1.0)


def quality(memberships: Iterable[Membership], tasks: Iterable[Task], truths: Iterable[Truth]) -> Quality:
    """`wrongly_merged` by family of look-alikes: suppliers that share a golden record, and all."""
    golden = {key: row.golden_key for key, row in latest_memberships(memberships).items()}
    known = {truth.record_key: truth for truth in truths}
    true = {key: truth.supplier for key, truth in known.items()}
    asked = list(tasks)
    right = [task for task in asked if true[task.left_key] == true[task.right_key]]
    suppliers = defaultdict(set)
    for key, golden_key in golden.items():
        suppliers[golden_key].add(true[key])
    mixed = {number for group in suppliers.values() if len(group) > 1 for number in group}
    families = defaultdict(set)
    for truth in known.values():
        if truth.trap:
            families[truth.trap].add(truth.supplier)
    return Quality(
        agreement(golden, true),
        agreement(_joined(golden, right), true),
        1000 * len(asked) / len(true),
        len(right) / len(asked) if asked else 1.0,
        {trap: (len(found & mixed), len(found)) for trap, found in sorted(families.items())},
    )


def _joined(golden: Mapping[str, str], tasks: Iterable[Task]) -> dict[str, str]:
    head: dict[str, str] = {}

    def find(key: str) -> str:
        while key in head:
            key = head[key]
        return key

    for task in tasks:
        left, right = find(golden[task.left_key]), find(golden[task.right_key])
        if left != right:
            head[left] = right
    return {key: find(golden_key) for key, golden_key in golden.items()}
