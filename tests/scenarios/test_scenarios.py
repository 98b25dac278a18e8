"""Every scenario folder, run through the real command line: the golden catalogue and cases of our own."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.scenarios.comparison import differences
from tests.scenarios.decisions import decide
from tests.scenarios.landscapes import Scenario, compose, deliver, scenarios

# Whole runs, on a machine that may be busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SINGLE = [story for story in scenarios() if len(story.steps) == 1]
STEPPED = [story for story in scenarios() if len(story.steps) > 1]


@dataclass
class Homes:
    """One landscape and HOME; `serving[step]` is the copy that was published after that step."""

    serving: dict[int, Path]
    outputs: dict[int, str]


def run_stories(stories: Sequence[Scenario], folder: Path) -> Homes:
    homes = Homes({}, {})
    compose(stories, folder / "landscape")
    for step in range(max(len(story.steps) for story in stories)):
        days = {story.as_of(step) for story in stories if step < len(story.steps)}
        assert len(days) == 1, f"stories that run together must agree on the day of step {step + 1}: {days}"
        deliver(stories, step, folder / "landscape")
        for story in stories:
            decide(story, step, folder / "home")
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("concord")), "run", "--home", str(folder / "home")),
                *("--landscape", str(folder / "landscape"), "--as-of", days.pop()),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        homes.outputs[step] = done.stdout + done.stderr
        assert done.returncode in (0, 3), homes.outputs[step]
        copy = folder / f"serving_{step + 1}.duckdb"
        copy.write_bytes((folder / "home" / "serving" / "concord.duckdb").read_bytes())
        homes.serving[step] = copy
    return homes


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    return run_stories(SINGLE, tmp_path_factory.mktemp("single"))


@pytest.fixture(scope="session")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Homes]:
    """The stories that begin on a day share a landscape, run when the first of them asks."""

    @cache
    def begun_on(day: str) -> Homes:
        together = [story for story in STEPPED if story.as_of(0) == day]
        return run_stories(together, tmp_path_factory.mktemp("stepped"))

    return begun_on


def check(story: Scenario, homes: Homes) -> None:
    found = [
        f"step {step + 1}: {difference}"
        for step, folder in enumerate(story.steps)
        for expected in sorted(folder.glob("expected/*.csv"))
        for difference in differences(expected, homes.serving[step], story.name)
    ]
    assert not found, "\n".join(
        [f"{story.name} ({story.golden_ids})", *found, f"see {story.folder / 'story.md'}"]
    )


def named(story: Scenario) -> str:
    return f"{story.golden_ids}-{story.name}"


@pytest.mark.parametrize("story", SINGLE, ids=named)
def test_story(story: Scenario, single: Homes) -> None:
    check(story, single)


@pytest.mark.parametrize("story", STEPPED, ids=named)
def test_story_in_steps(story: Scenario, stepped: Callable[[str], Homes]) -> None:
    check(story, stepped(story.as_of(0)))


def test_an_older_version_that_arrives_last_is_flagged(stepped: Callable[[str], Homes]) -> None:
    [story] = [story for story in STEPPED if story.golden_ids == "E-2"]
    outputs = stepped(story.as_of(0)).outputs
    assert "1 rows of feed came LATE" in outputs[1] and "LATE" not in outputs[0]
