"""Golden keys for groups: the oldest stays, others redirect, new groups get one; and the rows that say so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from matching.grouping import Run
from matching.identity import MERGED, SPLIT, Membership, Redirect, State, short_hash
from matching.joining import MATCH

SELF, KEPT, MOVED = "SELF", "KEPT", "MOVED"


def write_rows(
    run: Run, state: State, model_version: str
) -> tuple[tuple[Membership, ...], tuple[Redirect, ...]]:
    issued: dict[str, datetime] = {}
    for row in state.memberships:
        issued[row.golden_key] = min(row.since, issued.get(row.golden_key, row.since))
    parted = {leader: (golden_key, decision) for golden_key, leader, decision in run.splits}
    memberships: list[Membership] = []
    redirects: list[Redirect] = []
    for members in sorted(map(sorted, run.clusters.members.values())):
        root = run.clusters.root(members[0])
        keys = sorted(
            run.clusters.keys.get(root, ()), key=lambda key: (key in run.yielding, issued[key], key)
        )
        if keys:
            survivor = keys[0]
        else:
            founder = min(members, key=lambda key: (run.records[key].anchor_rank, key))
            survivor = _free_key(founder, issued)
            issued[survivor] = run.at
        redirects += [Redirect(key, survivor, MERGED, run.at, run.reasons[key]) for key in keys[1:]]
        for leader in members:
            if leader in parted:
                golden_key, decision = parted[leader]
                redirects.append(
                    Redirect(golden_key, survivor, SPLIT, run.at, f"{decision.actor}: {decision.reason}")
                )
        found = (_row(run, key, survivor, model_version) for key in members)
        memberships += [row for row in found if row]
    return tuple(memberships), tuple(redirects)


def _free_key(founder: str, issued: Mapping[str, datetime]) -> str:
    """The founder's own key, unless it has already stood for a golden record."""
    key, attempt = founder, 0
    while key in issued:
        attempt += 1
        key = short_hash(founder, str(attempt))
    return key


def _row(run: Run, key: str, golden_key: str, model_version: str) -> Membership | None:
    """What is new about a record: itself, its golden key or its content; None if nothing is."""
    before, content = run.before.get(key), run.records[key].content_hash
    if before is None:
        link = run.links.get(key)
        if link is None:
            return Membership(key, golden_key, run.at, SELF, content)
        version = model_version if link.method == MATCH else None
        return Membership(key, golden_key, run.at, link.method, content, link.via, link.weight, version)
    if before.golden_key == golden_key and before.content_hash == content:
        return None
    method = KEPT if before.golden_key == golden_key else MOVED
    return replace(before, golden_key=golden_key, since=run.at, method=method, content_hash=content)
