"""`concord quarantine` and `concord landing` as people use them."""

import json

from click.testing import CliRunner, Result

from concord.cli import main
from tests.ingestion.conftest import FeedHarness


def _concord(feed: FeedHarness, *words: str, works: bool = False) -> Result:
    landscape = ("--landscape", str(feed.harness.folder / "landscape")) if works else ()
    return CliRunner().invoke(main, [*words, "--home", str(feed.harness.home), *landscape])


def test_a_person_sees_shows_discards_and_replays(feed: FeedHarness) -> None:
    feed.write(
        "invoice_line.csv", "invoice_line_id,invoice_id,line_amount\n1,I,never\x1b[2J\n2,I,1.00\n3,,1.00\n"
    )
    feed.refresh()
    listed = _concord(feed, "quarantine", "list", "--reason", "not a number")
    assert (
        listed.exit_code == 0
        and "'never\\x1b[2J' is not a number" in listed.output
        and "OPEN" in listed.output
    )
    (found,) = json.loads(_concord(feed, "quarantine", "list", "--reason", "not a", "--json").output)
    shown = _concord(feed, "quarantine", "show", found["entry_id"][:6])
    assert "never\\x1b[2J" in shown.output and "\x1b" not in shown.output + listed.output
    assert "invoice_line.csv" in shown.output and "times seen" in shown.output
    assert _concord(feed, "quarantine", "show", "nothing").exit_code == 2

    by = ("--actor", "Ann", "--reason", "a test line")
    assert _concord(feed, "quarantine", "discard", found["entry_id"], works=True).exit_code == 2
    discarded = _concord(feed, "quarantine", "discard", found["entry_id"], *by, works=True)
    assert discarded.output == "1 sightings discarded by Ann.\n"
    replayed = _concord(feed, "quarantine", "replay", *by, works=True)
    assert replayed.output == "erp_a: 0 rows replayed, 2 rejected still\n"
    unknown = _concord(feed, "quarantine", "replay", "--instance", "nosuch", *by, works=True)
    assert unknown.exit_code == 2 and "no instance 'nosuch'; it has: erp_a" in unknown.output
    statuses = json.loads(_concord(feed, "quarantine", "list", "--json").output)
    assert {entry["row_key"]: (entry["status"], entry["actor"]) for entry in statuses} == {
        "1": ("DISCARDED", "Ann"),
        "3": ("OPEN", ""),
    }
    nothing = _concord(feed, "landing", "prune", "--dry-run", works=True)
    assert nothing.output == "No payload is older than its instance allows.\n"
