"""What `concord map` writes: landscape entry, staging model, contract and the report a person reads first.

Pure text from a proposal; the staging model starts as the shipped one of the feed, so that signs and codes
stay right, and a person edits SQL from there.
"""

import csv
import io
import json
import re

from dagster_project.own_models import SHIPPED
from ingestion.onboarding.mapping import Match, Proposal
from ingestion.onboarding.sampling import Sample
from ingestion.spec import ColumnSpec

CONSTANTS = {"uom_code": "EA", "order_uom_code": "EA", "currency_code": "USD"}
NOT_SHOWN = "not shown"


def files_of(proposal: Proposal, sample: Sample, name: str, file: str) -> dict[str, str]:
    """Every file of the proposal by its path: what belongs into the landscape, and the report."""
    entity = proposal.table.name
    model = f"models/staging/{name}/stg_{name}__{entity}"
    return {
        f"{name}.yaml": landscape_entry(proposal, sample, name),
        f"{name}.md": report_of(proposal, sample, name, file),
        f"{model}.sql": staging_of(proposal, name),
        f"{model}.yml": description_of(proposal, name),
        f"contracts/{name}.csv": contract_of(proposal),
    }


def landscape_entry(proposal: Proposal, sample: Sample, name: str) -> str:
    """The entry to put under `instances:` of landscape.yaml."""
    entity = proposal.table.name
    lines = [
        f"  # Proposed by `concord map`; the files belong in in/{name}/ as {entity}.{sample.suffix}",
        f"  {name}:",
        "    system: feed",
        f"    connection: {{folder: in/{name}}}",
    ]
    if sample.format:
        rules = ", ".join(f"{key}: {_yaml(value)}" for key, value in sample.format.items())
        lines.append(f"    format: {{{rules}}}")
    lines += ["    columns:", f"      {entity}:"]
    lines += [f"        {match.column.name}: {_rules(match)}" for match in proposal.matches]
    is_packed = any(match.column.name == "base_factor" for match in proposal.matches)
    for column in proposal.missing:
        constant = _constant(column, is_packed)
        # Without a value the file is refused for the missing column, which is what it should be.
        text = (
            f"{column.name}: {{value: {_quoted(constant)}}}" if constant else f"# {column.name}: {{value: }}"
        )
        lines.append(f"        {text}  # not in the file: say what holds for all its rows")
    return "\n".join(lines) + "\n"


def _rules(match: Match) -> str:
    parts = [f"headers: [{_quoted(match.header)}]"]
    if match.fit.number:
        parts.append(f"number: {_quoted(match.fit.number)}")
    if match.fit.dates and match.fit.dates != ("%Y-%m-%d",):
        parts.append(f"dates: [{', '.join(_quoted(text) for text in match.fit.dates)}]")
    return f"{{{', '.join(parts)}}}"


def _constant(column: ColumnSpec, is_packed: bool) -> str:
    if is_packed and column.name.endswith("uom_code"):
        return "PK"
    return column.enum[0] if column.enum else CONSTANTS.get(column.name, "")


def _quoted(text: str) -> str:
    # JSON strings are YAML strings, whatever characters a header has.
    return json.dumps(text, ensure_ascii=False)


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    return str(value) if isinstance(value, int) else _quoted(str(value))


def staging_of(proposal: Proposal, name: str) -> str:
    """The staging model of the landscape: the feed's own, for this instance, with what is at hand besides."""
    entity = proposal.table.name
    text = next(SHIPPED.rglob(f"stg_feed__{entity}.sql")).read_text(encoding="utf-8")
    source = f"latest as ({{{{ latest_known_version(source('raw_feed', '{entity}')) }}}}),"
    filtered = f"latest as (select * from versions where _source_instance = '{name}'),"
    own = f"{source.replace('latest as', 'versions as', 1)}\n\n{filtered}"
    assert source in text
    text = re.sub(r" of a feed\b", f" of {name}", text.replace(source, own), count=1)
    if not proposal.unmapped:
        return text
    place = text.rindex("        {{ origin_columns(")
    lines = ["        -- Headers without a column, as text, for the expressions above:"]
    lines += [f"        --   {_in_one_line(_json_text(header))}" for header, _ in proposal.unmapped]
    return text[:place] + "\n".join(lines) + "\n" + text[place:]


