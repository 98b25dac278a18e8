"""Which columns a query takes its columns from, read from its SQL alone.

What a projection says counts: a column that only filters, joins or groups rows makes no value. Those that
join or filter are the origins of a column of their own, ROWS. A name that belongs to no relation in sight
(the parameter of a lambda) has no origin.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from sqlglot import exp, parse_one

Origin = tuple[str, str]
Origins = frozenset[Origin]
# Column names of a relation in their order, and where each comes from.
Relation = dict[str, Origins]
Relations = Mapping[str, Relation]
NOTHING: Origins = frozenset()
# In place of a column: which rows there are, and which belong to which.
ROWS = "*"


def origins_of(sql: str, tables: Relations) -> Relation:
    """The columns of a DuckDB query and their origins among `tables`, which are named `schema.table`.

    A table that is not among them has no columns. sqlglot's ParseError for SQL it cannot read.
    """
    return _query(parse_one(sql, dialect="duckdb"), {}, tables, {})


def _query(node: Any, named: Relations, tables: Relations, outer: Relations) -> Relation:
    known = dict(named)
    with_ = node.args.get("with_")
    for cte in with_.expressions if with_ else ():
        name = cte.alias.lower()
        if isinstance(cte.this, exp.SetOperation):
            # What a recursive one says of itself is said of its first part.
            known[name] = _query(cte.this.left, known, tables, outer)
        known[name] = _query(cte.this, known, tables, outer)
    if isinstance(node, exp.Subquery | exp.Paren):
        return _query(node.this, known, tables, outer)
    if isinstance(node, exp.SetOperation):
        left, right = (_query(side, known, tables, outer) for side in (node.left, node.right))
        rows = left.pop(ROWS, NOTHING) | right.pop(ROWS, NOTHING)
        if node.args.get("by_name"):
            both = {name: left.get(name, NOTHING) | right.get(name, NOTHING) for name in {**left, **right}}
            return both | _rows(rows)
        pairs = zip_longest(left.items(), right.values(), fillvalue=None)
        return {pair[0]: pair[1] | (other or NOTHING) for pair, other in pairs if pair} | _rows(rows)
    if isinstance(node, exp.Select):
        return _select(node, known, tables, outer)
    return {}


def _select(node: exp.Select, named: Relations, tables: Relations, outer: Relations) -> Relation:
    sources: dict[str, Relation] = {}
    from_ = node.args.get("from_")
    items = [from_.this] if from_ else []
    items += [join.this for join in node.args.get("joins") or ()]
    items += node.args.get("laterals") or ()
    for item in items:
        name = item.alias_or_name.lower() or f"_{len(sources)}"
        sources[name] = _source(item, named, tables, {**outer, **sources})
        for join in item.args.get("joins") or ():
            sources[join.this.alias_or_name.lower()] = _source(join.this, named, tables, {**outer, **sources})
    found: Relation = {}
    for projection in node.expressions:
        if projection.is_star:
            table = projection.table.lower() if isinstance(projection, exp.Column) else ""
            star = projection.this if isinstance(projection, exp.Column) else projection
            found |= _starred(star, [sources[table]] if table in sources else list(sources.values()))
        else:
            value = projection.unalias()
            name = projection.alias_or_name.lower()
            found[name] = _value(value, sources, found, named, tables, outer)
    return found | _rows(_deciding(node, sources, found, named, tables, outer))


def _rows(origins: Origins) -> Relation:
    return {ROWS: origins} if origins else {}


def _deciding(
    node: exp.Select,
    sources: Relations,
    made: Relation,
    named: Relations,
    tables: Relations,
    outer: Relations,
) -> Origins:
    """What joins and filters of a query ask, with what those of its sources and nested queries asked."""
    found = {origin for relation in sources.values() for origin in relation.get(ROWS, NOTHING)}
    joins = list(node.find_all(exp.Join, bfs=False))
    asked = [node.args[clause] for clause in ("where", "having", "qualify") if node.args.get(clause)]
    asked += [join.args["on"] for join in joins if join.parent_select is node and join.args.get("on")]
    for clause in asked:
        found |= _value(clause, sources, made, named, tables, outer)
    for join in joins:
        for column in join.args.get("using") or () if join.parent_select is node else ():
            found |= {at for one in sources.values() for at in one.get(column.name.lower(), NOTHING)}
    for clause in (*asked, *node.expressions):
        for part in _outside_queries(clause):
            if isinstance(part, exp.Query):
                found |= _query(part, named, tables, {**outer, **sources}).get(ROWS, NOTHING)
    return frozenset(found)


def _source(item: exp.Expression, named: Relations, tables: Relations, outer: Relations) -> Relation:
    if isinstance(item, exp.Table) and isinstance(item.this, exp.Identifier):
        if not item.db:
            return named.get(item.name.lower(), {})
        return tables.get(f"{item.db}.{item.name}".lower(), {})
    if isinstance(item, exp.Subquery):
        return _query(item, named, tables, outer)
    # A function of rows (unnest, a list of values): every column of it comes from what it is given.
    given = _value(item, dict(outer), {}, named, tables, {})
    alias = item.args.get("alias")
    columns = [column.name.lower() for column in alias.args.get("columns") or ()] if alias else []
    return dict.fromkeys(columns or [item.alias_or_name.lower()], given)


def _starred(star: exp.Expression, relations: list[Relation]) -> Relation:
    left_out = {column.name.lower() for column in star.args.get("except_") or ()}
    replaced = {alias.alias_or_name.lower(): alias.name for alias in star.args.get("rename") or ()}
    found: Relation = {}
    for relation in relations:
        for name, origins in relation.items():
            if name not in left_out and name != ROWS:
                found.setdefault(replaced.get(name, name), origins)
    return found


def _value(
    value: exp.Expression,
    sources: Relations,
    earlier: Relation,
    named: Relations,
    tables: Relations,
    outer: Relations,
) -> Origins:
    found: set[Origin] = set()
    for part in _outside_queries(value):
        if isinstance(part, exp.Query):
            for name, origins in _query(part, named, tables, {**outer, **sources}).items():
                found |= origins if name != ROWS else NOTHING
        else:
            assert isinstance(part, exp.Column)
            found |= _column(part, sources, earlier, outer)
    return frozenset(found)


def _outside_queries(node: exp.Expression) -> Iterator[exp.Expression]:
    """The columns of an expression, and its nested queries whole."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, exp.Column | exp.Query):
            yield part
        else:
            stack += list(part.iter_expressions())


def _column(column: exp.Column, sources: Relations, earlier: Relation, outer: Relations) -> Origins:
    name, table = column.name.lower(), column.table.lower()
    for scope in (sources, outer):
        if table in scope:
            return scope[table].get(name, NOTHING)
    # Without a table, or with a struct in its place (`payload.amount`).
    name = table or name
    for relation in (*sources.values(), earlier, *outer.values()):
        if name in relation:
            return relation[name]
    return NOTHING
