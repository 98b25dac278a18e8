"""What a delivery reports, and the tally it is made from while messages come and go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from publishing.messages import State

_ANSWERED = (State.CONFIRMED, State.ACKED, State.REJECTED, State.CONFLICT, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one delivery did. `sent` counts messages of this run that the target took or may have taken.

    `confirmed` includes messages of earlier runs that a look-up found. `waiting` may go and did not (limit,
    transport trouble, kill switch); `withheld` failed the gate; `held` wait for a parent that is not
    confirmed; `awaiting_owner` are earlier rejections whose content has not changed; `conflicts` a person
    must decide; `canceled` a person ended although their content is still wanted; `unknown` is what is still
    in doubt; `planned` is what a dry run or shadow would have sent.
    """

    target: str
    entity: str
    mode: str
    reason: str = ""
    rows: int = 0
    planned: int = 0
    sent: int = 0
    confirmed: int = 0
    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    withheld: int = 0
    unchanged: int = 0
    waiting: int = 0
    awaiting_owner: int = 0
    conflicts: int = 0
    held: int = 0
    canceled: int = 0
    trouble: str = ""
    preview: Path | None = None


@dataclass(slots=True)
class Tally:
    """What was sent and where each message ended, by idempotency key."""

    sent: set[str] = field(default_factory=set)
    ended: dict[str, State] = field(default_factory=dict)
    trouble: str = ""

    def count(self, state: State) -> int:
        return sum(1 for ended in self.ended.values() if ended is state)

    def has_answer(self, key: str) -> bool:
        """Whether the target answered, or may have: such a message does not wait to be sent."""
        return self.ended.get(key) in _ANSWERED
