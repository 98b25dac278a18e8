"""What stands in for parts of dbt, held against those parts."""

from types import SimpleNamespace
from typing import Any

from dbt.clients.jinja import MacroGenerator, MacroStack
from dbt.context import manifest, providers
from dbt.context.macros import MacroNamespaceBuilder
from dbt_common.events.types import Note

from dagster_project.dbt_lean import LazyEvent, LeanBuilder

MACROS: Any = {
    package: {name: SimpleNamespace(name=name, package_name=package) for name in names}
    for package, names in {
        "dbt": ["all_have_it", "not_the_package", "of_dbt"],
        "dbt_duckdb": ["all_have_it", "not_the_package"],
        "concord": ["all_have_it", "dbt_utils"],
        "dbt_utils": ["all_have_it", "of_utils"],
    }.items()
}


def _built(kind: type[MacroNamespaceBuilder], package: str, context: dict[str, Any]) -> Any:
    builder = kind("concord", package, MacroStack(), ["dbt_duckdb", "dbt"], SimpleNamespace(name="a model"))
    return builder.build_namespace(MACROS, context)


def _flat(names: Any) -> dict[str, Any]:
    return {
        name: (found.macro.package_name, found.node.name, found.context, type(found.stack))
        if isinstance(found, MacroGenerator)
        else _flat(found)
        for name, found in dict(names).items()
    }


def test_every_name_means_the_macro_dbt_would_take() -> None:
    context = {"this": "that"}
    for package in ("concord", "dbt_utils", "dbt"):
        expected = _built(MacroNamespaceBuilder, package, context)
        found = _built(LeanBuilder, package, context)
        assert _flat(found) == _flat(expected) and sorted(found) == sorted(expected)
        for asked in (None, "dbt", "concord", "dbt_utils"):
            for name in ("all_have_it", "of_dbt", "of_utils"):
                one, other = (each.get_from_package(asked, name) for each in (found, expected))
                assert (one and one.macro) == (other and other.macro)


def test_dbt_still_builds_by_the_name_that_is_replaced() -> None:
    assert manifest.MacroNamespaceBuilder is providers.MacroNamespaceBuilder is MacroNamespaceBuilder


def test_an_event_says_the_same_when_asked() -> None:
    class Lazy(LazyEvent, Note):
        pass

    Lazy.__name__ = "Note"
    eager, lazy = Note(msg="seven rows"), Lazy(msg="seven rows")
    assert "pb_msg" not in vars(lazy)
    assert lazy.to_dict() == eager.to_dict() and lazy.msg == "seven rows"
    lazy.msg = "eight rows"
    assert lazy.to_dict() == {**eager.to_dict(), "msg": "eight rows"}
