"""From what arrived to a batch of the landing copy: what waits or was accepted before lands no second time.

Also a batch's changes of status, each in the audit trail. `pipelines.py` decides when; nothing here fetches.
"""

from collections.abc import Iterable, Mapping, Sequence

from ingestion import landing
from ingestion.inbox import Inbox
from ingestion.landing import Batch, Payload, write_batch
from ingestion.landscape import Instance
from ingestion.runs import RunContext
from ingestion.transports.fetched import Fetched
from ingestion.windows import Window


def land_payloads(
    run: RunContext, instance: Instance, fetched: Fetched, window: Window | None
) -> Batch | None:
    earlier = run.state.batches(instance.name)
    # The same content under another version of the interface is another answer.
    offered = {(payload.resource, payload.says, payload.api_version) for payload in fetched.payloads}
    waiting, fresh = None, set(offered)
    for batch in reversed(earlier):
        content = {(file.resource, file.says, file.api_version) for file in batch.files}
        if batch.status != "ACCEPTED" and content <= offered:
            # The same content waits already; a held one goes back to the gate, whose suite may have changed.
            waiting = decide(run, batch, "LANDED", "", "ingestion") if batch.status == "HELD" else batch
            fresh -= content
    repeated = _repeated(fetched.payloads, earlier)
    payloads = [
        payload
        for payload in fetched.payloads
        if payload.resource not in repeated and (payload.resource, payload.says, payload.api_version) in fresh
    ]
    if not payloads:
        return waiting
    return _written(run, instance, payloads, {} if window else fetched.cursors)


def land_events(run: RunContext, instance: Instance) -> int:
    """Moves what the instance sent by itself into a batch of its own, also while it does not answer."""
    inbox = Inbox(run.settings.inbox_dir / instance.name)
    files = inbox.waiting()
    if instance.spec.events and files:
        _written(run, instance, [inbox.payload(files)], {})
        inbox.forget(files)
    return len(files)


def _written(
    run: RunContext, instance: Instance, payloads: Sequence[Payload], cursors: Mapping[str, str]
) -> Batch:
    number = len(run.state.batches(instance.name)) + 1
    batch = write_batch(
        run.settings.landing_dir,
        batch_id=f"{run.started_at:%Y%m%dT%H%M%S%f}-{run.run_id[:8]}-{number:04}",
        instance=instance.name,
        system=instance.system,
        run_id=run.run_id,
        known_at=run.started_at,
        payloads=payloads,
        cursors=cursors,
        seal=run.seal,
    )
    run.state.save_batch(batch)
    return batch


def _repeated(payloads: Iterable[Payload], batches: Iterable[Batch]) -> set[str]:
    """The resources of an API or database that brought what was accepted last of them, and nothing else.

    After a cursor moved, the end of what was accepted is enough: only what followed it was asked for.
    """
    accepted: dict[str, list[str]] = {}
    moved: dict[str, bool] = {}
    for batch in batches:
        if batch.status == "ACCEPTED":
            files = [file for file in batch.files if not file.source_name]
            brought = _hashes((file.resource, file.says) for file in files)
            accepted |= brought
            moved |= {name: name in batch.cursors for name in brought}
    now = _hashes((payload.resource, payload.says) for payload in payloads if not payload.source_name)
    return {
        name
        for name, hashes in now.items()
        if hashes == accepted.get(name) or (moved.get(name) and hashes == accepted[name][-len(hashes) :])
    }


def _hashes(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for resource, says in pairs:
        found.setdefault(resource, []).append(says)
    return found


def decide(run: RunContext, batch: Batch, status: landing.Status, reason: str, actor: str) -> Batch:
    changed = landing.set_status(batch, status, reason=reason, actor=actor)
    run.state.save_batch(changed)
    audit(run, actor, f"batch {status.lower()}", f"{batch.instance}/{batch.batch_id}", {"reason": reason})
    return changed


def audit(run: RunContext, actor: str, action: str, subject: str, detail: Mapping[str, str]) -> None:
    run.state.append_audit(
        at=run.started_at,
        actor=actor,
        action=action,
        subject=subject,
        detail={**detail, "run_id": run.run_id},
    )
