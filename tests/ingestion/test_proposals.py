"""What `concord map --out` writes runs as it is: extracts in every form, checked, loaded, compared."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from concord.commands_init import init
from concord.commands_map import map_command
from concord.commands_run import check
from concord.contract_check import list_changes
from dagster_project.own_models import OwnModelsError, put_together
from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape, spec_of
from ingestion.contracts.published import read_field_list
from ingestion.onboarding.sampling import read_sample
from ingestion.runs import start_run
from ingestion.settings import load_settings
from tests.dbt_runs import build

HEADERS = ("Receipt_Line_ID", "Purchase Order", "Item", "Quantity", "UOM", "Receipt Date", "Movement")
ROWS = (
    ("RL-1", "PO-9", "I-1", "12", "EA", "2026-06-25", "101"),
    ("RL-2", "PO-9", "I-2", "3.5", "BX", "2026-06-26", "101"),
    ("RL-3", "PO-9", "I-2", "1", "BX", "2026-06-27", "122"),
)
RECORDS = [dict(zip(HEADERS, row, strict=True)) for row in ROWS]


def as_text(path: Path, *, delimiter: str = ",", encoding: str = "utf-8", title: str = "") -> None:
    lines = [title] if title else []
    lines += [delimiter.join(row) for row in (HEADERS, *ROWS)]
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))


def as_sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Receipts of June", None])
    for row in (HEADERS, *ROWS):
        sheet.append([float(cell) if at == 3 and cell[0].isdigit() else cell for at, cell in enumerate(row)])
    book.create_sheet("Notes")
    book.save(path)


# How a report service, a table dump and a spreadsheet write one and the same extract.
WRITERS: dict[str, Callable[[Path], object]] = {
    "report.json": lambda path: path.write_text(json.dumps({"Report_Entry": RECORDS, "Total": 3})),
    "list.json": lambda path: path.write_text(json.dumps(RECORDS)),
    "lines.jsonl": lambda path: path.write_text("\n".join(json.dumps(record) for record in RECORDS)),
    "lines.json": lambda path: path.write_text("\n".join(json.dumps(record) for record in RECORDS)),
    "report.csv": as_text,
    "dump.csv": lambda path: as_text(path, delimiter="|"),
    "windows.csv": lambda path: as_text(path, delimiter=";", encoding="cp1252", title="Entrées; juin – brut"),
    "unicode.csv": lambda path: as_text(path, delimiter="\t", encoding="utf-16"),
    "sheet.xlsx": as_sheet,
}


@pytest.fixture
def landscape(tmp_path: Path) -> Path:
    assert CliRunner().invoke(init, [str(tmp_path / "hospital")]).exit_code == 0
    return tmp_path / "hospital"


def mapped(landscape: Path, sample: Path) -> None:
    """The proposal put into the landscape as its report says: entry, files, models, contract."""
    arguments = [str(sample), "--entity", "receipt_line", "--name", "reports", "--out", str(landscape)]
    result = CliRunner().invoke(map_command, arguments)
    assert result.exit_code == 0, result.output
    yaml = landscape / "landscape.yaml"
    yaml.write_text(yaml.read_text() + (landscape / "reports.yaml").read_text())
    folder = landscape / "in" / "reports"
    folder.mkdir()
    suffix = sample.name.split(".")[-1]
    (folder / f"receipt_line.{suffix}").write_bytes(sample.read_bytes())
    # The feed that `init` proposes has no files of its own here.
    (landscape / "in" / "supplier.csv").write_text("supplier_id,legal_name\nS1,Alpha\n")


def checked(landscape: Path, home: Path) -> Result:
    return CliRunner().invoke(check, ["--landscape", str(landscape), "--home", str(home)])


def loaded(landscape: Path, home: Path) -> tuple[int, int]:
    """New and rejected rows of the feed after one pass of land, accept and load."""
    run = start_run(load_settings({}, home=home, landscape_dir=landscape), load_landscape(landscape, {}))
    try:
        for name in run.landscape.instances:
            assert pipelines.land(run, name).refusals == ()
            for batch in pipelines.pending_batches(run, name):
                rest, _ = pipelines.hold_parts(run, batch)
                assert rest is not None
                pipelines.accept_batch(run, rest)
        report = pipelines.load_system(run, "feed")
        pipelines.load_landscape(run)
        return report.new_version_rows, report.rejected_rows
    finally:
        run.state.close()


@pytest.mark.parametrize("name", WRITERS)
def test_every_form_of_an_extract_is_read_alike(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    sample = read_sample(tmp_path / name)
    assert list(sample.columns) == list(HEADERS)
    assert list(zip(*sample.columns.values(), strict=True)) == list(ROWS)


@pytest.mark.parametrize("name", WRITERS)
def test_a_proposal_passes_the_check_and_loads_every_line(landscape: Path, tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    mapped(landscape, tmp_path / name)
    result = checked(landscape, tmp_path / "home")
    assert result.exit_code == 0, result.output
    assert "reports (canonical files): 1 readable files" in result.output
    assert loaded(landscape, tmp_path / "home") == (len(ROWS) + 1, 0)


def test_a_line_that_breaks_the_proposal_is_rejected_alone(landscape: Path, tmp_path: Path) -> None:
    WRITERS["report.json"](tmp_path / "report.json")
    mapped(landscape, tmp_path / "report.json")
    bad = {**RECORDS[0], "Receipt_Line_ID": "RL-4", "Quantity": "a dozen"}
    nested = {**RECORDS[0], "Receipt_Line_ID": "RL-5", "Quantity": {"value": 1}}
    entries = [*RECORDS, bad, nested, "RL-6"]
    (landscape / "in" / "reports" / "receipt_line.json").write_text(json.dumps({"Report_Entry": entries}))
    assert loaded(landscape, tmp_path / "home") == (len(ROWS) + 1, 3)


def test_what_the_report_says(landscape: Path, tmp_path: Path) -> None:
    nested = [{**record, "Lots": [{"lot": "A"}], "Bank Account No": "123"} for record in RECORDS]
    (tmp_path / "s.json").write_text(json.dumps({"Report_Entry": nested, "Other": [{"a": 1}]}))
    refused = CliRunner().invoke(map_command, [str(tmp_path / "s.json"), "--entity", "receipt_line"])
    assert refused.exit_code == 2 and "lists found: Other, Report_Entry" in refused.output
    arguments = [str(tmp_path / "s.json"), "--entity", "receipt_line", "--records", "Report_Entry"]
    shown = CliRunner().invoke(map_command, arguments)
    assert shown.exit_code == 0, shown.output
    assert "- Lots holds lists inside a record, which no row can" in shown.output
    assert "- Movement: 3 values, kept in _extension" in shown.output
    assert 'receipt_type: {value: "RECEIPT"}  # not in the file' in shown.output
    assert "123" not in shown.output


def test_headers_that_break_their_line_break_neither_model_nor_report(
    landscape: Path, tmp_path: Path
) -> None:
    header = [*HEADERS[:-1], '"Move\nment"', '"It\'s\nodd"']
    lines = [*("Receipts of June", "", ""), ",".join(header), *(",".join((*row, "x")) for row in ROWS)]
    (tmp_path / "report.csv").write_text("\n".join(lines) + "\n")
    mapped(landscape, tmp_path / "report.csv")
    model = next((landscape / "models").rglob("stg_reports__receipt_line.sql")).read_text()
    said = [line for line in model.splitlines() if "odd" in line]
    assert said and all(line.lstrip().startswith("--") for line in said)
    assert "preamble: 3" in (landscape / "reports.yaml").read_text()
    assert loaded(landscape, tmp_path / "home") == (4, 0)


def test_a_header_that_is_called_right_but_written_oddly_is_told(landscape: Path, tmp_path: Path) -> None:
    rows = [("RL-1", "PO-9", "I-1", "a dozen", "EA", "2026-06-25 00:00:00", "101", "1")]
    text = "\n".join(",".join(row) for row in ((*HEADERS, "Movement"), *rows))
    (tmp_path / "report.csv").write_text(text + "\n")
    arguments = [str(tmp_path / "report.csv"), "--entity", "receipt_line", "--name", "reports"]
    said = CliRunner().invoke(map_command, arguments).output
    assert "quantity: Quantity is called like it, but 1 of 1 values are no decimal" in said
    assert "Movement stands twice in the header" in said
    assert "| receipt_date | date | yes | Receipt Date |" in said


def test_the_place_of_a_list_is_never_guessed_at_the_door(landscape: Path, tmp_path: Path) -> None:
    WRITERS["report.json"](tmp_path / "report.json")
    mapped(landscape, tmp_path / "report.json")
    yaml = landscape / "landscape.yaml"
    yaml.write_text(yaml.read_text().replace('    format: {records: "Report_Entry"}\n', ""))
    result = checked(landscape, tmp_path / "home")
    assert result.exit_code == 3
    assert "holds an object, no list of records; say `records: PATH`" in result.output


def test_the_contract_tells_what_a_later_extract_changes(landscape: Path, tmp_path: Path) -> None:
    as_text(tmp_path / "report.csv")
    mapped(landscape, tmp_path / "report.csv")
    text = (tmp_path / "report.csv").read_text()
    later = text.replace("Quantity", "Qty delivered").replace(",Movement", ",Movement,Dock")
    later = later.replace(",101", ",101,3").replace(",122", ",122,")
    (tmp_path / "later.csv").write_text(later)
    arguments = [str(tmp_path / "later.csv"), "--entity", "receipt_line", "--name", "reports"]
    out = tmp_path / "later"
    assert CliRunner().invoke(map_command, [*arguments, "--out", str(out)]).exit_code == 0
    before, after = (read_field_list(folder / "contracts" / "reports.csv") for folder in (landscape, out))
    found = list_changes(spec_of(landscape, "reports"), before, after)
    assert {(change.field, change.kind, columns) for change, columns in found} == {
        ("Quantity", "removed", (("receipt_line", "quantity"),)),
        ("Qty delivered", "added", ()),
        ("Dock", "added", ()),
    }


def test_a_staging_model_that_nobody_would_read_is_refused(landscape: Path, tmp_path: Path) -> None:
    as_text(tmp_path / "report.csv")
    mapped(landscape, tmp_path / "report.csv")
    folder = landscape / "models" / "staging" / "reports"
    (folder / "stg_reports__receipt_line.sql").rename(folder / "stg_report__receipt_line.sql")
    settings = load_settings({}, home=tmp_path / "home", landscape_dir=landscape)
    with pytest.raises(OwnModelsError, match=r"call it stg_<instance>__<entity>\.sql .*\(files, reports\)"):
        put_together(settings)


@pytest.mark.slow
def test_an_edited_staging_model_decides_what_a_row_is(landscape: Path, tmp_path: Path) -> None:
    """The extract tells returns by a movement number, which no mapping of headers can say: its SQL does."""
    WRITERS["report.json"](tmp_path / "report.json")
    mapped(landscape, tmp_path / "report.json")
    model = landscape / "models" / "staging" / "reports" / "stg_reports__receipt_line.sql"
    sql = model.read_text()
    movement = "{{ json_text('_extension', '\"Movement\"') }}"
    assert f"--   {movement}" in sql
    typed = "upper(receipt_type) as receipt_type"
    sign = "case when upper(receipt_type) in ('RETURN', 'VOID') then -quantity else quantity end as quantity"
    assert typed in sql and sign in sql
    returned = f"{movement} = '122'"
    sql = sql.replace(typed, f"case when {returned} then 'RETURN' else 'RECEIPT' end as receipt_type")
    model.write_text(sql.replace(sign, f"case when {returned} then -quantity else quantity end as quantity"))
    (landscape / "in" / "receipt_line.csv").write_text(
        "receipt_line_id,receipt_type,quantity,uom_code,receipt_date\nF1,RETURN,2,EA,2026-06-01\n"
    )
    home = tmp_path / "home"
    assert loaded(landscape, home) == (len(ROWS) + 2, 0)
    settings = load_settings({}, home=home, landscape_dir=landscape)
    put_together(settings)
    rows = build(
        settings,
        "+can_receipt_line",
        "select source_instance, native_id, receipt_type, quantity from canonical.can_receipt_line"
        " order by all",
    )
    assert rows == [
        ("files", "F1", "RETURN", Decimal(-2)),
        ("reports", "RL-1", "RECEIPT", Decimal(12)),
        ("reports", "RL-2", "RECEIPT", Decimal("3.5")),
        ("reports", "RL-3", "RETURN", Decimal(-1)),
    ]
