"""`contract` and `lineage`: what a new version of a source would change, and what a column is made of."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from concord.commands_run import INCOMPLETE
from concord.contract_check import (
    ContractReport,
    Found,
    content_changes,
    fetch_live,
    impacts_of,
    list_changes,
    missing_paths,
    read_payloads,
    read_samples,
    unfilled,
)
from concord.lineage import LAYERS, load_lineage
from concord.options import (
    DEMO_LANDSCAPE,
    home_option,
    json_option,
    landscape_option,
    make_settings,
    read_landscape,
)
from concord.report import Progress
from concord.spec_changes import spec_changes
from dagster_project.outline import read_outline
from ingestion.configuration.landscape import LandscapeError, spec_of
from ingestion.contracts.proposed import ProposedContractError, read_proposed
from ingestion.contracts.published import FieldListError, read_field_list
from ingestion.registry import SYSTEMS
from ingestion.runs import start_run
from ingestion.settings import Settings, prepare_process
from ingestion.spec import SystemSpec

MOST_SHOWN = 40
_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def contract() -> None:
    """The contract of a source: what its fields are, and what changes when they do."""


@contract.command("check")
@landscape_option
@home_option
@click.option("--instance", required=True, help="The instance of the landscape whose contract is compared.")
@click.option("--payloads", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Recorded.")
@click.option("--field-list", type=_file, help="A vendor's list of fields, .csv or .csv.gz.")
@click.option("--against", type=_file, help="An earlier such list: compare the two releases.")
@click.option(
    "--contract",
    "new",
    type=click.Path(path_type=Path, exists=True),
    help="A new contract of ours, as for `concord release test`: compare it with today's.",
)
@json_option
def check_command(
    landscape: Path | None,
    home: Path | None,
    instance: str,
    payloads: Path | None,
    field_list: Path | None,
    against: Path | None,
    new: Path | None,
    as_json: bool,
) -> None:
    """Compare the contract with the source, recorded payloads, a vendor's list of fields or a new contract.

    Reports fields added, removed, retyped, required otherwise or with other values, and which canonical
    columns, conformed tables, marts and outbound payloads they reach. Without --payloads, --field-list and
    --contract the source is asked for its last month; nothing is loaded. Exit code 3 when a field that is
    read has changed.
    """
    if against and not field_list:
        raise click.UsageError("--against goes with --field-list")
    if sum(1 for given in (payloads, field_list, new) if given) > 1:
        raise click.UsageError("compare with one of --payloads, --field-list and --contract")
    settings = make_settings(home, landscape)
    assert settings.landscape_dir is not None
    systems = read_outline(settings.landscape_dir).instances
    if instance not in systems:
        raise click.UsageError(f"the landscape has no instance {instance!r}; it has {', '.join(systems)}")
    prepare_process(settings)
    spec = _spec(settings.landscape_dir, instance)
    refused: tuple[str, ...] = ()
    if field_list:
        found, compared_with = _published(spec, field_list, against)
    elif new:
        found, compared_with = proposed_changes(SYSTEMS[spec.name], new)
    else:
        found, refused = _answered(settings, spec, instance, payloads)
        compared_with = str(payloads or "what the source answers now")
    lineage = load_lineage(settings, say=None if as_json else Progress())
    impacts = impacts_of(spec, found, lineage)
    exceptions = spec.unpublished if field_list else ()
    report = ContractReport(
        instance, spec.name, spec.contract_version, compared_with, impacts, refused, exceptions
    )
    click.echo(json.dumps(asdict(report), indent=2) if as_json else report_words(report))
    sys.exit(INCOMPLETE if report.touching or report.refused else 0)


def _spec(landscape: Path, instance: str) -> SystemSpec:
    try:
        return spec_of(landscape, instance)
    except LandscapeError as error:
        raise click.UsageError(str(error)) from None


def _published(spec: SystemSpec, field_list: Path, against: Path | None) -> tuple[list[Found], str]:
    try:
        listed = read_field_list(field_list)
        if against is None:
            return missing_paths(spec, listed), field_list.name
        return list_changes(spec, read_field_list(against), listed), f"{field_list.name} after {against.name}"
    except FieldListError as error:
        raise click.UsageError(str(error)) from None


def proposed_changes(spec: SystemSpec, new: Path) -> tuple[list[Found], str]:
    """What a new contract changes, with the columns of today's that it is about."""
    try:
        proposed = read_proposed(new, spec.name)
    except ProposedContractError as error:
        raise click.UsageError(str(error)) from None
    known = {(table.name, column.name) for table in spec.tables for column in table.columns}
    found: list[Found] = [
        (change, tuple(place for place in places if place in known))
        for change, places in spec_changes(spec, proposed.spec)
    ]
    return found, f"contract {proposed.spec.contract_version} of {new}"


