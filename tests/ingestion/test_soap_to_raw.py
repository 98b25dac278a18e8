"""SOAP to raw: history by effective days, pages, signatures, misbehavior, and answers made to do harm."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import pipelines
from ingestion.formats import xml_rows
from ingestion.formats.content import whole
from ingestion.soap_wire import SoapWire
from ingestion.transports import soap
from ingestion.transports.fetched import Fetched, SourceDownError
from ingestion.windows import Window
from tests.ingestion.conftest import Harness
from tests.ingestion.soap_server import (
    INSTANCE,
    PASSWORD,
    SPEC,
    USER,
    WIRE,
    Workforce,
    make_world,
    serving_workforce,
)

LOCATIONS, CENTERS = 18, 119
COUNTS = (
    "select (select count(*) from raw_workforce.location), (select count(*) from raw_workforce.cost_center)"
)
HISTORY = soap.Moments(date(2025, 1, 1), date(2026, 6, 30), datetime(2026, 7, 1))
assert isinstance(WIRE, SoapWire)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap, "BACKOFF", 0.001)
    monkeypatch.setattr(soap, "LONGEST_WAIT", 0.02)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("workforce"))


@pytest.fixture
def service(world: Path) -> Iterator[Workforce]:
    with serving_workforce(world) as running:
        yield running


@pytest.fixture
def home(harness: Callable[..., Harness], service: Workforce) -> Harness:
    return harness(INSTANCE.format(name="wf"), service.environ)


def test_every_version_of_the_history_once_with_all_its_ids(home: Harness, service: Workforce) -> None:
    landed, loaded = home.refresh()
    batch = landed["wf"].batch
    assert landed["wf"].is_complete and batch is not None
    assert batch.cursors == dict.fromkeys(("location", "cost_center"), "2026-06-30T00:00:00.000000Z")
    assert home.query(COUNTS) == [(LOCATIONS, CENTERS)]
    assert loaded["workforce"].unknown_columns == {} and loaded["workforce"].rejected_rows == 0
    moved = "select effective_date::varchar, superior_location_id from raw_workforce.location"
    assert home.query(f"{moved} where location_id = 'C140' order by 1") == [
        ("2019-07-01", "H200"),
        ("2026-01-01", "H100"),
    ]
    [ids] = home.query(
        "select cost_center_wid, cost_center_id, organization_id, company_id, location_id, service_line_id,"
        " length(company_wid) + length(location_wid) + length(service_line_wid)"
        " from raw_workforce.cost_center where cost_center_id = '7000'"
    )
    assert len(ids[0]) == 32 and ids[1:] == ("7000", "CC_7000", "LH01", "H100", "Cardiology", 96)
    # One state a change and resource: days that tell the same are landed once.
    names = home.query("select distinct _file_name from raw_workforce.location order by 1")
    assert [name for (name,) in names] == [
        f"location_{day}_page_0001.xml" for day in ("2025-01-01", "2025-09-01", "2026-01-01")
    ]


def test_a_state_that_is_asked_for_twice_brings_nothing_new(home: Harness, service: Workforce) -> None:
    home.refresh()
    before = home.raw("raw_workforce.cost_center")
    landed, loaded = home.refresh()
    assert landed["wf"].is_complete and loaded["workforce"].new_version_rows == 0
    assert home.raw("raw_workforce.cost_center") == before


def test_raw_is_the_same_again_without_the_source(harness: Callable[..., Harness], world: Path) -> None:
    with serving_workforce(world) as running:
        home = harness(INSTANCE.format(name="wf"), running.environ)
        landed, _ = home.refresh()
    before = home.raw("raw_workforce.location"), home.raw("raw_workforce.cost_center")
    (home.home / "warehouse.duckdb").unlink()
    pipelines.load_system(home.run(), "workforce")
    assert (home.raw("raw_workforce.location"), home.raw("raw_workforce.cost_center")) == before
    # The pages are as received, each with the id of its request.
    batch = landed["wf"].batch
    assert batch is not None
    manifest = json.loads((batch.path / "manifest.json").read_text())
    centers = [file for file in manifest["files"] if file["resource"] == "cost_center"]
    assert [file["rows"] for file in centers] == [100, 19]
    assert len({file["request_id"] for file in manifest["files"]}) == len(manifest["files"])
    page = gzip.decompress((batch.path / centers[0]["name"]).read_bytes())
    assert page.startswith(b"<?xml") and page.count(b"<wd:Cost_Center>") == 100
    assert PASSWORD.encode() not in page


def fetched(service: Workforce, **connection: str) -> Fetched:
    login = {"url": service.url, "user": USER, "password": PASSWORD, **connection}
    return soap.fetch_soap(SPEC, WIRE, login, {}, HISTORY)


def states(found: Fetched) -> set[str]:
    """What came, record by record, whatever page or order it came in."""
    records = (
        xml_rows.records_hash([record])
        for payload in found.payloads
        for record in xml_rows.read_answer(whole(payload.content)).elements(
            SPEC.resource(payload.resource).records
        )
    )
    return set(records)


@pytest.fixture(scope="module")
def everything(world: Path) -> set[str]:
    with serving_workforce(world) as running:
        found = states(fetched(running))
    assert len(found) == LOCATIONS + CENTERS
    return found


@pytest.mark.parametrize(
    "switches",
    [
        {"fail_next": soap.ATTEMPTS - 1},
        {"throttle_next": 2, "retry_after": 1},
        {"slow_next": 2, "slow_seconds": 0.6},
        {"truncate_pages": 3},
        {"repeat_pages": 2},
        {"repeat_records": 3},
        {"reorder_pages": 3},
        {"fail_next": 1, "throttle_next": 1, "truncate_pages": 1, "repeat_pages": 1},
    ],
    ids=lambda switches: "+".join(switches),
)
def test_what_passes_is_waited_for_and_loses_nothing(
    service: Workforce, everything: set[str], monkeypatch: pytest.MonkeyPatch, switches: dict[str, Any]
) -> None:
    monkeypatch.setattr(soap, "READ_SECONDS", 0.3)
    for name, value in switches.items():
        setattr(service.switches, name, value)
    assert states(fetched(service)) == everything
    counters = [name for name in switches if not name.endswith(("after", "seconds"))]
    assert not any(service.switches.take(name) for name in counters)


def test_every_page_says_which_version_of_the_interface_it_is_of(service: Workforce) -> None:
    assert {payload.api_version for payload in fetched(service).payloads} == {SPEC.api_version}
    service.switches.api_version = "v43.0"
    assert {payload.api_version for payload in fetched(service).payloads} == {"v43.0"}


@pytest.mark.parametrize("kind", ["digest", "text"])
def test_a_signature_too_old_is_made_anew(service: Workforce, everything: set[str], kind: str) -> None:
    service.signatures.expire_all()
    assert states(fetched(service, password_type=kind)) == everything


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ("fail_next", "answered 500"),
        ("throttle_next", "answered 429"),
        ("truncate_pages", "is not well-formed XML"),
        ("slow_next", "does not answer in time"),
    ],
)
def test_what_does_not_pass_is_told_with_its_request(
    service: Workforce, monkeypatch: pytest.MonkeyPatch, switch: str, words: str
) -> None:
    monkeypatch.setattr(soap, "READ_SECONDS", 0.1)
    service.switches.slow_seconds = 0.3
    setattr(service.switches, switch, soap.ATTEMPTS)
    with pytest.raises(SourceDownError, match=words) as raised:
        fetched(service)
    assert f"{service.url}/Human_Resources/v42.0" in str(raised.value)
    assert ("(request " in str(raised.value)) == (switch != "slow_next")


def test_refused_credentials_are_asked_once_and_name_the_variables(
    harness: Callable[..., Harness], service: Workforce
) -> None:
    home = harness(INSTANCE.format(name="wf"), {**service.environ, "WF_PASSWORD": "guess"})
    landed, _ = home.refresh()
    [line] = pipelines.check(home.run())
    assert not line.ok
    for message in (landed["wf"].message, line.message):
        assert "FailedAuthentication" in message and "WF_USER" in message and "guess" not in message


def test_a_retyped_day_rejects_its_row_and_everything_is_asked_again(
    home: Harness, service: Workforce
) -> None:
    service.switches.text_in_amount = 1
    _, loaded = home.refresh()
    assert loaded["workforce"].rejected_rows == 1
    [(reason, line)] = home.query("select reason, _line_number from raw_workforce.rejected_row")
    assert "effective_date: 'n/a' is not a date" in reason and line == 1
    # Another day told the same version whole.
    assert home.query(COUNTS) == [(LOCATIONS, CENTERS)]
    batch = home.run().state.batches("wf", "ACCEPTED")[-1]
    assert set(batch.cursors) == {"cost_center"}
    _, loaded = home.refresh()
    assert (loaded["workforce"].rejected_rows, loaded["workforce"].new_version_rows) == (0, 0)
    assert "location" in home.run().state.batches("wf", "ACCEPTED")[-1].cursors


def test_a_dropped_field_holds_its_table_until_it_is_back(home: Harness, service: Workforce) -> None:
    service.switches.drop_field = "Location_Data.Effective_Date"
    home.refresh()
    assert home.query(COUNTS) == [(0, CENTERS)]
    [held] = home.run().state.batches("wf", "HELD")
    assert "location.Location_Data.Effective_Date removed" in held.reason
    # A field that nothing needs is null.
    service.switches.drop_field = "Location_Data.Location_Name"
    home.refresh()
    assert home.query("select count(*), count(location_name) from raw_workforce.location") == [(LOCATIONS, 0)]
    service.switches.reset()
    home.refresh()
    again = "select count(*) from raw_workforce.location where _version = 2 and location_name is not null"
    assert home.query(again) == [(16,)]


def test_instances_stay_apart_and_a_dead_one_stops_none(
    harness: Callable[..., Harness], world: Path, service: Workforce
) -> None:
    urls = {"south": "${SOUTH}", "dead": "http://127.0.0.1:9/ccx/service/none"}
    others = [INSTANCE.format(name=name).replace("${URL}", url) for name, url in urls.items()]
    with serving_workforce(world) as other:
        other.switches.drop_field = "Location_Data.Superior_Location_Reference"
        text = "".join([INSTANCE.format(name="wf"), *others])
        home = harness(text, {**service.environ, "SOUTH": other.url})
        landed, _ = home.refresh()
        lines = {line.subject.split()[0]: line.ok for line in pipelines.check(home.run())}
    parents = "select _source_instance, count(*), count(superior_location_id) from raw_workforce.location"
    found = home.query(f"{parents} group by all order by 1")
    # Without its superior the clinic that moved tells two equal versions, each from its day.
    assert found == [("south", LOCATIONS, 0), ("wf", LOCATIONS, 13)]
    assert "cannot be reached" in landed["dead"].message
    assert lines == {"wf": True, "south": True, "dead": False}


def test_a_window_asks_for_its_days_and_moves_no_cursor(home: Harness) -> None:
    run = home.run()
    report = pipelines.land(run, "wf", Window(date(2025, 11, 1), date(2026, 3, 1)))
    assert report.batch is not None and report.batch.cursors == {}
    days = [file.name for file in report.batch.of_resource("location")]
    assert days == ["location_2025-11-01_page_0001.xml.gz", "location_2026-01-01_page_0001.xml.gz"]


def test_days_go_on_from_the_cursor() -> None:
    moments = soap.Moments(date(2025, 1, 15), date(2025, 4, 10), datetime(2025, 4, 11))
    months = [date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)]
    assert moments.days("") == [date(2025, 1, 15), *months, date(2025, 4, 10)]
    assert moments.days("2025-02-20T00:00:00.000000Z") == [*months[1:], date(2025, 4, 10)]
    assert moments.days("2025-04-10T00:00:00.000000Z") == [date(2025, 4, 10)]
    assert moments.days("2025-12-01T00:00:00.000000Z") == [date(2025, 4, 10)]
    assert soap.Moments(None, date(2025, 4, 1), datetime(2025, 4, 2)).days("") == [date(2025, 4, 1)]


def test_only_what_was_entered_by_then(service: Workforce) -> None:
    connection = {"url": service.url, "user": USER, "password": PASSWORD, "password_type": "text"}
    client = soap.SoapClient(SPEC, WIRE, connection)

    def superior(entered: datetime) -> str | None:
        [page] = client.pages(SPEC.resource("location"), date(2026, 2, 1), entered)
        found = [xml_rows.value_of(record, WIRE.typed_list) for record in page.records]
        clinic = next(row for row in found if row["Location_Reference"]["ID"]["Location_ID"] == "C140")
        return str(clinic["Location_Data"]["Superior_Location_Reference"]["ID"]["Location_ID"])

    assert superior(datetime(2026, 1, 10)) == "H200"
    assert superior(datetime(2026, 1, 20)) == "H100"


def test_a_plain_password_goes_over_tls_or_nowhere() -> None:
    connection = {"url": "http://hr.example/t", "user": "u", "password": "p", "password_type": "text"}
    with pytest.raises(SourceDownError, match="use https or password_type: digest"):
        soap.SoapClient(SPEC, WIRE, connection)
    soap.SoapClient(SPEC, WIRE, {**connection, "url": "https://hr.example/t"})


def test_the_interface_is_never_fetched() -> None:
    client = soap.SoapClient(SPEC, WIRE, {"url": "http://hr.example", "user": "u", "password": "p"})
    for url in ("http://hr.example/types.xsd", "https://hr.example/t", "file:///etc/passwd"):
        with pytest.raises(SourceDownError, match="must stand in the file itself"):
            client._client.transport.load(url)
