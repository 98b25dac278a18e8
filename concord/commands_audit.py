"""`audit-sample draw|score`: how right the findings are, and how complete, on one's own documents."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from concord.audit_sample import COLUMNS, Sample, SampleError, draw
from concord.audit_score import LABELS, SHEET, CodeScore, SampleFileError, score
from concord.intervals import Estimate, Stratum
from concord.options import home_option, json_option, served_settings
from concord.report import table
from concord.workbook import (
    WRITTEN,
    as_bytes,
    as_csv,
    force_option,
    put_row,
    put_widths,
    refuse_existing,
    write_file,
)

KINDS = (".xlsx", ".csv")
FEW = 30
WIDE = {"comment": 36, "means": 44, "evidence": 60, "supplier": 28, "document": 20}
TO_FILL_IN = (
    "Each row asks: does what column `means` says hold of this document, on the day of column `as_of`?",
    "Write yes, no or unsure into column `label`, whether Concord found it or not; the comment is yours.",
    "Within a code and stratum the order is random: who labels only some takes them from the top.",
    "Rows may be sorted and filtered, not deleted. What is left empty or unsure counts for nothing.",
    "Then: concord audit-sample score FILE",
)
file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group("audit-sample")
def audit_sample() -> None:
    """How right the findings are, and how complete, by labels that a person gives a random sample.

    Draw a file, let somebody who knows the documents fill in its column `label`, and score it.
    """


@audit_sample.command("draw")
@file_argument
@home_option
@force_option
@click.option("--code", "codes", multiple=True, help="Only this code; may be repeated. [default: all open]")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31),
    default=1,
    show_default=True,
    help="Another seed draws other documents.",
)
@click.option(
    "--findings",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many open findings of each code and kind of document.",
)
@click.option(
    "--non-findings",
    type=click.IntRange(min=2),
    default=20,
    show_default=True,
    help="At most so many documents without the finding, half of them with another finding.",
)
def draw_command(
    file: Path,
    home: Path | None,
    force: bool,
    codes: tuple[str, ...],
    seed: int,
    findings: int,
    non_findings: int,
) -> None:
    """Write a random sample to FILE (.xlsx or .csv) for a person to label.

    For each code: documents that have the finding, and documents of the same kind, which its rule could have
    judged too, without it. Same run and seed, same rows.
    """
    if file.suffix.lower() not in KINDS:
        raise click.UsageError(f"{file.name} is neither .xlsx nor .csv")
    refuse_existing(file, force=force)
    settings = served_settings(home)
    try:
        sample = draw(settings.serving_dir, codes, seed=seed, findings=findings, others=non_findings)
    except SampleError as error:
        raise click.UsageError(str(error)) from error
    is_book = file.suffix.lower() == ".xlsx"
    write_file(file, _book(sample) if is_book else as_csv(COLUMNS, sample.rows), force=force)
    click.echo(f"{len(sample.rows):,} rows of run {sample.run_id} as of {sample.as_of}, seed {seed}: {file}")
    click.echo(_drawn(sample))
    click.echo("\n" + "\n".join(TO_FILL_IN[:-1]) + f"\nThen: concord audit-sample score {file}")


@audit_sample.command("score")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def score_command(file: Path, as_json: bool) -> None:
    """Print precision and recall of each code from a labeled FILE, with 95% intervals.

    \b
    precision  of the findings, how many are right
    recall     of what is so, how much was found; each label counts for the documents that stand behind it
    Both intervals are exact for the number of documents there are (Clopper-Pearson for a finite
    number): few labels make them wide, and they speak of the documents of this run, not of those
    to come. That of recall holds for all strata of a code together, so it errs on the wide side.
    """
    try:
        result = score(file)
    except SampleFileError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(result), indent=2, default=_number))
        return
    labeled = [one for one in result.codes if any(each.counted.labeled for each in one.strata)]
    if not labeled:
        raise click.UsageError(f"{file}: no row has a label; write {', '.join(LABELS)} into column label")
    click.echo(f"Run {result.run_id} as of {result.as_of}, seed {result.seed}, {result.rows:,} rows drawn\n")
    click.echo(_scored(labeled))
    click.echo("\nWhat stands behind it")
    click.echo(_weights(labeled))
    for note in _notes(labeled, left=len(result.codes) - len(labeled)):
        click.echo(f"  - {note}")


def _book(sample: Sample) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    put_row(sheet, COLUMNS, bold=True)
    for row in sample.rows:
        put_row(sheet, [row.get(name) for name in COLUMNS])
    put_widths(sheet, [WIDE.get(name, 14) for name in COLUMNS])
    sheet.freeze_panes = "F2"
    sheet.auto_filter.ref = sheet.dimensions
    label = get_column_letter(COLUMNS.index("label") + 1)
    choice = DataValidation(type="list", formula1=f'"{",".join(LABELS)}"', allow_blank=True)
    choice.error = f"Write {', '.join(LABELS)}, or leave it empty."
    choice.add(f"{label}2:{label}{len(sample.rows) + 1}")
    sheet.add_data_validation(choice)
    for name in ("label", "comment"):
        for cell in sheet[get_column_letter(COLUMNS.index(name) + 1)]:
            cell.fill = WRITTEN
    about = book.create_sheet("about")
    for line in (*TO_FILL_IN, "", f"run {sample.run_id} as of {sample.as_of}, seed {sample.seed}"):
        about.append([line])
    about.append([])
    put_row(about, ("code", "document_type", "stratum", "behind", "drawn"), bold=True)
    for stratum in sample.strata:
        put_row(about, stratum)
    put_widths(about, (30, 24, 34, 10, 10))
    return as_bytes(book)


def _drawn(sample: Sample) -> str:
    rows = [one for one in sample.strata if one[3]]
    return table(("code", "document", "stratum", "documents", "drawn"), rows)


def _scored(codes: Sequence[CodeScore]) -> str:
    header = (
        "code", "document", "findings", "right", "precision", "95%",
        "others", "missed", "at most", "recall", "95%",
    )  # fmt: skip
    return table(header, [_code_row(one) for one in codes])


def _code_row(one: CodeScore) -> tuple[Any, ...]:
    found, *others = one.strata
    right = f"{found.yes}/{found.yes + found.no}"
    missed = f"{sum(each.yes for each in others)}/{sum(each.yes + each.no for each in others)}"
    row = (one.code, one.document_type, found.behind, right, _share(one.precision), _interval(one.precision))
    if one.recall is None:
        return (*row, None, "", None, "", "")
    counts = (sum(each.behind for each in others), missed, one.missed_at_most)
    return (*row, *counts, _share(one.recall), _interval(one.recall))


def _share(estimate: Estimate) -> str:
    return "-" if estimate.value is None else f"{float(estimate.value):.3f}"


def _interval(estimate: Estimate) -> str:
    return f"{float(estimate.low):.2f}-{float(estimate.high):.2f}"


def _weights(codes: Sequence[CodeScore]) -> str:
    rows = [
        (
            code.code,
            one.stratum,
            one.behind,
            one.drawn,
            one.yes,
            one.no,
            one.unsure,
            one.unlabeled,
            "-" if one.weight is None else f"{one.weight:,.1f}",
        )
        for code in codes
        for one in code.strata
        if one.behind
    ]
    header = ("code", "stratum", "documents", "drawn", "yes", "no", "unsure", "empty", "weight of a label")
    return table(header, rows)


def _notes(codes: Sequence[CodeScore], *, left: int) -> list[str]:
    """What a reader should know before quoting a number."""
    strata = [one for code in codes for one in code.strata if one.behind]
    unsure, empty = sum(one.unsure for one in strata), sum(one.unlabeled for one in strata)
    silent = sum(not one.counted.labeled for one in strata)
    few = sorted({code.code for code in codes if _is_few(code.strata[0].counted)})
    uncounted = sorted({code.code for code in codes if code.recall is None})
    notes = {
        "intervals speak of the documents of this run; all labeled, nothing is left to chance": len(codes),
        f"{left:,} codes without any label are left out": left,
        f"{unsure:,} unsure and {empty:,} empty rows count for nothing, as if not drawn": unsure + empty,
        f"{silent:,} strata have no label: of them anything is possible": silent,
        f"under {FEW} labeled findings, quote the interval, not the number: {', '.join(few)}": len(few),
        f"no recall, nobody can count the documents without it: {', '.join(uncounted)}": len(uncounted),
    }
    return [note for note, count in notes.items() if count]


def _is_few(found: Stratum) -> bool:
    """Whether chance still speaks loudly; all findings there are, are not few."""
    return found.labeled < FEW and not found.is_known


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Fraction) else str(value)
