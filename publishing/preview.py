"""Writes what a dry run or shadow would send, with its difference from what the target has.

One JSON line a message in HOME/publishing/<stream>/<run>.jsonl; nothing is sent. A shadow run also asks the
target what it holds under the same key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from publishing.ledger import Ledger
from publishing.messages import SENDABLE, Message, Outcome, State, Stream

_ASKED_AT_ONCE = 200

LookUp = Callable[[Sequence[Message]], Mapping[str, Outcome]]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Column -> [before, after] where they differ; a column only one side has counts as null."""
    names = sorted(before.keys() | after.keys())
    return {
        name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)
    }


def write_preview(
    folder: Path, stream: Stream, ledger: Ledger, run_id: str, look_up: LookUp | None = None
) -> Path:
    """Writes the file and returns its path. `look_up` is given for a shadow run only."""
    messages = ledger.messages(stream, SENDABLE | {State.WITHHELD})
    confirmed = ledger.confirmed_payloads(stream)
    at_target: dict[str, Outcome] = {}
    for start in range(0, len(messages) if look_up else 0, _ASKED_AT_ONCE):
        assert look_up is not None
        at_target |= look_up(messages[start : start + _ASKED_AT_ONCE])
    path = folder / str(stream) / f"{run_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for message in messages:
            line: dict[str, Any] = {
                "business_key": message.business_key,
                "idempotency_key": message.idempotency_key,
                "state": message.state,
                "reason": message.last_error,
                "payload": message.content,
                "differences": differences(
                    json.loads(confirmed.get(message.posting_key, "{}")), message.content
                ),
            }
            if look_up is not None:
                line["target"] = _compared(at_target.get(message.idempotency_key), message)
            file.write(json.dumps(line, sort_keys=True) + "\n")
    return path


def _compared(found: Outcome | None, message: Message) -> dict[str, Any]:
    if found is None:
        return {"found": False}
    held = dict(found.content or {})
    ours = {name: message.content.get(name) for name in held}
    return {"found": True, "reference": found.reference, "differences": differences(held, ours)}
