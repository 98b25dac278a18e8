"""The settings of one process: the only place that reads the environment.

Everything else gets a frozen `Settings` passed down, or the mapping that `environment()` returned. Also
switches off the telemetry of the packages underneath, for this process and its children.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

VARIABLES: dict[str, str] = {
    "CONCORD_HOME": "folder of the warehouse, state, landing copy and serving copy (default .concord)",
    "CONCORD_LANDSCAPE": "landscape folder used when --landscape is not given",
    "CONCORD_STATE_URL": "SQLAlchemy URL of the state store (default SQLite in CONCORD_HOME)",
    "CONCORD_SERVING_URL": "SQLAlchemy URL of a PostgreSQL database that gets the serving copy as well",
    "CONCORD_SERVING_READER": "role of that database which may read the serving copy",
    "CONCORD_LANDING_KEY": "key that seals the landing copy; several: the first seals, all open",
    "CONCORD_VAULT_KEY": "key of the vault of plain tax and bank values; required in prod",
    "CONCORD_SECRET_COMMAND": "command that prints the secret whose name is added, for ${secret:NAME}",
    "CONCORD_MODEL_THREADS": "models that are built at a time (default 2)",
}

WAREHOUSE = "warehouse.duckdb"
QUIET: dict[str, str] = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
}


class SettingsError(Exception):
    """A variable of the environment has a value that nothing can be done with."""


@dataclass(frozen=True)
class Settings:
    """Where state lives and what this run was asked for; `None` means that the landscape or clock decides."""

    home: Path
    landscape_dir: Path | None = None
    state_url: str = field(default="", repr=False)
    serving_url: str | None = field(default=None, repr=False)
    serving_reader: str | None = None
    vault_key: str | None = field(default=None, repr=False)
    landing_key: str | None = field(default=None, repr=False)
    model_threads: int = 2
    as_of: date | None = None
    known_at: datetime | None = None
    publish: bool = True
    # Where the warehouse and what belongs to it are built, when not in HOME itself.
    workshop: Path | None = None
    # Models by their path in the dbt project that take the place of shipped ones: a contract being tried.
    tried_models: Mapping[str, Path] = field(default_factory=dict)
    # Who accepts that a rebuild reads landed files differently, and why.
    accepted_by: str = ""
    accepted_because: str = ""

    @property
    def built_in(self) -> Path:
        """The folder of the warehouse and of the tools' state that must match it."""
        return self.workshop or self.home

    @property
    def warehouse_path(self) -> Path:
        return self.built_in / WAREHOUSE

    @property
    def warehouse_in_home(self) -> Path:
        """The warehouse in place, also while another one is built beside it."""
        return self.home / WAREHOUSE

    @property
    def landing_dir(self) -> Path:
        return self.home / "landing"

    @property
    def inbox_dir(self) -> Path:
        return self.home / "inbox"

    @property
    def pipelines_dir(self) -> Path:
        return self.built_in / "dlt" / "pipelines"

    @property
    def serving_dir(self) -> Path:
        return self.home / "serving"

    @property
    def dagster_dir(self) -> Path:
        return self.home / "dagster"

    @property
    def summary_path(self) -> Path:
        return self.home / "summary.json"

    @property
    def score_path(self) -> Path:
        return self.home / "score.json"


def environment() -> Mapping[str, str]:
    """A copy of the environment, for `load_settings` and the references of a landscape."""
    return dict(os.environ)  # noqa: TID251


def load_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Settings from the environment; an override that is not None wins (command-line options).

    Raises `SettingsError` for a value that cannot be used.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    home = Path(given.pop("home", None) or environ.get("CONCORD_HOME") or ".concord").expanduser().resolve()
    landscape = given.pop("landscape_dir", None) or environ.get("CONCORD_LANDSCAPE")
    settings = Settings(
        home=home,
        landscape_dir=Path(landscape).expanduser().resolve() if landscape else None,
        state_url=environ.get("CONCORD_STATE_URL") or f"sqlite:///{home / 'state.sqlite'}",
        serving_url=environ.get("CONCORD_SERVING_URL") or None,
        serving_reader=environ.get("CONCORD_SERVING_READER") or None,
        vault_key=environ.get("CONCORD_VAULT_KEY") or None,
        landing_key=environ.get("CONCORD_LANDING_KEY") or None,
        model_threads=_threads(environ.get("CONCORD_MODEL_THREADS") or "2"),
    )
    return replace(settings, **given)


def _threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(f"CONCORD_MODEL_THREADS is {text!r}; set it to a whole number from 1 on")
    return int(text)


def child_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child process: telemetry off, tool state under HOME."""
    return {
        **environ,
        **QUIET,
        "CONCORD_HOME": str(settings.home),
        "DLT_DATA_DIR": str(settings.home / "dlt"),
        "DAGSTER_HOME": str(settings.dagster_dir),
        # What a run is going to do is told at once before it begins: one transaction, not one for each asset.
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
        "CONCORD_WAREHOUSE": str(settings.warehouse_path),
        "CONCORD_MODEL_THREADS": str(settings.model_threads),
    }


def keep_private() -> int:
    """What this process and its children write is its owner's alone; returns the mask before.

    Libraries write too: a database its log beside the database, the orchestrator its records.
    """
    return os.umask(0o077)


def prepare_process(settings: Settings, extra: Mapping[str, str] | None = None) -> None:
    """Makes HOME (owner-only) and gives this process the same quiet environment as its children.

    `extra` adds variables that the process was not started with: the demo's connections to the sandbox.
    """
    keep_private()
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.landing_dir.mkdir(exist_ok=True)
    settings.dagster_dir.mkdir(exist_ok=True)
    os.environ.update({**child_environment(settings, {}), **(extra or {})})  # noqa: TID251
