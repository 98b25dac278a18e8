"""The baseline: findings that were open on a day are taken as known, so that people see what is new.

A baseline is one decision about a set, kept in the state store with actor and reason: what was open when the
serving copy was made, all of it or that of a code, an instance or both. What it takes the models say; amounts
and rates count it as before.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.state import StateStore
from publishing.serving import read

SUBJECT, BASELINED, UNDONE = "BASELINE", "BASELINED", "UNDONE"
EVERYTHING = "all"
OPEN = """
    select code, count(*) as finding_count, sum(amount_at_risk) as amount_at_risk
    from controls.exc_exception
    where status = 'OPEN' and baselined_on is null
        and code = coalesce($1, code) and source_instance = coalesce($2, source_instance)
    group by code order by finding_count desc, code
"""
KNOWN = """
    select 'code' as name, code as value from controls.exc_exception
    union select 'source_instance', source_instance from controls.exc_exception
"""
SERVED = "select max(as_of) as as_of, max(known_at) as known_at from marts.publication"


class BaselineError(ValueError):
    """A baseline that makes no sense, in words for the person who asked."""


@dataclass(frozen=True)
class Taken:
    """The findings of one code that a baseline takes or would take."""

    code: str
    finding_count: int
    amount_at_risk: Decimal | None


@dataclass(frozen=True)
class Baseline:
    """A baseline somebody set; `is_standing` until it is undone."""

    name: str
    as_of: date
    known_at: datetime
    code: str | None
    source_instance: str | None
    finding_count: int
    actor: str
    reason: str
    decided_at: datetime
    is_standing: bool


def open_findings(serving_dir: Path, code: str | None = None, instance: str | None = None) -> list[Taken]:
    """What a baseline set now would take: open findings that none took before, by code."""
    code = code.strip().upper() if code else None
    rows = read(serving_dir, OPEN, (code, instance)).to_pylist()
    known = {(row["name"], row["value"]) for row in read(serving_dir, KNOWN).to_pylist()}
    for name, value in (("code", code), ("source_instance", instance)):
        if not rows and value and (name, value) not in known:
            raise BaselineError(f"no finding has {name.replace('_', ' ')} {value}")
    return [Taken(**row) for row in rows]


def baselines(state: StateStore) -> list[Baseline]:
    """All baselines, the latest last."""
    found = [_baseline(key, row) for key, row in state.standing_decisions(SUBJECT).items()]
    return sorted(found, key=lambda one: (one.known_at, one.name))


def set_baseline(
    serving_dir: Path,
    state: StateStore,
    *,
    code: str | None = None,
    instance: str | None = None,
    actor: str,
    reason: str,
    now: datetime,
) -> Baseline:
    """Takes what is open in the serving copy as the baseline; refused where nothing is left to take."""
    taken = open_findings(serving_dir, code, instance)
    if not taken:
        raise BaselineError("nothing is open that no baseline took before")
    code = code.strip().upper() if code else None
    [served] = read(serving_dir, SERVED).to_pylist()
    said = {
        "as_of": served["as_of"].isoformat(),
        "known_at": served["known_at"].isoformat(sep=" "),
        "code": code,
        "source_instance": instance,
        "finding_count": sum(one.finding_count for one in taken),
    }
    moment = f"{served['known_at']:%Y%m%dT%H%M%S}"
    name = "~".join((moment, code or EVERYTHING, instance or EVERYTHING))
    return _decided(state, name, BASELINED, said, actor, reason, now)


def undo_baseline(state: StateStore, name: str, *, actor: str, reason: str, now: datetime) -> Baseline:
    """Lets the findings of a baseline count as new again."""
    standing = [one for one in baselines(state) if one.is_standing and one.name == name]
    if not standing:
        raise BaselineError(f"no baseline {name} stands; `concord baseline list` shows what there is")
    said = json.loads(state.standing_decisions(SUBJECT, name)[name]["payload"])
    return _decided(state, name, UNDONE, said, actor, reason, now)


def _decided(
    state: StateStore,
    name: str,
    decision: str,
    said: Mapping[str, Any],
    actor: str,
    reason: str,
    now: datetime,
) -> Baseline:
    if not actor.strip() or not reason.strip():
        raise BaselineError("a baseline needs the name of who decides and a reason")
    appended = state.append_decision(
        at=now,
        actor=actor.strip(),
        subject_type=SUBJECT,
        subject_key=name,
        decision=decision,
        reason=reason.strip(),
        payload=said,
    )
    if appended is None:
        raise BaselineError(f"baseline {name} stands already; the next run acts on it")
    return _baseline(name, state.standing_decisions(SUBJECT)[name])


def _baseline(name: str, row: Mapping[str, Any]) -> Baseline:
    said = json.loads(row["payload"])
    return Baseline(
        name=name,
        as_of=date.fromisoformat(said["as_of"]),
        known_at=datetime.fromisoformat(said["known_at"]),
        code=said["code"],
        source_instance=said["source_instance"],
        finding_count=said["finding_count"],
        actor=row["actor"],
        reason=row["reason"],
        decided_at=row["decided_at"],
        is_standing=row["decision"] == BASELINED,
    )
