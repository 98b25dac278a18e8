"""What this room needs from others, by shape: the run, the state database, a gate's verdict, a target.

Keeps publishing testable without a warehouse or a wire and free of imports it may not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa

from ingestion.configuration.landscape import Landscape
from ingestion.settings import Settings
from publishing.messages import Message, Outcome
from publishing.planning import Terms


class StateDatabase(Protocol):
    """The state store: one engine for the tables of all rooms."""

    @property
    def engine(self) -> sa.Engine: ...


class AuditedState(StateDatabase, Protocol):
    """A state store with the append-only audit trail."""

    def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]
    ) -> None: ...


class Vault(Protocol):
    """Where the plain values behind tokens lie."""

    def resolve(self, token: str) -> str | None: ...


class Run(Protocol):
    """The part of a run's context that delivery reads."""

    @property
    def settings(self) -> Settings: ...
    @property
    def landscape(self) -> Landscape: ...
    @property
    def state(self) -> AuditedState: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def run_id(self) -> str: ...
    @property
    def as_of(self) -> date: ...
    @property
    def known_at(self) -> datetime: ...


class GateVerdict(Protocol):
    """A posting gate's answer: which keys stay behind and why."""

    @property
    def passed(self) -> bool: ...
    @property
    def suite(self) -> str: ...
    @property
    def failing(self) -> Mapping[str, str]: ...
    @property
    def unkeyed(self) -> int: ...


class Target(Protocol):
    """A thin adapter: how one target takes messages and answers for them. It holds no payload rule.

    `send` returns an outcome by idempotency key (a message left out stays in doubt) and raises
    `NotTakenError` when surely nothing was processed, `InDoubtError` when that cannot be known. `look_up`
    returns what the target knows of the messages and raises either when it cannot be asked. Both may be
    called again: the target recognizes a message it already has by a key of ours that it holds unique.
    """

    @property
    def batch_size(self) -> int: ...
    @property
    def terms(self) -> Terms: ...
    def send(self, messages: Sequence[Message], correlation_id: str) -> Mapping[str, Outcome]: ...
    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]: ...
    def close(self) -> None: ...
