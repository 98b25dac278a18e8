"""Renders dbt SQL without dbt: macros as they are, but what an engine spells its own way stays a call.

What is left after rendering is exactly the SQL that must mean the same on every engine. Used by the
portability lint; SQLFluff does the same with `sqlfluff_library`.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2

from tests.architecture.sqlfluff_library import adapter, graph

PROJECT = Path(__file__).parents[2] / "dbt_project"
TEST_TAG = re.compile(r"{%(-?)\s*(test|endtest)\b\s*(\w*)")


def _without_test_tags(text: str) -> str:
    """dbt's own `{% test name(...) %}` as the macro it becomes."""

    def as_macro(found: re.Match[str]) -> str:
        dash, tag, name = found.groups()
        return f"{{%{dash} macro test_{name}" if tag == "test" else f"{{%{dash} endmacro"

    return TEST_TAG.sub(as_macro, text)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"], keep_trailing_newline=True
    )
    environment.globals.update(
        {
            "adapter": adapter,
            "graph": graph,
            "config": lambda **_: "",
            "exceptions": SimpleNamespace(raise_compiler_error=_complain),
            "execute": False,
            "fromjson": json.loads,
            "ref": lambda name: name,
            "return": lambda value: value,
            "source": lambda dataset, table: f"{dataset}.{table}",
            "target": SimpleNamespace(name="duckdb", type="duckdb", schema="main"),
        }
    )
    return environment


def _complain(message: str) -> str:
    raise ValueError(message)


def macro_names(texts: dict[str, str]) -> set[str]:
    """The names of all macros in the given files."""
    return {name for text in texts.values() for name in re.findall(r"{%-?\s*macro\s+(\w+)", text)}


def renderer(macro_texts: dict[str, str]) -> Callable[[str], str]:
    """A function that renders one model with the given macro files (name -> text)."""
    environment = _environment()
    together = "\n".join(_without_test_tags(text) for text in macro_texts.values())
    module: Any = environment.from_string(together).module
    environment.globals.update({name: getattr(module, name) for name in macro_names(macro_texts)})
    return lambda text: environment.from_string(text).render()


@cache
def project_renderer() -> Callable[[str], str]:
    """Renders with the macros of the project."""
    return renderer({path.name: path.read_text() for path in sorted((PROJECT / "macros").rglob("*.sql"))})


def dispatched_names() -> set[str]:
    """The calls that stand for what the project spells per engine."""
    texts = "".join(path.read_text() for path in (PROJECT / "macros").rglob("*.sql"))
    return {adapter.PREFIX + name for name in re.findall(r"adapter\.dispatch\('(\w+)'", texts)}