def _in_one_line(text: str) -> str:
    """A header may break its line; a comment may not, nor may a list."""
    return " ".join(text.split())


def _json_text(header: str) -> str:
    path = header.replace("\\", "\\\\").replace("'", "\\'\\'")
    return "{{ json_text('_extension', '\"" + path + "\"') }}"


def description_of(proposal: Proposal, name: str) -> str:
    """The YAML beside the staging model: its grain, proven at every build, where each column comes from."""
    entity = proposal.table.name
    lines = [
        "models:",
        f"  - name: stg_{name}__{entity}",
        f"    description: One row per {entity.replace('_', ' ')} of {name}, latest version known.",
        "    config: {meta: {grain: [source_instance, native_id]}}",
        "    columns:",
    ]
    for match in proposal.matches:
        lines += [
            f"      - name: {match.column.name}",
            f"        description: {_quoted(f'{match.header} of the extract')}",
        ]
    return "\n".join(lines) + "\n"


def contract_of(proposal: Proposal) -> str:
    """The fields of the extract as a list that `concord contract check` compares with a later one."""
    served = {match.header: match.column.name for match in proposal.matches}
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("entity", "field", "type", "required", "values", "read_as"))
    for header, kind in proposal.types.items():
        required = str(kind.is_filled).lower()
        writer.writerow(
            (proposal.table.name, header, kind.words, required, "|".join(kind.values), served.get(header, ""))
        )
    return written.getvalue()


def report_of(proposal: Proposal, sample: Sample, name: str, file: str) -> str:
    """What a person reads before trusting the proposal, as Markdown."""
    lines = [
        f"# {file} as {proposal.table.name} ({name})",
        "",
        f"{proposal.rows:,} rows in the sample.",
        "",
    ]
    lines += ["| column | type | needed | header | confidence | filled | example | why |", "|" + " --- |" * 8]
    for match in proposal.matches:
        column, fit = match.column, match.fit
        example = NOT_SHOWN if column.sensitive else fit.example[:40].replace("|", "\\|")
        header = _in_one_line(match.header)
        lines.append(
            f"| {column.name} | {column.type} | {'yes' if column.required else ''} | {header} |"
            f" {match.confidence} | {fit.filled:,} | {example} | {match.reason} |"
        )
    lines += ["", "Needed and not in the file: " + (", ".join(c.name for c in proposal.missing) or "nothing")]
    mapped = {match.column.name for match in proposal.matches}
    optional = [c.name for c in proposal.table.columns if not c.required and c.name not in mapped]
    lines += ["", "Not in the file and not needed: " + (", ".join(optional) or "nothing"), ""]
    lines += ["Headers without a column:"]
    lines += [*(f"- {_in_one_line(header)}: {why}" for header, why in proposal.unmapped), ""]
    warnings = [_in_one_line(warning) for warning in (*sample.remarks, *proposal.warnings)]
    lines += ["Look at:", *(f"- {warning}" for warning in warnings or ["nothing in particular"]), ""]
    lines += ["Next:", *(f"{at}. {step}" for at, step in enumerate(steps_of(proposal, sample, name), 1)), ""]
    return "\n".join(lines)


def steps_of(proposal: Proposal, sample: Sample, name: str) -> list[str]:
    """What a person does with the proposal, in order."""
    entity = proposal.table.name
    return [
        f"Read `{name}.yaml`, say what the file does not, put it under `instances:` of landscape.yaml.",
        f"Put the file into `in/{name}/` as `{entity}.{sample.suffix}`.",
        f"Copy `models/` and `contracts/` into the landscape; edit `stg_{name}__{entity}.sql` where columns"
        " say something else than their names. Without it the feed's own staging reads the rows.",
        "`concord check --landscape .`, then `concord run --landscape . --no-publish`.",
        "When the extract changes: `concord map` the new one, then `concord contract check --landscape ."
        f" --instance {name} --field-list NEW/contracts/{name}.csv --against contracts/{name}.csv`.",
    ]
