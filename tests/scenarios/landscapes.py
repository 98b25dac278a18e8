"""Scenario folders composed into landscapes: every story keeps its own seeds and documents.

A folder is `story.md`, optional `landscape.yaml` (an `instances:` fragment) and `seeds/`, and per step
`as_of`, `in/<instance>/<entity>.csv`, `expected/<table>.csv` and, where a person answers what the step before
asked, `decisions.csv`. Document ids are prefixed with the story's name, and instances of one name are shared,
because each costs seconds; one with settings stands alone.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
DOMAINS = (
    ("supplier", "master"),
    ("item", "unit"),
    ("purchase_order", "document"),
    ("receipt", "document"),
    ("invoice", "document"),
    ("contract", "document"),
)


@dataclass(frozen=True)
class Scenario:
    """One business story on disk."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def steps(self) -> tuple[Path, ...]:
        return tuple(
            sorted(self.folder.glob("step_*"), key=lambda step: int(step.name.removeprefix("step_")))
        )

    @property
    def golden_ids(self) -> str:
        """The catalogue ids that the story stands for, or `ugly` for one of our own."""
        found = re.search(r"^Golden cases: (.+)$", (self.folder / "story.md").read_text("utf-8"), re.M)
        return found[1] if found and found[1] != "-" else "ugly"

    @property
    def instances(self) -> dict[str, dict[str, object]]:
        """Instance names with their settings: those with files and those that the fragment names."""
        fragment = self.folder / "landscape.yaml"
        given = yaml.safe_load(fragment.read_text("utf-8"))["instances"] if fragment.is_file() else {}
        filled = {path.name for path in self.folder.glob("step_*/in/*")}
        return {name: dict(given.get(name) or {}) for name in sorted(filled | set(given))}

    def as_of(self, step: int) -> str:
        return (self.steps[step] / "as_of").read_text("utf-8").strip()

    def shared(self, instance: str) -> str:
        """The instance's name in the composed landscape."""
        return (
            f"{self.name}__{instance}"
            if self.instances[instance] or not self._has_files(instance)
            else instance
        )

    def _has_files(self, instance: str) -> bool:
        return any(self.folder.glob(f"step_*/in/{instance}/*.csv"))


def scenarios() -> list[Scenario]:
    return [Scenario(path.parent) for path in sorted(HERE.glob("*/story.md"))]


def compose(stories: Sequence[Scenario], folder: Path) -> None:
    """Writes one landscape that holds all the stories, without any documents yet."""
    (folder / "seeds").mkdir(parents=True)
    instances = {
        story.shared(name): {
            "system": "feed",
            "connection": {"folder": f"in/{story.shared(name)}"},
            "fresh_within": "3650d",
            **settings,
        }
        for story in stories
        for name, settings in story.instances.items()
    }
    landscape = {
        "name": "scenarios",
        "environment": "test",
        "currency": "USD",
        "timezone": "America/Chicago",
        "instances": instances,
    }
    (folder / "landscape.yaml").write_text(yaml.safe_dump(landscape, sort_keys=False), encoding="utf-8")
    for seed in (
        "tolerance",
        "parameter",
        "tax_exemption",
        "facility_tier",
        "system_of_record",
        "accrual_owner",
        "posting_owner",
    ):
        rows = _read(HERE / "seeds" / f"{seed}.csv")
        for story in stories:
            rows += _seed_rows(story, seed)
        _write(folder / "seeds" / f"{seed}.csv", rows)


def deliver(stories: Iterable[Scenario], step: int, folder: Path) -> None:
    """Lays the documents of a step into the feed folders; a file of a later step replaces an earlier one."""
    files: dict[Path, list[dict[str, str]]] = {}
    for story in stories:
        for source in sorted(story.steps[step].glob("in/*/*.csv")) if step < len(story.steps) else ():
            target = folder / "in" / story.shared(source.parent.name) / source.name
            files.setdefault(target, []).extend(_own(row, story) for row in _read(source))
    for target, rows in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, rows)


def _own(row: dict[str, str], story: Scenario) -> dict[str, str]:
    """A row whose ids no other story can use."""
    return {
        name: f"{story.name}__{value}" if value and name.endswith("_id") and name != "tax_id" else value
        for name, value in row.items()
    }


def _seed_rows(story: Scenario, seed: str) -> list[dict[str, str]]:
    path = story.folder / "seeds" / f"{seed}.csv"
    if seed == "system_of_record" and not path.is_file():
        return [
            {
                "domain": domain,
                "attribute_group": group,
                "source_instance": story.shared(name),
                "write_policy": "MASTER",
                "entity_scope": entity,
            }
            for name in story.instances
            for entity in _entities(story)
            for domain, group in DOMAINS
        ]
    rows = _read(path)
    if seed == "system_of_record":
        return [
            {**row, "source_instance": story.shared(row["source_instance"]), "entity_scope": entity}
            for row in rows
            for entity in _entities(story) or [""]
        ]
    for column in ("source_instance", "target_instance"):
        rows = [{**row, column: story.shared(row[column])} if column in row else row for row in rows]
    return rows


def _entities(story: Scenario) -> list[str]:
    orders = (row for path in story.folder.glob("step_*/in/*/purchase_order.csv") for row in _read(path))
    return sorted({row["legal_entity_code"] for row in orders})


def _read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
