"""dbt as a step of a run starts it: on the parsed project, without what dagster-dbt asks for beforehand."""

from typing import Any

from dagster_dbt import DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION

from dagster_project.manifest import Manifest, dbt_on


class DbtOnParsed(DbtCliResource):
    """The same command and events; no `dbt --version` and no second adapter, which are twelve seconds a run.

    Only row counts and column metadata fetched from the warehouse would need the adapter; nobody does that.
    """

    @classmethod
    def of(cls, manifest: Manifest) -> "DbtOnParsed":
        project = str(manifest.project_dir)
        python, *options = dbt_on(manifest.project_dir, manifest.path.parent)
        return cls(
            project_dir=project, profiles_dir=project, dbt_executable=python, global_config_flags=options
        )

    @property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        return None
