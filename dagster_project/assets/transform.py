"""The dbt project as assets: one `dbt build` a run, every data test an asset check."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from dagster_project.assets.raw import POOL
from dagster_project.children import ends_with_the_run
from dagster_project.manifest import target_dir
from dagster_project.progress import tell
from dagster_project.resources import RunResource
from dagster_project.translators import ConcordTranslator

EVERY = 40
# A fifth of dbt's time: artifacts nobody reads (`prepare` wrote the manifest), and a second log, for which it
# words every event of any level.
LEAN = ("--no-write-json", "--log-level-file", "none")


def dbt_models(manifest_path: Path) -> dg.AssetsDefinition:
    """All models and seeds. Unit tests run in CI, not in production."""

    @dbt_assets(
        manifest=manifest_path,
        name="dbt_models",
        dagster_dbt_translator=ConcordTranslator(),
        pool=POOL,
    )
    def build(context: dg.AssetExecutionContext, dbt: DbtCliResource, run: RunResource) -> Iterator[Any]:
        built = 0
        invocation = dbt.cli(
            ["build", "--exclude-resource-type", "unit_test", *LEAN],
            context=context,
            target_path=target_dir(run.context.settings),
        )
        with ends_with_the_run(invocation.process):
            for event in invocation.stream():
                built += isinstance(event, dg.Output)
                if isinstance(event, dg.Output) and built % EVERY == 0:
                    tell(f"models: {built} built")
                yield event

    return build
