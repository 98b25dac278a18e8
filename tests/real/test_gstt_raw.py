"""The real ledger of a hospital trust to raw: exact counts and sums, month by month as all at once."""

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.formats.file_rows import plain_bytes
from tests.ingestion.conftest import Harness

DATA = Path(__file__).parents[3] / "shared" / "data" / "nhs_gstt_ap"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the published payment files are not in {DATA}"),
]
OWN = "* exclude (_dlt_load_id, _batch_id, _known_at)"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Callable[[str], Harness]]:
    made = []

    def make(name: str) -> Harness:
        (tmp_path / name / "in").mkdir(parents=True)
        made.append(
            Harness(
                tmp_path / name,
                f"  gstt:\n    system: uk_spend\n    connection: {{folder: {tmp_path / name / 'in'}}}\n",
                {},
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


def deliver(harness: Harness, pattern: str) -> None:
    for path in DATA.glob(pattern):
        shutil.copy(path, harness.folder / "in" / path.name)


def test_all_at_once_is_exact_and_equals_month_by_month(ledger: Callable[[str], Harness]) -> None:
    whole, monthly = ledger("whole"), ledger("monthly")
    deliver(whole, "*.csv*")
    landed, loaded = whole.refresh()
    assert landed["gstt"].is_complete and len(landed["gstt"].batch.files) == 9  # type: ignore[union-attr]
    assert loaded["uk_spend"].new_version_rows == 122_704 and loaded["uk_spend"].rejected_rows == 0
    assert whole.query(
        "select count(*), sum(amount), count(distinct _row_key), count(distinct expense_type), max(_version)"
        " from raw_uk_spend.payment_line"
    ) == [(122_704, Decimal("556550516.41"), 122_704, 237, 1)]
    assert whole.refresh()[1]["uk_spend"].loads == ()

    for month in (9, 4, 12, 5, 6, 7, 8, 10, 11):
        deliver(monthly, f"gstt_payments_2020-{month:02}.csv.gz")
        monthly.refresh()
    everything = f"select {OWN} from raw_uk_spend.payment_line order by _row_key"
    assert monthly.query(everything) == whole.query(everything)


def test_a_file_delivered_again_unpacked_adds_nothing(ledger: Callable[[str], Harness]) -> None:
    home = ledger("twice")
    deliver(home, "gstt_payments_2020-08.csv.gz")
    home.refresh()
    packed = home.folder / "in" / "gstt_payments_2020-08.csv.gz"
    plain = plain_bytes(packed.name, packed.read_bytes())
    (home.folder / "in" / "august again.csv").write_bytes(plain.decode("utf-8-sig").encode("cp1252"))
    _, loaded = home.refresh()
    (load,) = loaded["uk_spend"].loads
    assert (load.landed_rows, load.new_version_rows, load.unchanged_rows) == (10_187, 0, 10_187)


def test_an_empty_folder_names_the_files_wanted(ledger: Callable[[str], Harness]) -> None:
    landed, _ = ledger("empty").refresh()
    assert not landed["gstt"].is_available and "gstt_payments_2020-04.csv.gz" in landed["gstt"].message
