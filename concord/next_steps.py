"""What `concord check` says to do next: one line for each thing to mend, else the command to run."""

import shlex
from collections.abc import Sequence

from dagster_project.own_models import OwnModelsError, own_files, own_staging
from ingestion.reports import CheckLine
from ingestion.settings import Settings
from publishing.serving import DATABASE


def own_models_line(settings: Settings) -> list[CheckLine]:
    """Whether the landscape's own models can be laid over the project; nothing where it has none."""
    own = own_files(settings)
    if not own:
        return []
    try:
        own_staging(settings)
    except OwnModelsError as error:
        return [CheckLine("own models", False, str(error), "rename that file of the landscape")]
    return [CheckLine("own models", True, f"{len(own)} files")]


def next_steps(lines: Sequence[CheckLine], settings: Settings) -> list[str]:
    """What to do, in order, each in one line."""
    landscape = f"--landscape {shlex.quote(str(settings.landscape_dir))}"
    failed = [line for line in lines if not line.ok]
    if failed:
        again = f"concord check {landscape}"
        return [*(f"{line.subject}: {line.remedy}" for line in failed), f"then {again}"]
    if (settings.serving_dir / DATABASE).exists():
        return [f"concord run {landscape}"]
    return [f"concord run {landscape} --no-publish    (loads and judges, sends nothing)"]
