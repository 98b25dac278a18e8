"""`map`: a proposal how an unknown extract enters, as a landscape entry and a report to read."""

import csv
import io
from pathlib import Path

import click

from ingestion.file_rows import file_kind, plain_bytes
from ingestion.mapping import Match, Proposal, propose
from ingestion.registry import SYSTEMS
from ingestion.spec import ColumnSpec, FileFormat
from ingestion.text_files import FileRefusedError, decoded

FORMATS = FileFormat(encodings=("utf-8-sig", "cp1252"))
CONSTANTS = {"uom_code": "EA", "order_uom_code": "EA", "currency_code": "USD"}


@click.command("map")
@click.argument("sample", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--entity", required=True, help="What a row is, such as receipt_line (see docs of the feed).")
@click.option("--name", default="extract", show_default=True, help="Name of the new instance.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the proposal here.")
def map_command(sample: Path, entity: str, name: str, out: Path | None) -> None:
    """Propose how SAMPLE, an extract nobody described yet, becomes rows of a canonical entity.

    Prints (or writes with --out) the landscape entry that loads it, every column with confidence and reason,
    what could not be mapped in both directions, and what to look at before it is trusted.
    """
    feed = SYSTEMS["feed"]
    known = [table.name for table in feed.tables]
    if entity not in known:
        raise click.UsageError(f"no entity {entity!r}; there are {', '.join(known)}")
    try:
        columns, encoding, delimiter = _columns(sample)
    except FileRefusedError as error:
        raise click.UsageError(str(error)) from None
    proposal = propose(feed.table(entity), columns)
    entry, report = (
        landscape_entry(proposal, name, encoding, delimiter),
        report_of(proposal, sample.name, name),
    )
    if out is None:
        click.echo(f"{report}\n{entry}", nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for path, text in ((out / f"{name}.yaml", entry), (out / f"{name}.md", report)):
        if path.exists():
            raise click.UsageError(f"{path} is there already; move it away first")
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def _columns(sample: Path) -> tuple[dict[str, list[str]], str, str]:
    """The cells of a text file by header, its encoding and its delimiter."""
    if file_kind(sample.name) != "csv":
        raise FileRefusedError(sample.name, "is no CSV", "save a sample as .csv or .csv.gz")
    text, encoding = decoded(sample.name, plain_bytes(sample.name, sample.read_bytes()), FORMATS)
    lines = text.splitlines(keepends=True)
    delimiter = max(",;|\t", key=lines[0].count)
    reader = csv.reader(io.StringIO("".join(lines), newline=None), delimiter=delimiter)
    header = [cell.strip() for cell in next(reader)]
    rows = [row for row in reader if any(row)]
    columns = {
        text: [row[at] if at < len(row) else "" for row in rows] for at, text in enumerate(header) if text
    }
    return columns, encoding, delimiter


def landscape_entry(proposal: Proposal, name: str, encoding: str, delimiter: str) -> str:
    """The entry to put under `instances:` of landscape.yaml."""
    encodings = ["utf-8-sig"] if encoding == "utf-8-sig" else ["utf-8-sig", encoding]
    lines = [
        f"  # Proposed by `concord map`; the files belong in in/{name}/ as {proposal.table.name}.csv",
        f"  {name}:",
        "    system: feed",
        f"    connection: {{folder: in/{name}}}",
        f"    format: {{encodings: [{', '.join(encodings)}], delimiter: {_quoted(delimiter)}}}",
        "    columns:",
        f"      {proposal.table.name}:",
        *(f"        {match.column.name}: {_rules(match)}" for match in proposal.matches),
    ]
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
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


def report_of(proposal: Proposal, sample: str, name: str) -> str:
    """What a person reads before trusting the proposal, as Markdown."""
    lines = [
        f"# {sample} as {proposal.table.name} ({name})",
        "",
        f"{proposal.rows:,} rows in the sample.",
        "",
    ]
    lines += ["| column | type | needed | header | confidence | filled | example | why |", "|" + " --- |" * 8]
    for match in proposal.matches:
        column, fit = match.column, match.fit
        lines.append(
            f"| {column.name} | {column.type} | {'yes' if column.required else ''} | {match.header} |"
            f" {match.confidence} | {fit.filled:,} | {fit.example[:40]} | {match.reason} |"
        )
    lines += ["", "Needed and not in the file: " + (", ".join(c.name for c in proposal.missing) or "nothing")]
    mapped = {match.column.name for match in proposal.matches}
    optional = [c.name for c in proposal.table.columns if not c.required and c.name not in mapped]
    lines += ["", "Not in the file and not needed: " + (", ".join(optional) or "nothing"), ""]
    lines += ["Headers without a column:", *(f"- {header}: {why}" for header, why in proposal.unmapped), ""]
    lines += ["Look at:", *(f"- {warning}" for warning in proposal.warnings or ["nothing in particular"]), ""]
    return "\n".join(lines)
