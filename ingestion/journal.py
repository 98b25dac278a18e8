"""The verdict journal: what Concord once said about a document, and when; never recomputed.

Rows go to the state store and, as JSON lines, beside the landing copy, so that a lost state store is
restored from there. A run that looks back in time writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.state import StateStore

if TYPE_CHECKING:
    from ingestion.runs import RunContext

FOLDER = "concord"


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
    if stamped:
        folder = run.settings.landing_dir / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"verdicts-{stamped[0]['seq']:012d}.jsonl"
        unfinished = folder / f".{name}.tmp"
        unfinished.write_text(
            "".join(json.dumps(row, sort_keys=True, default=str) + "\n" for row in stamped), encoding="utf-8"
        )
        unfinished.replace(folder / name)
    return len(stamped)


def restore_journal(state: StateStore, landing_dir: Path) -> int:
    """Fills an empty journal from the landing copy; returns how many rows came back."""
    if state.last_verdict_at() is not None:
        return 0
    rows: list[dict[str, Any]] = []
    for path in sorted((landing_dir / FOLDER).glob("verdicts-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            row["known_at"] = datetime.fromisoformat(row["known_at"])
            row["as_of"] = date.fromisoformat(row["as_of"])
            rows.append(row)
    return len(state.append_verdicts(rows))
