"""Secrets are references, and prod stays among prod: what a landscape may say of its credentials."""

import re
import sys
from pathlib import Path

import pytest

from ingestion.configuration.landscape import LandscapeError
from tests.ingestion.conftest import HEADER
from tests.ingestion.wires import (
    landscape,
)


def ap(connection: str) -> str:
    return (
        HEADER
        + "  ap:\n    system: apauto\n"
        + f"    connection: {{url: 'https://ap', api_key: '${{KEY}}', {connection}}}\n"
    )


def test_secrets_come_from_the_environment_a_file_or_a_manager(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    manager = tmp_path / "manager.py"
    manager.write_text("import sys; print(f'of {sys.argv[-1]}' if sys.argv[-1] != 'none' else '')")
    environ = {"NAME": "from the environment", "CONCORD_SECRET_COMMAND": f"{sys.executable} {manager} get"}
    for reference, value in (
        ("${NAME}", "from the environment"),
        ("${file:../token}", "from a file"),
        ("${secret:ap/api}", "of ap/api"),
    ):
        read = landscape(tmp_path / "at", ap(f"api_secret: '{reference}'"), environ)
        assert read.instances["ap"].connection["api_secret"] == value
    for reference, words in (
        ("${OTHER}", "landscape.yaml:9: environment variable OTHER is not set"),
        ("${file:gone}", "cannot be read"),
        ("${secret:none}", "has no secret none (exit code 0)"),
    ):
        with pytest.raises(LandscapeError, match=re.escape(words)):
            landscape(tmp_path / "at", ap(f"api_secret: '{reference}'"), environ)
    with pytest.raises(LandscapeError, match="set CONCORD_SECRET_COMMAND"):
        landscape(tmp_path / "at", ap("api_secret: '${secret:x}'"))


def test_a_secret_written_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LandscapeError, match=r"yaml:9: api_secret is written out in the landscape"):
        landscape(tmp_path / "at", ap("api_secret: hunter2"))
    url = "postgresql://reader:hunter2@db/fin"
    erp = HEADER + f"  old:\n    system: erp_legacy\n    connection:\n      url: '{url}'\n"
    with pytest.raises(LandscapeError, match=r"yaml:10: url holds a password") as refused:
        landscape(tmp_path / "at", erp)
    assert "hunter2" not in str(refused.value)
    landscape(tmp_path / "at", erp.replace("hunter2", "${PW}"), {"PW": "x"})


@pytest.mark.parametrize(
    "written",
    ["hunter2", "${NO:-hunter2}", "hunter2${NO:-}", "${PW}hunter2", "${not a name}", "${PW:-hunter2}"],
)
def test_a_secret_consists_of_references_alone(tmp_path: Path, written: str) -> None:
    """Whether or not the variable is set: a default or a text beside it is in the repository all the same."""
    url = f"url: 'postgresql://u:{written}@db/fin'"
    places = {
        "api_secret": ap(f"api_secret: '{written}'"),
        "api_key": ap("api_secret: '${PW}'").replace("${KEY}", written),
        "token_key": ap("api_secret: '${PW}'").replace("instances:", f"token_key: '{written}'\ninstances:"),
        "url": HEADER + f"  old:\n    system: erp_legacy\n    connection: {{{url}}}\n",
    }
    in_query = places["url"].replace(f"u:{written}@db/fin", f"db/fin?user=u&p%61ssword={written}")
    for key, text in [*places.items(), ("url", in_query)]:
        with pytest.raises(
            LandscapeError, match=rf"yaml:\d+: {key} .*written out .*without a default"
        ) as refused:
            landscape(tmp_path / "at", text, {"PW": "x"})
        assert "hunter2" not in str(refused.value)
        good = text.replace(written, "${PW}${file:../more}")
        (tmp_path / "more").write_text("y")
        landscape(tmp_path / "at", good, {"PW": "x"})


def test_a_whole_url_may_be_referred_to(tmp_path: Path) -> None:
    erp = (
        HEADER
        + "  old:\n    system: erp_legacy\n    connection: {url: '${URL:-postgresql://u:hunter2@db/fin}'}\n"
    )
    with pytest.raises(LandscapeError, match="url holds a password written out"):
        landscape(tmp_path / "at", erp, {"URL": "postgresql://u:x@db/fin"})
    plain = erp.replace(":hunter2", "")
    assert landscape(tmp_path / "at", plain).instances["old"].connection["url"] == "postgresql://u@db/fin"


@pytest.mark.parametrize(("whole", "instance"), [("dev", "prod"), ("prod", "test")])
def test_prod_stays_among_prod(tmp_path: Path, whole: str, instance: str) -> None:
    text = ap("api_secret: '${S}'").replace("environment: test", f"environment: {whole}\ntoken_key: '${{S}}'")
    with pytest.raises(LandscapeError, match=f"ap is {instance} but the landscape is {whole}"):
        landscape(tmp_path / "at", text + f"    environment: {instance}\n", {"S": "x"})


def test_no_plain_http_in_prod_but_to_this_machine(tmp_path: Path) -> None:
    text = ap("api_secret: '${S}'").replace("environment: test", "environment: prod\ntoken_key: '${S}'")
    with pytest.raises(LandscapeError, match="url is http; in prod credentials travel over https only"):
        landscape(tmp_path / "at", text.replace("https://ap", "http://ap"), {"S": "x"})
    landscape(tmp_path / "at", text.replace("https://ap", "http://127.0.0.1:1"), {"S": "x"})
