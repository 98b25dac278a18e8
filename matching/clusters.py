"""Groups of records that grow by joins, and what a join may not do."""

from collections.abc import Iterable, Mapping

from matching.identity import Record
from matching.policy import Policy

KEPT_APART, TAX_CONFLICT, BOTH_ISSUED = "KEPT_APART", "TAX_ID_CONFLICT", "BOTH_ISSUED"
AMBIGUOUS = "AMBIGUOUS"
TOO_LARGE, TOO_MANY_NAMES = "CLUSTER_SUSPECT_SIZE", "CLUSTER_SUSPECT_NAMES"


class Clusters:
    """Disjoint groups; each is known by its root record. `apart` are pairs that never share a group."""

    def __init__(
        self, records: Mapping[str, Record], apart: Iterable[tuple[str, str]], policy: Policy
    ) -> None:
        self._records, self._policy = records, policy
        self._root = {key: key for key in records}
        self.members: dict[str, list[str]] = {key: [key] for key in records}
        self.keys: dict[str, list[str]] = {}
        self._taxes = {key: {one.tax: one.tax_near} if one.tax else {} for key, one in records.items()}
        self._foes: dict[str, set[str]] = {}
        for left, right in apart:
            self._foes.setdefault(left, set()).add(right)
            self._foes.setdefault(right, set()).add(left)

    def root(self, key: str) -> str:
        root = key
        while self._root[root] != root:
            root = self._root[root]
        while self._root[key] != root:
            self._root[key], key = root, self._root[key]
        return root

    def join(self, left: str, right: str) -> None:
        """Joins without asking."""
        one, other = self.root(left), self.root(right)
        if one == other:
            return
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        self._root[other] = one
        self.members[one] += self.members.pop(other)
        self._taxes[one] = {**self._taxes[one], **self._taxes.pop(other)}
        keys = self.keys.pop(other, [])
        if keys:
            self.keys.setdefault(one, []).extend(keys)

    def are_apart(self, left: str, right: str) -> bool:
        """Whether somebody decided that a member of one group is not a member of the other."""
        one, other = self.root(left), self.root(right)
        if len(self.members[one]) > len(self.members[other]):
            one, other = other, one
        return any(
            self.root(key) == other
            for member in self.members[one]
            for key in self._foes.get(member, ())
            if key in self._root
        )

    def objection(self, left: str, right: str) -> str | None:
        """Why the groups of two records must not become one by themselves; None if they may."""
        one, other = self.root(left), self.root(right)
        policy = self._policy
        if self.are_apart(left, right):
            return KEPT_APART
        members = [*self.members[one], *self.members[other]]
        if self.taxes_differ(one, other):
            return TAX_CONFLICT
        if len(members) > policy.most_members:
            return TOO_LARGE
        if len(members) > policy.most_roots:
            roots = {self._records[key].name_root for key in members} - {None}
            if len(roots) > policy.most_roots:
                return TOO_MANY_NAMES
        if self.keys.get(one) and self.keys.get(other):
            both_paid = all(
                any(self._records[key].has_payments for key in self.members[root]) for root in (one, other)
            )
            if not policy.joins_issued or (both_paid and not policy.joins_paid):
                return BOTH_ISSUED
        return None

    def has_tax(self, root: str) -> bool:
        return bool(self._taxes[root])

    def taxes_differ(self, one: str, other: str) -> bool:
        """Whether two groups, named by their roots, hold valid tax ids more than a typing error apart."""
        left, right = self._taxes[one], self._taxes[other]
        return any(
            tax != tax2 and not near & near2 for tax, near in left.items() for tax2, near2 in right.items()
        )
