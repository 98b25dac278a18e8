"""A generated world, as the fixtures hand it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.generate import World


@dataclass(frozen=True)
class Made:
    """A generated world and where it lies."""

    folder: Path
    world: World
