"""What one run is: its settings, landscape, state and its two times, fixed at the start.

Nothing else in this room reads the clock.
"""

import uuid
from collections.abc import MutableMapping, MutableSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ingestion.configuration.landscape import Landscape, LandscapeError
from ingestion.landing_copy.journal import restore_journal
from ingestion.landing_copy.landing import batches_on_disk, sort_into_days
from ingestion.landing_copy.sealing import Seal
from ingestion.raw.scratch import Scratch
from ingestion.settings import Settings, prepare_process
from ingestion.state import StateStore
from ingestion.tokens import Tokenizer, load_key
from ingestion.vault import Vault, open_vault
from ingestion.windows import Window

__all__ = ["RunContext", "Window", "start_run"]


@dataclass(frozen=True)
class RunContext:
    """Passed to every step. All times are UTC without a zone.

    `known_at` is the knowledge cut the models use; `started_at` is the real start, which stamps everything
    landed in this run. They differ only when a past `--known-at` is asked for. `parsed` holds what the gate
    already read of a batch, so that the loader does not read it again; `loaded` what was loaded before its
    turn, by instance, for the report of the load; `has_raw_tables` the warehouses it made the raw tables of.
    """

    settings: Settings
    landscape: Landscape
    state: StateStore
    run_id: str
    as_of: date
    known_at: datetime
    started_at: datetime
    scratch: Scratch = field(compare=False, repr=False)
    parsed: MutableMapping[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)
    loaded: MutableMapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    has_raw_tables: MutableSet[Path] = field(default_factory=set, compare=False, repr=False)

    @property
    def as_of_ends_at(self) -> datetime:
        """The first instant after the business day `as_of` of the landscape, in UTC."""
        midnight = datetime.combine(self.as_of + timedelta(days=1), time(), tzinfo=self.landscape.zone)
        return midnight.astimezone(UTC).replace(tzinfo=None)

    @property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer(load_key(self.settings.home, self.landscape.token_key), self.vault)

    @property
    def seal(self) -> Seal:
        return Seal(self.settings.landing_key)

    @property
    def vault(self) -> Vault:
        return open_vault(self.settings.home, self.settings.vault_key)


def start_run(
    settings: Settings, landscape: Landscape, *, run_id: str | None = None, now: datetime | None = None
) -> RunContext:
    """Prepares HOME and the state store, and fixes the times of a run."""
    if landscape.environment == "prod" and not settings.vault_key:
        raise LandscapeError(
            ["environment variable CONCORD_VAULT_KEY is not set; in prod no vault key is made up"]
        )
    prepare_process(settings)
    started_at = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    known_at = settings.known_at or started_at
    if known_at.tzinfo is not None:
        known_at = known_at.astimezone(UTC).replace(tzinfo=None)
    today = started_at.replace(tzinfo=UTC).astimezone(landscape.zone).date()
    state = StateStore(settings.state_url)
    sort_into_days(settings.landing_dir)
    state.restore_batches(batches_on_disk(settings.landing_dir))
    restore_journal(state, settings.landing_dir, Seal(settings.landing_key))
    return RunContext(
        settings=settings,
        landscape=landscape,
        state=state,
        run_id=run_id or uuid.uuid4().hex,
        as_of=settings.as_of or landscape.as_of or today,
        known_at=known_at,
        started_at=started_at,
        scratch=Scratch(settings.home),
    )
