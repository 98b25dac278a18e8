"""One health system as data: its instances, connections, publishing powers and governed parameters.

`load_landscape` reads `landscape.yaml` and `seeds/*.csv` of a folder. Anything unknown or wrong is a
`LandscapeError` that names the file, the line and what is allowed, before anything else happens.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import pyarrow as pa
from pydantic import Field, ValidationError, field_validator, model_validator

from ingestion.configuration.connections import connection_complaints, secret_complaints
from ingestion.configuration.instance_spec import (
    ArrivalRules,
    ColumnRules,
    FormatRules,
    InstanceRules,
    ResourceRules,
    Strict,
    complaints,
    specialized,
)
from ingestion.configuration.landscape_file import LandscapeError, LandscapeFile
from ingestion.configuration.seeds import read_seeds
from ingestion.registry import SYSTEMS
from ingestion.spec import SystemSpec

__all__ = ["Instance", "Landscape", "LandscapeError", "Partitions", "TargetPublishing", "load_landscape"]

Environment = Literal["sandbox", "dev", "test", "qa", "prod"]


class Limits(Strict):
    """The most that one run may send to a target; None is no limit."""

    max_count: int | None = Field(default=None, ge=0)
    max_amount: Decimal | None = Field(default=None, ge=0)


class TargetPublishing(Strict):
    """What may be published to one target. Absence means off."""

    mode: Literal["off", "dry_run", "shadow", "live"] = "off"
    entities: tuple[str, ...] = ()
    limits: Limits = Limits()


class Partitions(Strict):
    """How a backfill is cut into windows: days or months from `starts_on` to before `ends_on`, if given."""

    grain: Literal["month", "day"]
    starts_on: date
    ends_on: date | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.ends_on and self.ends_on <= self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} is not after starts_on {self.starts_on}")
        if self.grain == "month" and {self.starts_on.day, (self.ends_on or self.starts_on).day} != {1}:
            raise ValueError("months start on the first day: starts_on and ends_on must be one")
        return self


class Credential(Strict):
    """When a credential must have been replaced, and who does it; the value stands elsewhere."""

    rotates_on: date
    owner: str = ""


class Retention(Strict):
    """How long plain payloads stay in the landing copy before tokens take the place of sensitive values."""

    plain: str

    @field_validator("plain")
    @classmethod
    def _duration(cls, value: str) -> str:
        _hours(value)
        return value


class _InstanceEntry(Strict):
    system: str
    environment: Environment | None = None
    connection: dict[str, str] = Field(default_factory=dict)
    legal_entities: tuple[str, ...] = ()
    timezone: str | None = None
    fresh_within: str | None = None
    history_starts_on: date | None = None
    format: FormatRules | None = None
    arrival: ArrivalRules = ArrivalRules()
    columns: dict[str, dict[str, ColumnRules]] = Field(default_factory=dict)
    resources: dict[str, ResourceRules] = Field(default_factory=dict)
    credentials: dict[str, Credential] = Field(default_factory=dict)
    retention: Retention | None = None

    @property
    def rules(self) -> InstanceRules:
        return InstanceRules(self.format, self.columns, self.resources, self.arrival)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return _zone(value) if value else None

    @field_validator("fresh_within")
    @classmethod
    def _duration(cls, value: str | None) -> str | None:
        if value is not None:
            _hours(value)
        return value


class _LandscapeEntry(Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    environment: Environment
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    timezone: str
    as_of: date | None = None
    history_starts_on: date | None = None
    token_key: str | None = None
    instances: dict[str, _InstanceEntry] = Field(min_length=1)
    publishing: dict[str, TargetPublishing] = Field(default_factory=dict)
    partitions: Partitions | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return _zone(value)


@dataclass(frozen=True)
class Instance:
    """One running copy of an application, with its connection resolved and the spec it is read by."""

    name: str
    system: str
    spec: SystemSpec = field(repr=False)
    environment: str
    connection: Mapping[str, str] = field(repr=False)
    legal_entities: tuple[str, ...]
    timezone: str
    fresh_within: timedelta
    history_starts_on: date | None
    # The environment variables its connection is filled from, to name in a message.
    variables: tuple[str, ...] = ()
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    # How long its plain payloads are kept; None is forever.
    plain_kept_for: timedelta | None = None


@dataclass(frozen=True)
class Landscape:
    """A landscape as read: typed, references resolved, seeds validated."""

    name: str
    directory: Path
    environment: str
    currency: str
    timezone: str
    as_of: date | None
    history_starts_on: date | None
    token_key: str | None
    instances: Mapping[str, Instance]
    publishing: Mapping[str, TargetPublishing]
    seeds: Mapping[str, pa.Table] = field(repr=False)
    partitions: Partitions | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def instances_of(self, system: str) -> tuple[Instance, ...]:
        return tuple(instance for instance in self.instances.values() if instance.system == system)


def load_landscape(directory: Path, environ: Mapping[str, str]) -> Landscape:
    """Reads a landscape folder, or raises `LandscapeError` with every complaint found."""
    file = LandscapeFile.read(directory / "landscape.yaml")
    optional = frozenset() if file.text("environment") == "prod" else frozenset({("token_key",)})
    document = file.resolve(environ, optional=optional)
    try:
        entry = _LandscapeEntry.model_validate(document)
    except ValidationError as error:
        raise LandscapeError(
            [file.complaint(problem, _LandscapeEntry) for problem in error.errors()]
        ) from None
    wrong = secret_complaints(file, ("token_key",)) if "token_key" in file.document else []
    wrong += [
        text
        for name, given in entry.instances.items()
        for text in _instance_complaints(file, name, given, entry)
    ]
    if wrong:
        raise LandscapeError(wrong)
    return Landscape(
        name=entry.name,
        directory=directory.resolve(),
        environment=entry.environment,
        currency=entry.currency,
        timezone=entry.timezone,
        as_of=entry.as_of,
        history_starts_on=entry.history_starts_on,
        token_key=entry.token_key,
        instances={
            name: _instance(name, given, entry, directory, file.variables(("instances", name, "connection")))
            for name, given in entry.instances.items()
        },
        publishing=entry.publishing,
        seeds=read_seeds(directory / "seeds"),
        partitions=entry.partitions,
    )


def spec_of(directory: Path, instance: str) -> SystemSpec:
    """The spec an instance is read by, without resolving any reference. KeyError for an unknown instance."""
    file = LandscapeFile.read(directory / "landscape.yaml")
    given = (file.document.get("instances") or {})[instance]
    try:
        rules = InstanceRules(
            FormatRules.model_validate(given["format"]) if given.get("format") else None,
            {
                table: {name: ColumnRules.model_validate(rule) for name, rule in columns.items()}
                for table, columns in (given.get("columns") or {}).items()
            },
            {
                name: ResourceRules.model_validate(rule)
                for name, rule in (given.get("resources") or {}).items()
            },
        )
    except ValidationError as error:
        raise LandscapeError([file.message(("instances", instance), str(error))]) from None
    return specialized(SYSTEMS[given["system"]], rules)


def _instance_complaints(
    file: LandscapeFile, name: str, entry: _InstanceEntry, landscape: _LandscapeEntry
) -> list[str]:
    """Complaints about an instance: its name, system, environment, connection and rules for its resources."""
    at = ("instances", name)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return [file.message(at, f"instance name {name!r} must be lower case letters, digits and _")]
    if entry.system not in SYSTEMS:
        allowed = ", ".join(sorted(SYSTEMS))
        return [file.message((*at, "system"), f"unknown system {entry.system!r}; allowed: {allowed}")]
    environment = entry.environment or landscape.environment
    found = connection_complaints(file, name, entry.system, entry.connection, environment)
    if environment != landscape.environment and "prod" in (environment, landscape.environment):
        words = f"{name} is {environment} but the landscape is {landscape.environment}: prod stays among prod"
        found.append(file.message((*at, "environment"), words))
    rules = complaints(SYSTEMS[entry.system], entry.rules)
    return found + [file.message((*at, *place), text) for place, text in rules]


def _instance(
    name: str,
    entry: _InstanceEntry,
    landscape: _LandscapeEntry,
    directory: Path,
    variables: tuple[str, ...],
) -> Instance:
    connection = dict(entry.connection)
    local = {key for key in connection if key.endswith("_file")}
    if "folder" in SYSTEMS[entry.system].connection_required:
        local.add("folder")
    for key in local:
        # Relative to the landscape, so that it means the same from any working directory.
        connection[key] = str((directory / Path(connection[key]).expanduser()).resolve())
    return Instance(
        name=name,
        system=entry.system,
        spec=specialized(SYSTEMS[entry.system], entry.rules),
        environment=entry.environment or landscape.environment,
        connection=connection,
        legal_entities=entry.legal_entities,
        timezone=entry.timezone or landscape.timezone,
        fresh_within=_hours(entry.fresh_within or "24h"),
        history_starts_on=entry.history_starts_on or landscape.history_starts_on,
        variables=variables,
        credentials=entry.credentials,
        plain_kept_for=_hours(entry.retention.plain) if entry.retention else None,
    )


_zones = cache(available_timezones)  # reads a whole tree of folders


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"unknown time zone {value!r}; allowed: IANA names such as America/Chicago")
    return value


def _hours(value: str) -> timedelta:
    match = re.fullmatch(r"([0-9]+)\s*(m|h|d)", value)
    if not match:
        raise ValueError(f"{value!r} is no duration; allowed: a number with m, h or d, such as 24h")
    unit = {"m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})
