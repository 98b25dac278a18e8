"""What a run may do to a target: off, dry run, shadow or live, and why.

Power is opt-in: a missing word means off. The kill switch and `--no-publish` win over everything; called by
`delivery` before anything else and again before each batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from publishing.messages import Stream
from publishing.planning import LIVE, Limits
from publishing.protocols import Run

OFF = "off"
DRY_RUN = "dry_run"
KILL_SWITCH = "PUBLISHING_OFF"
NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Power:
    """The mode in force, its limits, and the reason when it is less than the landscape asks for."""

    mode: str
    reason: str = ""
    limits: Limits = NO_LIMITS


def is_switched_off(home: Path) -> bool:
    """An operator's file in HOME stops all publishing, between two batches of a running delivery too."""
    return (home / KILL_SWITCH).exists()


def decide(run: Run, stream: Stream) -> Power:
    """The power of this run over one stream. Sending needs the landscape and every environment to agree."""
    allowed = run.landscape.publishing.get(stream.target)
    instance = run.landscape.instances.get(stream.target)
    if allowed is None or stream.entity not in allowed.entities or allowed.mode == OFF:
        return Power(OFF, "the landscape does not publish it")
    if not run.settings.publish:
        return Power(OFF, "the run was started with --no-publish")
    if is_switched_off(run.settings.home):
        return Power(OFF, f"the kill switch {KILL_SWITCH} is set")
    if instance is None:
        return Power(OFF, f"the landscape has no instance {stream.target}")
    strangers = sorted(
        f"{other.name} is {other.environment}"
        for other in run.landscape.instances.values()
        if other.environment != run.landscape.environment
    )
    if allowed.mode == LIVE and strangers:
        return Power(OFF, f"the run is {run.landscape.environment} but {', '.join(strangers)}")
    limits = Limits(allowed.limits.max_count, allowed.limits.max_amount)
    return Power(allowed.mode, limits=limits)
