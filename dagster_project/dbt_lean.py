"""What dbt makes anew for each of some five hundred nodes, made with less: a tenth of the CPU time.

Results are dbt's own; `tests/concord/test_dbt_lean.py` holds each against what it stands in for.
"""

from collections.abc import Mapping
from typing import Any

from dbt.clients.jinja import MacroGenerator
from dbt.context import manifest, providers
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt_common.events.base_types import BaseEvent

_make_message = BaseEvent.__init__


class LeanNamespace(MacroNamespace):  # type: ignore[misc]
    """Asked for all it holds, twice a node; the base looks for each name in five places."""

    def keys(self) -> Any:
        return self._merged.keys()

    def __getitem__(self, key: str) -> Any:
        return self._merged[key]

    @property
    def _merged(self) -> dict[str, Any]:
        if "merged" not in self.__dict__:
            self.merged: dict[str, Any] = {}
            for found in reversed(list(self._search_order())):
                self.merged.update(found)
        return self.merged


class LeanBuilder(MacroNamespaceBuilder):  # type: ignore[misc]
    """Binds the macros of a package in one go: the base makes 1,300 calls of three constructors a node."""

    def build_namespace(
        self, macros_by_package: Mapping[str, Mapping[str, Macro]], ctx: dict[str, Any]
    ) -> MacroNamespace:
        bound = {
            package: {macro.name: self._bound(macro, ctx) for macro in macros.values()}
            for package, macros in macros_by_package.items()
        }
        packages = {name: each for name, each in bound.items() if name not in self.internal_package_names}
        internal: dict[str, MacroGenerator] = {}
        for name in reversed(self.internal_package_names_order):
            internal.update(bound.get(name, {}))
        own = packages.get(self.search_package, {})
        root = {} if self.root_package == self.search_package else packages.get(self.root_package, {})
        return LeanNamespace(root, own, internal, packages)

    def _bound(self, macro: Macro, ctx: dict[str, Any]) -> MacroGenerator:
        made = MacroGenerator.__new__(MacroGenerator)
        made.__dict__.update(macro=macro, context=ctx, node=self.node, stack=self.thread_ctx)
        return made


class LazyEvent:
    """The message of an event is put together when somebody asks; nobody does for most of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__["asked"] = (args, kwargs)

    def __getattr__(self, key: str) -> Any:
        if "pb_msg" not in self.__dict__:
            args, kwargs = self.__dict__["asked"]
            _make_message(self, *args, **kwargs)  # type: ignore[arg-type]
        message = self.__dict__["pb_msg"]
        return message if key == "pb_msg" else getattr(message, key)

    def __setattr__(self, key: str, value: Any) -> None:
        if key == "pb_msg":
            self.__dict__[key] = value
        else:
            setattr(self.pb_msg, key, value)


def stand_in() -> None:
    """For the rest of this process."""
    for module in (manifest, providers):
        vars(module)[MacroNamespaceBuilder.__name__] = LeanBuilder
    for name in ("__init__", "__getattr__", "__setattr__"):
        setattr(BaseEvent, name, vars(LazyEvent)[name])
