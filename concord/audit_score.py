"""A labeled sample read back: precision and recall of each code, with what stands behind every number."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter

from concord.audit_sample import STRATA
from concord.intervals import Estimate, Stratum, missed, precision, recall
from concord.workbook import text_of

LABELS = ("yes", "no", "unsure")
NEEDED = (
    "row", "code", "label", "document_type", "stratum", "behind", "drawn", "judged", "rows", "run_id",
    "as_of", "seed",
)  # fmt: skip
NUMBERS = ("row", "behind", "drawn", "rows")
SHEET = "sample"
MOST_TOLD = 20
PLACE = "place in the file"
Row = Mapping[str, str]


class SampleFileError(ValueError):
    """A file that cannot be scored; the text says where and what to do, one line for each place."""


@dataclass(frozen=True)
class StratumScore:
    """What was drawn of a stratum and how it was labeled; `weight` documents stand behind each label."""

    stratum: str
    behind: int
    drawn: int
    yes: int
    no: int
    unsure: int

    @property
    def counted(self) -> Stratum:
        return Stratum(self.behind, self.yes + self.no, self.yes)

    @property
    def weight(self) -> float | None:
        labeled = self.yes + self.no
        return self.behind / labeled if labeled else None

    @property
    def unlabeled(self) -> int:
        return self.drawn - self.yes - self.no - self.unsure


@dataclass(frozen=True)
class CodeScore:
    """A code on one kind of document; without `recall` where nobody can count the documents without it."""

    code: str
    document_type: str
    strata: tuple[StratumScore, ...]
    precision: Estimate
    recall: Estimate | None
    missed_at_most: int | None


@dataclass(frozen=True)
class Score:
    run_id: str
    as_of: str
    seed: str
    rows: int
    codes: tuple[CodeScore, ...]


def score(path: Path) -> Score:
    """Scores a file that `draw` wrote and a person filled in; raises SampleFileError."""
    rows = _read(path)
    _refuse(path, [*_wrong_labels(rows), *_wrong_numbers(rows)])
    _refuse(path, _missing(rows))
    first = rows[0]
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["code"], row["document_type"]), []).append(row)
    return Score(
        run_id=first["run_id"],
        as_of=first["as_of"],
        seed=first["seed"],
        rows=len(rows),
        codes=tuple(_code(*key, some) for key, some in groups.items()),
    )


def _code(code: str, document_type: str, rows: Sequence[Row]) -> CodeScore:
    strata = tuple(_stratum(name, [row for row in rows if row["stratum"] == name]) for name in STRATA)
    found, *others = [one.counted for one in strata]
    is_counted = bool(rows[0]["judged"])
    return CodeScore(
        code=code,
        document_type=document_type,
        strata=strata if is_counted else strata[:1],
        precision=precision(found),
        recall=recall(found, others) if is_counted else None,
        missed_at_most=missed(others)[2] if is_counted else None,
    )


def _stratum(name: str, rows: Sequence[Row]) -> StratumScore:
    said = [_label(row) for row in rows]
    return StratumScore(
        stratum=name,
        behind=int(rows[0]["behind"]) if rows else 0,
        drawn=len(rows),
        yes=said.count("yes"),
        no=said.count("no"),
        unsure=said.count("unsure"),
    )


def _label(row: Row) -> str:
    return row["label"].strip().lower()


def _wrong_labels(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if _label(row) not in ("", *LABELS):
            remedy = f"write {', '.join(LABELS)}, or leave it empty"
            yield f"{row[PLACE]} (label): {row['label']!r} is no label; {remedy}"


def _wrong_numbers(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        wrong = [name for name in NUMBERS if not row[name].isdecimal()]
        wrong += ["stratum"] if row["stratum"] not in STRATA else []
        for name in wrong:
            yield f"{row[PLACE]}: {name} {row[name]!r} is not as it was drawn; take it from the drawn file"


def _missing(rows: Sequence[Row]) -> Iterator[str]:
    """What was drawn must all be there, labeled or not: the weights stand on it."""
    for name in ("rows", "run_id", "seed"):
        if len({row[name] for row in rows}) > 1:
            yield f"column {name} has several values; score every drawn file by itself"
            return
    numbers = [int(row["row"]) for row in rows]
    drawn = int(rows[0]["rows"])
    gone = sorted(set(range(1, drawn + 1)) - set(numbers))
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    remedy = f"draw it again with --seed {rows[0]['seed']}, or leave the label of a row empty instead"
    if gone:
        yield f"{len(gone)} of {drawn} drawn rows are gone, the first is {gone[0]} in column row; {remedy}"
    if twice:
        yield f"{twice[0]} stands several times in column row; {remedy}"


def _refuse(path: Path, complaints: Iterable[str]) -> None:
    told = list(complaints)
    if told:
        left = [f"... and {len(told) - MOST_TOLD:,} more"] if len(told) > MOST_TOLD else []
        raise SampleFileError("\n".join([*(f"{path}: {one}" for one in told[:MOST_TOLD]), *left]))


def _read(path: Path) -> list[Row]:
    """The rows as text by column name, each with its place for whoever has to correct it."""
    try:
        cells = list(_csv(path) if path.suffix.lower() == ".csv" else _xlsx(path))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, csv.Error) as error:
        remedy = "save it as .xlsx, or as CSV in UTF-8"
        raise SampleFileError(f"{path}: cannot be read ({error}); {remedy}") from None
    header = [text.strip().lower() for text in cells[0]] if cells else []
    missing = [name for name in NEEDED if name not in header]
    _refuse(path, [f"no column {', '.join(missing)}; keep the row of headers as drawn"] if missing else [])
    column = get_column_letter(header.index("label") + 1)
    rows: list[Row] = [
        dict(zip_longest(header, texts, fillvalue="")) | {PLACE: f"row {number}, column {column}"}
        for number, texts in enumerate(cells[1:], 2)
        if any(texts)
    ]
    _refuse(path, [] if rows else ["has no rows; draw it again"])
    return rows


def _csv(path: Path) -> Iterator[list[str]]:
    """As written or as a spreadsheet saved it, which may put semicolons or tabs."""
    text = path.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _xlsx(path: Path) -> Iterator[list[str]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        for row in book[SHEET].iter_rows(values_only=True):
            yield [text_of(value) for value in row]
    finally:
        book.close()
