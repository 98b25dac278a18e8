"""What a landscape may say about one instance's files and resources, and the system's spec with it applied.

An application is one spec; how one hospital's copy of it writes its files (headers, encodings, date formats,
which files arrive whole and when) is data of the landscape. Everything downstream reads the specialized spec.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ingestion.spec import ResourceSpec, SystemSpec

Place = tuple[str, ...]


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ResourceRules(Strict):
    """How one resource of an instance arrives; what is left out is as the system's spec has it."""

    snapshot: bool | None = None
    max_drop: Decimal | None = Field(default=None, ge=0, le=1)
    delete_absent: bool | None = None


def specialized(spec: SystemSpec, resources: Mapping[str, ResourceRules]) -> SystemSpec:
    """The spec of one instance. `complaints` must have found nothing."""
    return replace(
        spec,
        resources=tuple(
            _resource(resource, resources[resource.name]) if resource.name in resources else resource
            for resource in spec.resources
        ),
    )


def complaints(spec: SystemSpec, resources: Mapping[str, ResourceRules]) -> Iterator[tuple[Place, str]]:
    """What makes no sense, with its place below the instance."""
    names = [resource.name for resource in spec.resources]
    for name, rules in resources.items():
        if name not in names:
            yield ("resources", name), f"{spec.name} has no resource {name!r}; allowed: {', '.join(names)}"
            continue
        is_snapshot = spec.resource(name).is_snapshot if rules.snapshot is None else rules.snapshot
        for key in ("max_drop", "delete_absent"):
            if getattr(rules, key) is not None and not is_snapshot:
                yield (
                    ("resources", name, key),
                    f"{key} is for what arrives whole each time; add snapshot: true if {name} does",
                )


def _resource(resource: ResourceSpec, rules: ResourceRules) -> ResourceSpec:
    given = {
        "is_snapshot": rules.snapshot,
        "max_drop": rules.max_drop,
        "absent_is_deleted": rules.delete_absent,
    }
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(resource, **changed)
