"""One version of the dbt project is parsed once; whatever the cache holds, a HOME gets what belongs to it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dagster_project import parsing
from dagster_project.parsing import ENTRIES, MANIFEST, PARSED, cache_dir, have_parsed, parsed_in
from tests.conftest import ROOT


class Parser:
    """In the place of `dbt parse`: leaves the model's text as its manifest."""

    def __init__(self, folder: Path) -> None:
        self.model, self.cache = folder / "project" / "models" / "one.sql", folder / "cache"
        self.homes, self.parsed = folder / "homes", 0
        self.model.parent.mkdir(parents=True, exist_ok=True)
        if not self.model.exists():
            self.model.write_text("select 1")

    def home(self, name: str) -> str:
        """What lies in a HOME after it was prepared."""
        target = self.homes / name

        def parse() -> None:
            self.parsed += 1
            for file in (MANIFEST, PARSED):
                (target / file).write_bytes(self.model.read_bytes())

        have_parsed(self.model.parents[1], target, self.cache, parse)
        assert parsed_in(target)
        assert (target / MANIFEST).read_text() == (target / PARSED).read_text()
        return (target / MANIFEST).read_text()

    def entries(self) -> list[Path]:
        return sorted(self.cache.glob("*.zip"))


@pytest.fixture
def parser(tmp_path: Path) -> Parser:
    return Parser(tmp_path)


def test_a_version_is_parsed_once(parser: Parser) -> None:
    assert [parser.home("a"), parser.home("b"), parser.home("a")] == ["select 1"] * 3
    assert parser.parsed == 1
    parser.model.write_text("select 2")
    assert [parser.home("b"), parser.home("a")] == ["select 2"] * 2
    assert parser.parsed == 2


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "other", "folder"])
def test_a_damaged_entry_is_made_anew(parser: Parser, damage: str) -> None:
    parser.home("a")
    (entry,) = parser.entries()
    content = entry.read_bytes()
    match damage:
        case "cut":
            entry.write_bytes(content[: len(content) // 2])
        case "empty":
            entry.write_bytes(b"")
        case "changed":
            start = content.index(PARSED.encode()) + len(PARSED)
            entry.write_bytes(content[:start] + bytes(8) + content[start + 8 :])
        case "other":
            with zipfile.ZipFile(entry, "w") as archive:
                archive.writestr(MANIFEST, "select 1")
        case "folder":
            entry.unlink()
            entry.mkdir()
    assert parser.home("b") == "select 1"
    assert parser.parsed == 2
    if damage != "folder":
        assert parser.home("c") == "select 1"
        assert parser.parsed == 2


def test_a_cache_that_cannot_be_written_is_no_error(parser: Parser) -> None:
    parser.cache.write_text("a file")
    assert [parser.home("a"), parser.home("b")] == ["select 1"] * 2
    assert parser.parsed == 2


def test_the_entries_used_last_are_kept(parser: Parser) -> None:
    parser.home("first")
    parser.cache.joinpath("new-killed").write_bytes(b"half")
    for number in range(ENTRIES + 2):
        parser.model.write_text(f"select {number}")
        parser.home(f"home {number}")
    assert len(parser.entries()) == ENTRIES
    assert {path.suffix for path in parser.cache.iterdir()} == {".zip"}
    before = parser.parsed
    assert parser.home("another") == f"select {ENTRIES + 1}"
    assert parser.parsed == before


def test_what_changes_while_it_is_parsed_is_not_kept(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = iter(["before", "after"])
    monkeypatch.setattr(parsing, "hash_of", lambda files: next(hashes))
    parser.home("a")
    assert not parser.entries()


def test_a_failed_parse_leaves_nothing_to_start_from(parser: Parser) -> None:
    parser.home("a")
    parser.model.write_text("select 2")

    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        have_parsed(parser.model.parents[1], parser.homes / "a", parser.cache, fail)
    assert not parsed_in(parser.homes / "a")
    assert parser.home("a") == "select 2"


def test_many_processes_at_once(parser: Parser) -> None:
    prepare = (
        "import sys; from pathlib import Path; from tests.concord.test_parsing import Parser\n"
        "for name in sys.argv[2:]: print(Parser(Path(sys.argv[1])).home(name))"
    )
    folder = str(parser.cache.parent)
    started = [
        subprocess.Popen([sys.executable, "-c", prepare, folder, *names], cwd=ROOT, stdout=subprocess.PIPE)
        for names in ("abc", "def", "ghi", "jkl")
    ]
    said = [process.communicate(timeout=120)[0].decode() for process in started]
    assert said == ["select 1\n" * 3] * 4
    assert len(list(parser.cache.iterdir())) == 1


def test_the_folder_of_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for given in ({}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}):
        assert cache_dir(given) == tmp_path / ".cache" / "concord" / "parsed"
    assert cache_dir({"XDG_CACHE_HOME": "/elsewhere"}) == Path("/elsewhere/concord/parsed")
