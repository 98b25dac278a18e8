"""What is merged by itself, what a person looks at, and what is left apart: limits as one value."""

from dataclasses import dataclass

MERGE, REVIEW, DISTINCT = "MERGE", "REVIEW", "DISTINCT"
SAME, SITE_OF, CHILD_OF, APART = "SAME", "SITE_OF", "CHILD_OF", "DISTINCT"


@dataclass(frozen=True)
class Policy:
    """`merge_from` and `review_from` are match weights in bits (log2 of the odds).

    Tax ids that conflict need `conflict_review_from`: two valid numbers mostly are two firms. A golden record
    of more than `most_members` records or `most_roots` first words of names never grows by itself
    (domain_rules 3.7). `joins_issued`: whether two golden records that were published may become one by
    themselves; `joins_paid`: even if both carry payments. A group without tax id that fits two firms within
    `ambiguous_within` joins neither.
    """

    merge_from: float = 8.0
    review_from: float = 4.0
    conflict_review_from: float = 20.0
    ambiguous_within: float = 6.0
    most_members: int = 25
    most_roots: int = 6
    joins_issued: bool = True
    joins_paid: bool = True


DEFAULT = Policy()
