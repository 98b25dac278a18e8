"""The dbt project as assets: one `dbt build` a run, every data test an asset check."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._utils.warnings import disable_dagster_warnings
from dagster_dbt import DbtCliResource, dbt_assets

from dagster_project.assets.raw import POOL
from dagster_project.children import ends_with_the_run
from dagster_project.manifest import target_dir
from dagster_project.progress import tell
from dagster_project.resources import RunResource
from dagster_project.translators import ConcordTranslator

EVERY = 40
# A fifth of dbt's time: artifacts nobody reads (`prepare` wrote the manifest), a second log, for which it
# words every event of any level, and edges from each test to all that lies below it.
LEAN = ("--no-write-json", "--log-level-file", "none", "--use-fast-test-edges")


class SteadyAssets(dg.AssetsDefinition):
    """Assets that put their keys together once.

    Dagster asks for the keys of all at every output and for each of them: 200,000 unions of sets a run.
    """

    @staticmethod
    def dagster_internal_init(**attributes: Any) -> "SteadyAssets":
        # The base names itself here; every subset and copy is made through it.
        with disable_dagster_warnings():
            return SteadyAssets(**attributes)

    @cached_property
    def asset_and_check_keys(self) -> AbstractSet[dg.AssetKey | dg.AssetCheckKey]:
        return super().asset_and_check_keys


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
        _list_keys_once(context)
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

    return SteadyAssets.dagster_internal_init(**build.get_attributes_dict())


def _list_keys_once(context: dg.AssetExecutionContext) -> None:
    """Dagster puts the keys of all outputs together at each of them, 270,000 look-ups a run."""
    step = context.op_execution_context.get_step_execution_context()
    keys = step.get_output_asset_keys()
    vars(step)["get_output_asset_keys"] = lambda: keys
