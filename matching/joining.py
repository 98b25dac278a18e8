"""Scored pairs into groups, best first, and the questions that remain for people."""

from collections.abc import Iterable, Mapping, Sequence

from matching.clusters import AMBIGUOUS, BOTH_ISSUED, KEPT_APART
from matching.gate import IDENTIFYING
from matching.grouping import Run
from matching.identity import SAME, UNSURE, Pair, ordered
from matching.policy import MERGE, Policy

MATCH = "MATCH"
LOST_EVIDENCE, SUGGESTION, REFUSED = "LOST_EVIDENCE", "SUGGESTION", "REFUSED"


def ask_for_lost_evidence(run: Run, pairs: Iterable[Pair]) -> set[str]:
    """Records that changed and have nothing left in common with their own; they do not draw others in."""
    changed = {
        key
        for key in run.before
        if run.has_changed(key) and len(run.clusters.members[run.clusters.root(key)]) > 1
    }
    for pair in pairs:
        if run.clusters.root(pair.left_key) == run.clusters.root(pair.right_key):
            changed -= {pair.left_key, pair.right_key}
    for one in run.decisions.values():
        if one.kind == SAME:
            changed -= {one.left_key, one.right_key}
    for key in sorted(changed):
        mate = min(other for other in run.clusters.members[run.clusters.root(key)] if other != key)
        run.ask(
            LOST_EVIDENCE,
            key,
            mate,
            "changed, and nothing it is compared by speaks for its golden record any more",
        )
    return changed


def apply_scores(run: Run, pairs: Sequence[Pair], held: set[str], policy: Policy) -> None:
    """Joins what the band MERGE and nothing else speaks for; asks about the rest, once per two groups."""
    merging = _neighbors(pair for pair in pairs if pair.band == MERGE)
    questions: list[tuple[Pair, str, str]] = []
    for pair in pairs:
        left, right = pair.left_key, pair.right_key
        if _is_decided(run, pair) or run.clusters.root(left) == run.clusters.root(right):
            continue
        if pair.band != MERGE:
            questions.append((pair, SUGGESTION, pair.gate or "NO_GATE"))
        elif held & {left, right}:
            questions.append((pair, REFUSED, LOST_EVIDENCE))
        else:
            objection = run.clusters.objection(left, right) or _unsettled(run, pair)
            if objection is None and pair.gate not in IDENTIFYING:
                objection = _ambiguity(run, pair, merging, policy)
            if objection is None:
                run.join(left, right, MATCH, f"{left} is {right}: {pair.gate}", pair.weight)
            elif objection != KEPT_APART:
                questions.append((pair, REFUSED, objection))
    _ask(run, questions, policy)


def _unsettled(run: Run, pair: Pair) -> str | None:
    """A record that changed renames nobody else: alone it moves to the other's key, with others it asks."""
    for key, other in ((pair.left_key, pair.right_key), (pair.right_key, pair.left_key)):
        own_keys = run.clusters.keys.get(run.clusters.root(key))
        if run.has_changed(key) and own_keys and run.clusters.keys.get(run.clusters.root(other)):
            if len(run.clusters.members[run.clusters.root(key)]) > 1:
                return BOTH_ISSUED
            run.yielding.update(own_keys)
    return None


def _is_decided(run: Run, pair: Pair) -> bool:
    """Whether somebody has answered; UNSURE is an answer until one of the records changes."""
    decision = run.decisions.get(ordered(pair.left_key, pair.right_key))
    has_news = run.has_changed(pair.left_key) or run.has_changed(pair.right_key)
    return decision is not None and not (decision.kind == UNSURE and has_news)


def _ask(run: Run, questions: Iterable[tuple[Pair, str, str]], policy: Policy) -> None:
    asked: set[tuple[str, str]] = set()
    for pair, kind, reason in questions:
        roots = ordered(run.clusters.root(pair.left_key), run.clusters.root(pair.right_key))
        is_answered = roots[0] == roots[1] or roots in asked or run.clusters.are_apart(*roots)
        # Two valid numbers mostly are two firms: only strong evidence asks whether one of them is wrong.
        is_weak = pair.weight < policy.conflict_review_from and run.clusters.taxes_differ(*roots)
        if not is_answered and not is_weak:
            asked.add(roots)
            run.ask(kind, pair.left_key, pair.right_key, reason, pair)


def _neighbors(pairs: Iterable[Pair]) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for pair in pairs:
        found.setdefault(pair.left_key, []).append((pair.right_key, pair.weight))
        found.setdefault(pair.right_key, []).append((pair.left_key, pair.weight))
    return found


def _ambiguity(
    run: Run, pair: Pair, merging: Mapping[str, list[tuple[str, float]]], policy: Policy
) -> str | None:
    """A group without a tax id that fits two firms about as well belongs to neither by itself."""
    clusters = run.clusters
    one, other = clusters.root(pair.left_key), clusters.root(pair.right_key)
    for nameless, target in ((one, other), (other, one)):
        if clusters.has_tax(nameless) or not clusters.has_tax(target):
            continue
        for key in clusters.members[nameless]:
            for rival, weight in merging.get(key, ()):
                root = clusters.root(rival)
                is_near = weight >= pair.weight - policy.ambiguous_within
                if is_near and root not in (nameless, target) and clusters.taxes_differ(root, target):
                    return AMBIGUOUS
    return None
