"""dbt started on what is parsed already, by hand and as a step of a run."""

import io
import json
from pathlib import Path

from dbt_common.events.base_types import EventLevel
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Formatting

from dagster_project.dbt_process import TerseEvents, parsed_manifest
from dagster_project.dbt_resource import DbtOnParsed
from dagster_project.manifest import require_manifest, target_dir
from dagster_project.parsing import PARSED
from ingestion.settings import Settings


def test_seeds_are_read_from_the_project_that_runs(manifest_settings: Settings, tmp_path: Path) -> None:
    manifest = parsed_manifest(tmp_path, target_dir(manifest_settings) / PARSED)
    seeds = [node for node in manifest.nodes.values() if node.resource_type == "seed"]
    assert seeds
    assert {node.root_path for node in seeds} == {str(tmp_path)}


def test_dbt_starts_without_being_asked_for_its_version(manifest_settings: Settings) -> None:
    """The two names are private to dagster-dbt: an upgrade must not bring their twelve seconds back."""
    resource = DbtOnParsed.of(require_manifest(manifest_settings))
    invocation = resource.cli(
        ["list", "--select", "stg_landscape__run"], target_path=target_dir(manifest_settings)
    )
    assert invocation.is_successful()
    assert invocation.adapter is None
    assert invocation.cli_version.major == 1
    assert str(target_dir(manifest_settings) / PARSED) in invocation.dbt_command


def test_only_what_a_log_asks_for_is_worded() -> None:
    for level, expected in ((EventLevel.INFO, ["info"]), (EventLevel.DEBUG, ["debug", "info"])):
        written = io.StringIO()
        events = TerseEvents()
        events.add_logger(
            LoggerConfig(
                name=f"told_{level}", level=level, line_format=LineFormat.Json, output_stream=written
            )
        )
        for told in (EventLevel.DEBUG, EventLevel.INFO):
            events.fire_event(Formatting("a model"), level=told)
        assert [json.loads(line)["info"]["level"] for line in written.getvalue().splitlines()] == expected
