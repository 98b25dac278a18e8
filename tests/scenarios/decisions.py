"""What people decide between two steps of a story, given through `concord steward decide`.

A row of `decisions.csv` names a task by its type and the document or record it is about (`native_id`).
"""

import csv
from pathlib import Path

from click.testing import CliRunner

from concord.cli import main
from concord.options import served_settings
from concord.stewardship import Task, queue
from ingestion.state import StateStore
from tests.scenarios.landscapes import Scenario

SUBJECT = ("left_native_id", "native_id")


def decide(story: Scenario, step: int, home: Path) -> None:
    """Gives the decisions that come before the run of `step`; a task that is not asked is an error."""
    path = story.steps[step] / "decisions.csv" if step < len(story.steps) else None
    if path is None or not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        about = f"{story.name}__{row['native_id']}"
        tasks = [task for task in _tasks(home) if task.task_type == row["task_type"]]
        asked = [task for task in tasks if about in _subjects(task)]
        assert len(asked) == 1, f"{path}: {len(asked)} {row['task_type']} tasks about {row['native_id']}"
        given = ("--decision", row["decision"], "--actor", row["actor"], "--reason", row["reason"])
        done = CliRunner().invoke(main, ["steward", "decide", asked[0].task_id, *given, "--home", str(home)])
        assert done.exit_code == 0, f"{path}: {done.output}"


def _subjects(task: Task) -> set[str]:
    return {task.evidence[name] for name in SUBJECT if task.evidence.get(name)}


def _tasks(home: Path) -> list[Task]:
    settings = served_settings(home)
    state = StateStore(settings.state_url)
    try:
        return queue(settings.serving_dir, state, include_decided=True)
    finally:
        state.close()
