"""From what arrived to a batch of the landing copy: what waits or was accepted before lands no second time.

Also a batch's changes of status, each in the audit trail. `pipelines.py` decides when; nothing here fetches.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from ingestion.configuration.landscape import Instance
from ingestion.landing_copy import landing
from ingestion.landing_copy.inbox import Inbox
from ingestion.landing_copy.landing import Batch, LandedFile, Payload, write_batch
from ingestion.runs import RunContext
from ingestion.soap_wire import SoapWire
from ingestion.transports.fetched import Fetched, cursor_text
from ingestion.windows import Window

# A resource, and whether it is about its keys alone.
Kind = tuple[str, bool]


def land_payloads(
    run: RunContext, instance: Instance, fetched: Fetched, window: Window | None
) -> Batch | None:
    earlier = run.state.batches(instance.name)
    offered = {_says(payload) for payload in fetched.payloads}
    waiting, fresh = None, set(offered)
    for batch in reversed(earlier):
        content = {_says(file) for file in batch.files}
        if batch.status != "ACCEPTED" and content <= offered:
            # The same content waits already; a held one goes back to the gate, whose suite may have changed.
            waiting = decide(run, batch, "LANDED", "", "ingestion") if batch.status == "HELD" else batch
            fresh -= content
    repeated = _repeated(fetched.payloads, earlier)
    payloads = [
        payload for payload in fetched.payloads if _kind(payload) not in repeated and _says(payload) in fresh
    ]
    if not payloads:
        return waiting
    return _written(run, instance, payloads, {} if window else _no_later_than_now(run, instance, fetched))


def _no_later_than_now(run: RunContext, instance: Instance, fetched: Fetched) -> dict[str, str]:
    """A change dated in the future (a mistyped year) must not hide what really changes until then."""
    if isinstance(instance.spec.wire, SoapWire):
        return dict(fetched.cursors)  # its days are those that were asked for
    now = cursor_text(run.started_at.replace(tzinfo=UTC))
    return {name: min(at, now) for name, at in fetched.cursors.items()}


def land_events(run: RunContext, instance: Instance) -> int:
    """Moves what the instance sent by itself into a batch of its own, also while it does not answer."""
    inbox = Inbox(run.settings.inbox_dir / instance.name, run.seal)
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


def _kind(file: LandedFile | Payload) -> Kind:
    return file.resource, file.is_key_set


def _says(file: LandedFile | Payload) -> tuple[Kind, str, str]:
    """Equal for what brings the same; under another version of the interface it is another answer."""
    return _kind(file), file.says, file.api_version


def _repeated(payloads: Iterable[Payload], batches: Iterable[Batch]) -> set[Kind]:
    """The resources of an API or database that brought what was accepted last of them, and nothing else.

    After a cursor moved, the end of what was accepted is enough: only what followed it was asked for.
    """
    accepted: dict[Kind, list[str]] = {}
    moved: dict[Kind, bool] = {}
    for batch in batches:
        if batch.status == "ACCEPTED":
            files = [file for file in batch.files if not file.source_name]
            brought = _hashes(files)
            accepted |= brought
            moved |= {kind: kind[0] in batch.cursors for kind in brought}
    now = _hashes(payload for payload in payloads if not payload.source_name)
    return {
        kind
        for kind, hashes in now.items()
        if hashes == accepted.get(kind) or (moved.get(kind) and hashes == accepted[kind][-len(hashes) :])
    }


def _hashes(files: Iterable[LandedFile | Payload]) -> dict[Kind, list[str]]:
    found: dict[Kind, list[str]] = {}
    for file in files:
        found.setdefault(_kind(file), []).append(file.says)
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
