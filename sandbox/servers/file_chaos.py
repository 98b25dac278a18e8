"""Chaos in a drop folder: edits the files themselves, the newest that match, until a reset.

A reader sees the same broken file in its listing, its size and its content. The originals are kept aside.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.servers.chaos import NOT_A_NUMBER, NOT_A_UNIT

Rows = list[list[str]]
_ADDED = ".added"


@dataclass(frozen=True)
class DropFolder:
    """Where a server's files lie, which kind is spoiled by default, and their amounts by file pattern.

    A file is complete with its `marker` beside it; without one it tells that itself, as interchanges do.
    """

    folder: Path
    match: str
    amounts: dict[str, str]
    marker: str = ".done"


class FileChaos:
    """Breaks files in a drop folder and puts them right again."""

    def __init__(self, drop: DropFolder, aside: Path) -> None:
        self._drop = drop
        self._folder = drop.folder
        self._aside = aside

    def reset(self) -> None:
        """Restore every file."""
        for kept in self._aside.glob("*"):
            if kept.suffix == _ADDED:
                (self._folder / kept.stem).unlink(missing_ok=True)
                (self._folder / f"{kept.stem}.done").unlink(missing_ok=True)
                kept.unlink()
            else:
                shutil.move(kept, self._folder / kept.name)

    def spoil(self, settings: dict[str, object]) -> list[str]:
        """Carry out the file switches of one request and name the files that changed."""
        match = str(settings.get("match", self._drop.match))
        counts = {name: int(str(settings[name])) for name in _COUNTS if name in settings}
        changed: list[str] = []
        if "truncate_files" in counts:
            changed += self._edit(match, counts["truncate_files"], lambda text: text[: int(len(text) * 0.7)])
        if "drop_column" in settings:
            changed += self._edit(match, 1, _as_rows(_without(str(settings["drop_column"]))))
        if "retype_column" in settings:
            column = str(settings["retype_column"])
            changed += self._edit(match, 1, _as_rows(_everywhere(column, "about {}".format)))
        if "new_column_value" in settings:
            column, _, value = str(settings["new_column_value"]).partition("=")
            changed += self._edit(match, 1, _as_rows(_everywhere(column, lambda _: value)))
        if "text_in_amount" in counts:
            spoiled = _as_rows(_first(self._amount(match), NOT_A_NUMBER))
            changed += self._edit(match, counts["text_in_amount"], spoiled)
        if "unknown_unit" in counts:
            changed += self._edit(match, counts["unknown_unit"], _as_rows(_first("Uom", NOT_A_UNIT)))
        if "reorder_files" in counts:
            turned = _reversed if self._drop.marker else _sets_reversed
            changed += self._edit(match, counts["reorder_files"], turned)
        if "wrong_count" in counts:
            changed += self._edit(match, counts["wrong_count"], _counted_wrong)
        if "repeat_files" in counts:
            changed += self._repeat(match, counts["repeat_files"])
        return changed

    def _amount(self, match: str) -> str:
        fitting = [column for start, column in self._drop.amounts.items() if match.startswith(start)]
        return fitting[0] if fitting else next(iter(self._drop.amounts.values()))

    def _newest(self, match: str, count: int) -> list[Path]:
        files = sorted(self._folder.glob(match))[-count:] if count else []
        if count and not files:
            raise ValueError(f"no file matches {match}")
        return files

    def _edit(self, match: str, count: int, edit: Callable[[str], str]) -> list[str]:
        changed = [(path, edit(path.read_text(encoding="utf-8"))) for path in self._newest(match, count)]
        self._aside.mkdir(parents=True, exist_ok=True)
        for path, text in changed:
            if not (self._aside / path.name).exists():
                shutil.copy2(path, self._aside / path.name)
            path.write_text(text, encoding="utf-8")
            marker = path.with_name(f"{path.name}{self._drop.marker}")
            if self._drop.marker and marker.exists():
                marker.touch()
        return [path.name for path, _ in changed]

    def _repeat(self, match: str, count: int) -> list[str]:
        added = []
        self._aside.mkdir(parents=True, exist_ok=True)
        for path in self._newest(match, count):
            again = f"{path.stem}_again{path.suffix}"
            (self._aside / f"{again}{_ADDED}").touch()
            shutil.copy(path, self._folder / again)
            if self._drop.marker:
                (self._folder / f"{again}{self._drop.marker}").touch()
            added.append(again)
        return added


_COUNTS = ("truncate_files", "text_in_amount", "unknown_unit", "reorder_files", "repeat_files", "wrong_count")


def _as_rows(edit: Callable[[Rows], Rows]) -> Callable[[str], str]:
    def edited(text: str) -> str:
        sink = io.StringIO()
        csv.writer(sink, lineterminator="\n").writerows(edit(list(csv.reader(io.StringIO(text)))))
        return sink.getvalue()

    return edited


def _place(column: str, rows: Rows) -> int:
    if column not in rows[0]:
        raise ValueError(f"no column {column}; the file has {', '.join(rows[0])}")
    return rows[0].index(column)


def _everywhere(column: str, change: Callable[[str], str]) -> Callable[[Rows], Rows]:
    def edit(rows: Rows) -> Rows:
        place = _place(column, rows)
        for row in rows[1:]:
            if row[0] != "TRL":
                row[place] = change(row[place])
        return rows

    return edit


def _without(column: str) -> Callable[[Rows], Rows]:
    def edit(rows: Rows) -> Rows:
        place = _place(column, rows)
        return [row if row[0] == "TRL" else row[:place] + row[place + 1 :] for row in rows]

    return edit


def _first(column: str, value: str) -> Callable[[Rows], Rows]:
    def edit(rows: Rows) -> Rows:
        rows[1][rows[0].index(column)] = value
        return rows

    return edit


def _reversed(text: str) -> str:
    header, *lines, trailer = text.splitlines(keepends=True)
    return "".join([header, *reversed(lines), trailer])


def _counted_wrong(text: str) -> str:
    """The last transaction set promises one segment more than it has."""
    element = text[3]
    head, mark, tail = text.rpartition(f"SE{element}")
    count, rest = tail.split(element, 1)
    return f"{head}{mark}{int(count) + 1}{element}{rest}"


def _sets_reversed(text: str) -> str:
    """The transaction sets in the opposite order."""
    element, end = text[3], text[105]
    head: list[str] = []
    sets: list[list[str]] = []
    tail: list[str] = []
    for segment in text.split(end):
        name = segment.strip().split(element, 1)[0]
        if name == "ST":
            sets.append([])
        place = tail if name in ("GE", "IEA", "") else sets[-1] if sets else head
        place.append(segment)
    return end.join([*head, *(segment for found in reversed(sets) for segment in found), *tail])
