"""What Concord once said and when: verdicts on documents, who is who; and the stewards' decisions.

Rows stand in the state store and, as JSON lines, beside the landing copy, so that a lost state store is
restored from there. None is ever recomputed; a run that looks back in time writes no verdict or identity.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.landing_copy.sealing import PLAIN, Seal
from ingestion.state import StateStore

if TYPE_CHECKING:
    from ingestion.runs import RunContext

FOLDER = "concord"
_TIMES: Mapping[str, Callable[[str], Any]] = {
    "known_at": datetime.fromisoformat,
    "decided_at": datetime.fromisoformat,
    "happened_at": datetime.fromisoformat,
    "as_of": date.fromisoformat,
}


def journal_is_open(run: RunContext) -> bool:
    """False when the run's `as_of` or `known_at` lies before the journal's last."""
    last = run.state.last_verdict_at()
    return last is None or (run.as_of >= last[0] and run.known_at >= last[1])


def append_verdicts(run: RunContext, rows: Iterable[Mapping[str, str]]) -> int:
    """Appends changed verdicts and returns how many.

    A row has entity_type, source_instance, native_id, match_status, codes and fingerprint.
    """
    if not journal_is_open(run):
        return 0
    stamp = {"run_id": run.run_id, "known_at": run.known_at, "as_of": run.as_of}
    stamped = run.state.append_verdicts([{**stamp, **row} for row in rows])
    _keep(run, "verdicts", stamped)
    return len(stamped)


def append_identity_events(run: RunContext, rows: Sequence[Mapping[str, Any]]) -> int:
    """Appends what a run found out about who is who (columns of `identity_event`); returns how many."""
    last = run.state.last_identity_at()
    if last is not None and run.known_at < last:
        return 0
    stamped = run.state.append_identity_events(rows)
    _keep(run, "identities", stamped)
    return len(stamped)


def keep_decisions(run: RunContext, rows: Sequence[Mapping[str, Any]]) -> None:
    """Copies decisions beside the landing copy; the same rows again change nothing."""
    _keep(run, "decisions", rows)


def restore_journal(state: StateStore, landing_dir: Path, seal: Seal = PLAIN) -> int:
    """Fills empty journals and missing decisions from the landing copy; returns how many verdicts came."""
    decisions = {row["seq"]: row for row in _kept(landing_dir, "decisions", seal)}
    if decisions:
        state.restore_decisions([decisions[seq] for seq in sorted(decisions)])
    if state.last_identity_at() is None:
        state.append_identity_events(_kept(landing_dir, "identities", seal))
    if state.last_verdict_at() is not None:
        return 0
    return len(state.append_verdicts(_kept(landing_dir, "verdicts", seal)))


def _keep(run: RunContext, what: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    folder = run.settings.landing_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{what}-{rows[0]['seq']:012d}.jsonl"
    text = "".join(json.dumps(row, sort_keys=True, default=str) + "\n" for row in rows)
    unfinished = folder / f".{name}.tmp"
    unfinished.write_bytes(run.seal.close(text.encode(), f"{FOLDER}/{name}"))
    unfinished.replace(folder / name)


def _kept(landing_dir: Path, what: str, seal: Seal) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted((landing_dir / FOLDER).glob(f"{what}-*.jsonl")):
        text = seal.open(path.read_bytes(), f"{FOLDER}/{path.name}").decode()
        for line in text.splitlines():
            row = json.loads(line)
            rows.append({name: _TIMES[name](cell) if name in _TIMES else cell for name, cell in row.items()})
    return rows
