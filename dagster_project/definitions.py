"""The code location `concord`: loads the settings and builds the definitions, nothing else."""

from dagster_project.build import build_definitions
from ingestion.settings import environment, load_settings

defs = build_definitions(load_settings(environment()))