def _answered(
    settings: Settings, spec: SystemSpec, instance: str, payloads: Path | None
) -> tuple[list[Found], tuple[str, ...]]:
    run = start_run(settings, read_landscape(settings))
    try:
        content, refused = read_payloads(run, instance, payloads) if payloads else fetch_live(run, instance)
        if content is None:
            return [], refused
        found = content_changes(spec, content)
        known = {(change.entity, change.field) for change, _ in found}
        sampled = read_samples(run, instance)
        vanished = unfilled(spec, content, sampled) if sampled else []
        return [*found, *(each for each in vanished if (each[0].entity, each[0].field) not in known)], refused
    finally:
        run.state.close()


@click.command("lineage")
@click.argument("column")
@home_option
@json_option
def lineage_command(column: str, home: Path | None, as_json: bool) -> None:
    """What a column is made of and what it makes. COLUMN is table.column, e.g. mart_spend.spend_amount."""
    settings = make_settings(home, DEMO_LANDSCAPE)
    prepare_process(settings)
    lineage = load_lineage(settings, say=None if as_json else Progress())
    named = lineage.named(column)
    if not named:
        raise click.UsageError(f"no raw table or model has a column {column!r}")
    content = {
        f"{relation}.{name}": {
            "made_of": sorted(f"{table}.{one}" for table, one in _raw(lineage.upstream((relation, name)))),
            "makes": lineage.hits([(relation, name)]),
        }
        for relation, name in named
    }
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    for subject, both in content.items():
        click.echo(subject)
        click.echo(_named("made of", both["made_of"]))  # type: ignore[arg-type]
        click.echo(_hit_words(both["makes"]))  # type: ignore[arg-type]


def _raw(columns: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    return [column for column in columns if column[0].startswith("raw_")]


def report_words(report: ContractReport) -> str:
    """The report for a person: counts, then every difference that is read, then the first of the others."""
    counts: dict[str, int] = {}
    for impact in report.impacts:
        counts[impact.change.kind] = counts.get(impact.change.kind, 0) + 1
    shown = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items())) or "no difference"
    lines = [
        f"{report.instance}: contract {report.system} {report.contract_version}, {report.compared_with}",
        f"  {shown}; {len(report.touching)} in fields that are read",
        *(f"  refused: {reason}" for reason in report.refused),
        *([f"  read, though no list names it: {', '.join(report.exceptions)}"] if report.exceptions else []),
    ]
    for impact in report.touching:
        change = impact.change
        lines.append(
            f"{change.entity}.{change.field} {change.kind}: {change.before or '-'} -> {change.after}"
        )
        lines.append(_named("raw", impact.raw))
        if impact.hits:
            lines.append(_hit_words(impact.hits))
    others = [impact.change for impact in report.impacts if not impact.raw]
    if others:
        lines.append("Not read")
    lines += [
        f"  {change.kind}: {change.entity}.{change.field} {change.before}{' -> ' if change.before else ''}"
        f"{change.after}"
        for change in others[:MOST_SHOWN]
    ]
    if len(others) > MOST_SHOWN:
        lines.append(f"  ... and {len(others) - MOST_SHOWN:,} more; --json has them all")
    return "\n".join(lines)


def _hit_words(hits: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(_named(layer, hits[layer]) for layer in LAYERS if layer in hits)


def _named(label: str, names: Sequence[str]) -> str:
    left = len(names) - MOST_SHOWN
    more = f" and {left} more" if left > 0 else ""
    return f"  {label:<10} {', '.join(names[:MOST_SHOWN])}{more}"
