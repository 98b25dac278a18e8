"""What a steward can do: see the tasks, look into one, decide it. Plain functions that any surface may call.

Tasks come from the serving copy; decisions go to the state store, which no run overwrites, and take effect
with the next run. What a decision means is decided by the models, not here. Each decision keeps its question,
so that it can be looked up and taken back when nothing asks for it any more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.state import StateStore
from matching.evidence import Evidence, evidence_from
from publishing.serving import read

TASKS = """
    select tasks.*, (select max(as_of) from marts.publication) as as_of
    from marts.mart_steward_task as tasks order by amount_at_risk desc nulls last, task_id
"""
RECORDS = """
    select source_instance || '|' || native_id as reference, supplier_key, legal_name
    from conformed.dim_supplier_record
    where source_instance || '|' || native_id in (?, ?) order by reference
"""
VALUES = """
    select attribute, value
    from conformed.dim_supplier_value
    where supplier_key = (
        select supplier_key from conformed.dim_supplier_record where source_instance || '|' || native_id = ?
    )
"""
PAIR_OWNER = "vendor_master_governance"
PAIR_DECISIONS = "SAME,DISTINCT,SITE_OF,CHILD_OF"
# What a steward may state about a supplier; a tax id or bank account is corrected where it is kept.
OVERRIDABLE = ("legal_name", "duns", "payment_term_code", "currency_code")
VALUE, OVERRIDE, RELEASE = "SUPPLIER_VALUE", "OVERRIDE", "RELEASE"
# The evidence that a scored pair of suppliers keeps, JSON inside of the task's own.
MATCH = "match"
FIRST_DOCUMENT = ("first_receipt_date", "first_document_date")


class StewardError(ValueError):
    """A decision or question that makes no sense, in words for the person who asked."""


@dataclass(frozen=True)
class Decision:
    """What somebody decided about a subject, when and why."""

    decision: str
    actor: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class Task:
    """A question to a steward. `decision` is the latest one; the task leaves the queue with it.

    Its age is that of the first document concerned, at the day the serving copy was judged by.
    """

    task_id: str
    task_type: str
    subject_key: str
    title: str
    owner_role: str
    amount_at_risk: Decimal | None
    age_days: int | None
    evidence: Mapping[str, Any]
    proposal: Mapping[str, Any]
    allowed_decisions: tuple[str, ...]
    decision: Decision | None
    is_in_effect: bool

    @property
    def match(self) -> Evidence | None:
        """What speaks for and against two suppliers being one, where matching asks."""
        text = self.evidence.get(MATCH)
        return evidence_from(text) if text else None

    @property
    def is_open(self) -> bool:
        return self.decision is None


def queue(serving_dir: Path, state: StateStore, *, include_decided: bool = False) -> list[Task]:
    """The tasks that wait for a decision, the largest amount first; all of them when asked for."""
    return [task for task in _tasks(serving_dir, state) if include_decided or task.is_open]


def show(serving_dir: Path, state: StateStore, task_id: str) -> Task:
    """The task whose id starts with `task_id`."""
    found = [task for task in _tasks(serving_dir, state) if task_id and task.task_id.startswith(task_id)]
    if not found:
        raise StewardError(f"no task {task_id!r}; `steward queue` lists those there are")
    if len(found) > 1:
        raise StewardError(f"{task_id!r} is the beginning of {len(found)} task ids; give more of it")
    return found[0]


def decide(
    serving_dir: Path,
    state: StateStore,
    task_id: str,
    *,
    decision: str,
    actor: str,
    reason: str,
    now: datetime,
) -> Task:
    """Records a decision and returns the task with it. A later decision replaces an earlier one.

    Refused without actor or reason, when the task does not allow the decision and when it stands already.
    """
    task = show(serving_dir, state, task_id)
    wanted = decision.strip().upper()
    actor, reason = _signed(actor, reason)
    if wanted not in task.allowed_decisions:
        raise StewardError(
            f"{wanted or 'nothing'} is not allowed; allowed: {', '.join(task.allowed_decisions)}"
        )
    appended = state.append_decision(
        at=now,
        actor=actor,
        subject_type=task.task_type,
        subject_key=task.subject_key,
        decision=wanted,
        reason=reason,
        payload={**task.proposal, "question": _question(task)},
    )
    decided = show(serving_dir, state, task.task_id)
    if appended is None and decided.decision:
        first = decided.decision
        raise StewardError(f"{first.actor} decided {wanted} already on {first.decided_at:%Y-%m-%d %H:%M} UTC")
    return decided


def unmerge(
    serving_dir: Path, state: StateStore, one: str, other: str, *, actor: str, reason: str, now: datetime
) -> str:
    """Decides that two records of one golden supplier are two; `one` and `other` are `instance|native id`.

    The next run parts them: the record the supplier began with keeps its key, a redirect names the new one.
    Returns the subject of the decision. Refused when they are not two records of one golden supplier.
    """
    actor, reason = _signed(actor, reason)
    records = read(serving_dir, RECORDS, (one, other)).to_pylist()
    unknown = sorted({one, other} - {row["reference"] for row in records})
    if unknown:
        raise StewardError(f"no supplier record {' or '.join(unknown)}; name both as instance|native id")
    if len(records) != 2 or records[0]["supplier_key"] != records[1]["supplier_key"]:
        raise StewardError(f"{one} and {other} are not two records of one golden supplier")
    left, right = records
    subject = f"{left['reference']}~{right['reference']}"
    question = {
        "title": f"Are {left['legal_name']} and {right['legal_name']} one supplier?",
        "owner_role": PAIR_OWNER,
        "amount_at_risk": None,
        "evidence": json.dumps({"left_name": left["legal_name"], "right_name": right["legal_name"]}),
        "proposal": "{}",
        "allowed_decisions": PAIR_DECISIONS,
    }
    appended = state.append_decision(
        at=now,
        actor=actor,
        subject_type="SUPPLIER_PAIR",
        subject_key=subject,
        decision="DISTINCT",
        reason=reason,
        payload={"question": question},
    )
    if appended is None:
        raise StewardError(f"it was decided already that {one} and {other} are two; the next run acts on it")
    return subject


def override(
    serving_dir: Path,
    state: StateStore,
    record: str,
    attribute: str,
    value: str | None,
    *,
    until: date | None = None,
    actor: str,
    reason: str,
    now: datetime,
) -> str:
    """States a value of a golden supplier over what all systems say, up to and with the day `until`.

    `record` is one of its records as `instance|native id`; the value stays with the supplier that record
    belongs to. None releases an override that stands. Returns the subject of the decision.
    """
    actor, reason = _signed(actor, reason)
    if attribute not in OVERRIDABLE:
        raise StewardError(
            f"{attribute} cannot be overridden; possible: {', '.join(OVERRIDABLE)}. "
            "Correct a tax id or bank account in the system that owns it"
        )
    if value is not None and not value.strip():
        raise StewardError("a blank value says nothing; leave the value out to release an override")
    known = read(serving_dir, RECORDS, (record, record)).to_pylist()
    if not known:
        raise StewardError(f"no supplier record {record}; name it as instance|native id")
    subject = f"{record}~{attribute}"
    standing = state.standing_decisions(VALUE, subject).get(subject)
    stands = standing is not None and standing["decision"] == OVERRIDE
    before = {row["attribute"]: row["value"] for row in read(serving_dir, VALUES, (record,)).to_pylist()}
    said = {"value": value.strip() if value else None, "until": until.isoformat() if until else None}
    if stands and value is not None:
        told = json.loads(standing["payload"]) if standing else {}
        if (told.get("value"), told.get("until")) == (said["value"], said["until"]):
            raise StewardError(f"{attribute} of {record} is overridden so already; the next run acts on it")
    if not stands and value is None:
        raise StewardError(f"no override of {attribute} stands for {record}")
    question = {
        "title": f"What is the {attribute.replace('_', ' ')} of {known[0]['legal_name']}?",
        "owner_role": PAIR_OWNER,
        "amount_at_risk": None,
        "evidence": json.dumps({"before": before.get(attribute), "stated": said["value"]}),
        "proposal": json.dumps(said),
        "allowed_decisions": f"{OVERRIDE},{RELEASE}",
    }
    # A standing override is released first: what stands is always the last row.
    for decision in (
        (RELEASE, OVERRIDE) if stands and value is not None else (OVERRIDE if value else RELEASE,)
    ):
        state.append_decision(
            at=now,
            actor=actor,
            subject_type=VALUE,
            subject_key=subject,
            decision=decision,
            reason=reason,
            payload={**said, "question": question},
        )
    return subject


def _signed(actor: str, reason: str) -> tuple[str, str]:
    if not actor.strip() or not reason.strip():
        raise StewardError("a decision needs the name of who decides and a reason")
    return actor.strip(), reason.strip()


def _question(task: Task) -> dict[str, Any]:
    """What `mart_steward_task` shows of a task whose subject the models no longer find."""
    return {
        "title": task.title,
        "owner_role": task.owner_role,
        "amount_at_risk": task.amount_at_risk,
        "evidence": json.dumps(task.evidence),
        "proposal": json.dumps(task.proposal),
        "allowed_decisions": ",".join(task.allowed_decisions),
    }


def _tasks(serving_dir: Path, state: StateStore) -> list[Task]:
    latest = {(row["subject_type"], row["subject_key"]): row for row in state.decisions()}
    return [
        _task(row, latest.get((row["task_type"], row["subject_key"])))
        for row in read(serving_dir, TASKS).to_pylist()
    ]


def _task(row: Mapping[str, Any], latest: Mapping[str, Any] | None) -> Task:
    decision = (
        Decision(latest["decision"], latest["actor"], latest["reason"], latest["decided_at"])
        if latest
        else None
    )
    evidence = json.loads(row["evidence"] or "{}")
    since = next((evidence[name] for name in FIRST_DOCUMENT if evidence.get(name)), None)
    return Task(
        task_id=row["task_id"],
        task_type=row["task_type"],
        subject_key=row["subject_key"],
        title=row["title"],
        owner_role=row["owner_role"],
        amount_at_risk=row["amount_at_risk"],
        age_days=(row["as_of"] - date.fromisoformat(since)).days if since else None,
        evidence=evidence,
        proposal=json.loads(row["proposal"] or "{}"),
        allowed_decisions=tuple(word.strip() for word in row["allowed_decisions"].split(",")),
        decision=decision,
        is_in_effect=decision is not None and row["decision"] == decision.decision,
    )
