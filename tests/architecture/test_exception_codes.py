"""The vocabulary of findings is closed: every code in use is emitted, every emitted code is in the seed."""

import csv
from collections.abc import Iterable, Sequence
from functools import cache

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from concord.explaining import words_of as words_table
from tests.architecture.rendering import PROJECT, project_renderer

SEED = PROJECT / "seeds" / "exception_code.csv"
EMITTING_COLUMNS = ("code", "codes")
NAMING_COLUMNS = ("cause_code", "cured_by")


def words_of(value: exp.Expr) -> set[str]:
    """The texts an expression can yield; texts it only compares with do not count."""
    inner = value.unnest()
    if isinstance(inner, exp.Literal):
        return {inner.this} if inner.is_string else set()
    if isinstance(inner, exp.Case):
        branches = [branch.args["true"] for branch in inner.args["ifs"]]
        return _words(branch for branch in [*branches, inner.args.get("default")] if branch)
    if isinstance(inner, exp.ConcatWs):
        return _words(inner.expressions[1:])
    if isinstance(inner, exp.Coalesce | exp.Nullif):
        return _words([inner.this, *inner.expressions])
    return set()


def _words(values: Iterable[exp.Expr]) -> set[str]:
    return {word for value in values for word in words_of(value)}


def emitted_codes(sql: str, columns: Sequence[str] = EMITTING_COLUMNS) -> set[str]:
    """The codes a query writes into a column named code or codes, or into the given ones."""
    tree = DuckDB().parse(sql)[0]
    aliases = tree.find_all(exp.Alias) if tree else ()
    return {word for one in aliases if one.alias in columns for word in words_of(one.this) if word}


def _seed() -> list[dict[str, str]]:
    with SEED.open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def _emitted() -> dict[str, str]:
    return {
        code: path.stem
        for path in sorted((PROJECT / "models").rglob("*.sql"))
        for code in emitted_codes(project_renderer()(path.read_text()))
    }


def test_emitted_codes_are_in_the_seed() -> None:
    known = {row["code"] for row in _seed() if row["is_reserved"] == "false"}
    strange = {code: model for code, model in _emitted().items() if code not in known}
    assert not strange, f"unknown or still reserved: {strange}"


def test_codes_in_use_are_emitted() -> None:
    missing = [
        row["code"] for row in _seed() if row["is_reserved"] == "false" and row["code"] not in _emitted()
    ]
    assert not missing, f"no model emits {missing}; emit them or reserve them"


def test_every_code_has_one_owner() -> None:
    owners: dict[str, list[str]] = {}
    for row in _seed():
        owners.setdefault(row["code"], []).append(row["owner_role"])
    assert not {code: found for code, found in owners.items() if len(found) != 1 or not found[0]}


def test_every_code_in_use_has_a_rule_and_a_remedy() -> None:
    remedies = words_table("remedies")
    assert all(row["rule"] and row["cure"] for row in remedies.values())
    used = {row["code"] for row in _seed() if row["is_reserved"] == "false"}
    assert used <= set(remedies), f"say in concord/words/remedies.csv what cures {used - set(remedies)}"
    assert set(remedies) <= {row["code"] for row in _seed()}


def test_every_cause_and_cure_has_words() -> None:
    named = {
        word
        for path in (PROJECT / "models" / "controls").rglob("*.sql")
        for word in emitted_codes(project_renderer()(path.read_text()), NAMING_COLUMNS)
    }
    wordless = sorted(named - set(words_table("causes")))
    assert not wordless, f"say in concord/words/causes.csv what {wordless} mean"


def test_codes_are_found_where_they_are_written() -> None:
    sql = """
        select
            'X' as cause_code,
            case when a.code = 'ASKED' then 'GIVEN' else coalesce(b, 'ELSE') end as code
        from a where a.code = 'ALSO_ASKED'
        union all select 'Y' as cause_code, 'PLAIN' as code from a
    """
    assert emitted_codes(sql) == {"GIVEN", "ELSE", "PLAIN"}
    assert emitted_codes("select concat_ws(',', case when a then 'ONE' end, 'TWO') as codes from t") == {
        "ONE",
        "TWO",
    }
