"""Rejects SQL that only DuckDB understands or that another engine silently reads differently.

Judges every model and data test after rendering (`rendering`): what stands in a macro dispatched per engine
is free, all else must mean the same on DuckDB and Spark. Run as `python -m tests.architecture.portability`.

Enforced: an allow list of functions and types; no `::`, `//`, `/`, `->`, `~`, `^`, brackets, braces, double
quotes, backslashes or quotes inside strings, trailing commas, `from` first; no qualify, star exclusions,
unnest, pivot, asof, union by name, recursion, interval arithmetic; no sum of a condition, no date
arithmetic, no `substr` from 0, no decimal cut to an integer; `desc` says where nulls go (ascending needs
nothing: the profile puts nulls first, as Spark does).

Not enforced, because the SQL alone does not show it: the scale of a product of two wide decimals, dates in
columns whose name does not tell, windows whose order has ties, columns compared across character sets.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tests.architecture.rendering import PROJECT, dispatched_names, project_renderer

# The same name, arguments and result on both engines; concat is not: it skips nulls on one of them.
SAFE_FUNCTIONS = """
    abs cast ceil chr coalesce concat_ws count date_trunc dense_rank exists first_value floor greatest instr
    lag last_value lead least length lower lpad ltrim max max_by md5 min min_by mod nullif rank replace round
    row_number rpad rtrim sign split_part substr sum trim try_cast upper
"""
# Words that take a bracket without being a function.
CLAUSES = frozenset(
    ("all", "any", "as", "distinct", "except", "filter", "in", "intersect", "on", "over", "using", "values")
)
TYPES = frozenset(("string", "decimal", "date", "timestamp", "boolean", "integer", "int", "bigint"))
REMEDIES = {
    "concat": "nulls differ; write a || b",
    "avg": "keep sum and count; divide with divide()",
    "arg_max": "max_by",
    "arg_min": "min_by",
    "date_diff": "days_between() or seconds_between()",
    "datediff": "days_between()",
    "hash": "concord_key() or sha256_hex()",
    "median": "percentile()",
    "quantile_cont": "percentile()",
    "regexp_replace": "replace_pattern()",
    "sha256": "sha256_hex()",
    "string_agg": "joined()",
    "listagg": "joined()",
}
TOKENS = {
    TokenType.DCOLON: "`::`: write cast(x as type)",
    TokenType.DIV: "`//`: divide with divide()",
    TokenType.SLASH: "`/`: decimals divide differently; use divide()",
    TokenType.ARROW: "`->`: read JSON with json_text(); no lambdas",
    TokenType.DARROW: "`->>`: read JSON with json_text()",
    TokenType.TILDE: "`~`: use like",
    TokenType.CARET: "`^`: a power here, exclusive or there",
    TokenType.L_BRACKET: "`[`: lists belong in a macro",
    TokenType.L_BRACE: "`{`: structs belong in a macro",
    TokenType.IDENTIFIER: "double quotes: an identifier here, a string there",
    TokenType.QUALIFY: "qualify: rank in one CTE, filter in the next",
    TokenType.INTERVAL: "interval: use add_days()",
    TokenType.RECURSIVE: "recursive: not on every engine",
    TokenType.UNNEST: "unnest: not on every engine",
    TokenType.PIVOT: "pivot: write sum(case ...)",
    TokenType.UNPIVOT: "unpivot: write union all",
    TokenType.ASOF: "asof: write a half-open range join",
    TokenType.GLOB: "glob: use like",
    TokenType.SIMILAR_TO: "similar to: use like",
}
DATE_SUFFIXES = ("_date", "_at", "_on")
DATE_NAMES = frozenset(("as_of", "valid_from", "valid_to", "known_from", "known_to"))
DECIMAL_SUFFIXES = ("_quantity", "_amount", "_price", "_factor", "_share")
CONDITIONS = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Between, exp.In, exp.Like, exp.Is)


class _NullsAreSmall(DuckDB):
    NULL_ORDERING = "nulls_are_small"


class _NullsAreLarge(DuckDB):
    NULL_ORDERING = "nulls_are_large"


@dataclass(frozen=True, order=True)
class Finding:
    """One construct that must not stand outside of a dispatched macro."""

    place: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.message}"


def findings_in(sql: str) -> list[tuple[int, str]]:
    """Line of the rendered SQL (0 when unknown) and complaint."""
    try:
        tokens = DuckDB().tokenize(sql)
        tree = DuckDB().parse(sql)[0]
    except SqlglotError as error:
        return [(0, f"does not parse: {str(error).splitlines()[0]}")]
    if tree is None:
        return []
    return [*_token_findings(sql, tokens), *((0, words) for words in _tree_findings(sql, tree))]


def _token_findings(sql: str, tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    allowed = {*SAFE_FUNCTIONS.split(), *dispatched_names()}
    before: Token | None = None
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        word = token.text.lower()
        if token.token_type in TOKENS:
            yield token.line, TOKENS[token.token_type]
        elif token.token_type == TokenType.STRING and ("\\" in token.text or "'" in token.text):
            yield token.line, "a backslash or quote inside a string: use chr()"
        elif token.token_type == TokenType.FROM and (
            before is None or before.token_type == TokenType.L_PAREN
        ):
            yield token.line, "`from` first: start with select"
        elif after is not None and _ends_a_list(token, after):
            yield token.line, "trailing comma"
        elif after is not None and _is_call(token, after, before) and word not in allowed:
            remedy = REMEDIES.get(word, "put the engines' spellings into a dispatched macro")
            yield token.line, f"{word}(): {remedy}: {sql[token.start : token.start + 40].splitlines()[0]}"
        elif before is not None and _is_cast_type(sql, token, before, after) and word not in TYPES:
            yield token.line, f"type {word}: write one of {', '.join(sorted(TYPES))}"
        before = token


def _opens(before: Token | None) -> bool:
    return before is None or before.token_type == TokenType.L_PAREN


def _ends_a_list(token: Token, after: Token) -> bool:
    return token.token_type == TokenType.COMMA and after.token_type in (TokenType.FROM, TokenType.R_PAREN)


def _is_call(token: Token, after: Token, before: Token | None) -> bool:
    return (
        after.token_type == TokenType.L_PAREN
        and token.text.isidentifier()
        and (token.token_type == TokenType.VAR or token.token_type in DuckDB.Parser.FUNC_TOKENS)
        and token.text.lower() not in CLAUSES
        and token.text.lower() not in TYPES
        and not (before is not None and before.token_type in (TokenType.WITH, TokenType.ALIAS, TokenType.DOT))
    )


def _is_cast_type(sql: str, token: Token, before: Token, after: Token | None) -> bool:
    """The word after `as` right before the closing bracket of a cast."""
    return (
        before.token_type == TokenType.ALIAS
        and after is not None
        and after.token_type in (TokenType.R_PAREN, TokenType.L_PAREN)
        and token.token_type in DuckDB.Parser.TYPE_TOKENS
        and sql[token.start : token.end + 1].isidentifier()
    )


def _tree_findings(sql: str, tree: exp.Expr) -> Iterator[str]:
    yield from _implicit_null_order(sql)
    for node in tree.walk():
        words = _complaint(node)
        if words:
            yield f"{words}: {node.sql(dialect='duckdb')[:100]}"


def _complaint(node: exp.Expr) -> str:
    if isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("replace")):
        return "star with exclusions, name the columns"
    if isinstance(node, exp.SetOperation) and node.args.get("by_name"):
        return "union by name, order the columns"
    if isinstance(node, exp.IgnoreNulls):
        return "ignore nulls, filter first"
    if isinstance(node, exp.Sum) and _is_condition(node.this):
        return "sum of a condition, write sum(case when ... then 1 else 0 end)"
    if isinstance(node, exp.Substring) and str(node.args.get("start")) == "0":
        return "substr from 0, positions start at 1"
    if isinstance(node, exp.Add | exp.Sub) and _is_date_arithmetic(node.left, node.right):
        return "date arithmetic, use add_days(), days_between() or seconds_between()"
    if isinstance(node, exp.Cast) and node.to.this in exp.DataType.INTEGER_TYPES and _has_decimal(node.this):
        return "decimal to integer rounds here and truncates there, use round() or floor() first"
    return ""


def _is_condition(node: exp.Expr) -> bool:
    inner = node.unnest()
    return isinstance(inner, CONDITIONS) or (
        isinstance(inner, exp.Column) and inner.name.startswith(("is_", "has_"))
    )


def _is_date_arithmetic(left: exp.Expr, right: exp.Expr) -> bool:
    dates = [_is_date(left), _is_date(right)]
    return all(dates) or (any(dates) and (_is_days(left) or _is_days(right)))


def _is_days(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) or (isinstance(node, exp.Column) and node.name.endswith("_days"))


def _is_date(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Column):
        is_named = inner.name.endswith(DATE_SUFFIXES) and not inner.name.endswith("_to_date")
        return is_named or inner.name in DATE_NAMES
    return isinstance(inner, exp.Cast) and inner.to.this in exp.DataType.TEMPORAL_TYPES


def _has_decimal(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Round | exp.Floor | exp.Ceil) or inner.find(exp.Predicate, exp.Count, exp.Case):
        return False
    return any(column.name.endswith(DECIMAL_SUFFIXES) for column in inner.find_all(exp.Column))


def _implicit_null_order(sql: str) -> Iterator[str]:
    """Two readings with opposite defaults differ exactly where nothing is written."""
    small, large = (list(_ordered(dialect().parse(sql)[0])) for dialect in (_NullsAreSmall, _NullsAreLarge))
    for one, other in zip(small, large, strict=True):
        if one.args.get("desc") and one.args.get("nulls_first") != other.args.get("nulls_first"):
            yield f"desc without nulls first or nulls last: {one.this.sql(dialect='duckdb')}"


def _ordered(tree: exp.Expr | None) -> Iterable[exp.Ordered]:
    return tree.find_all(exp.Ordered) if tree is not None else ()


def lint(paths: Iterable[Path]) -> list[Finding]:
    """All findings; one that stands in a portable macro is told once, for the first model that uses it."""
    found: list[Finding] = []
    in_macros: set[str] = set()
    for path in sorted(paths):
        text = path.read_text()
        place = str(path.relative_to(PROJECT.parent))
        try:
            sql = project_renderer()(text)
        except (jinja2.TemplateError, ValueError, TypeError) as error:
            found.append(Finding(place, 0, f"does not render: {error}"))
            continue
        raw_lines = [line.strip() for line in text.splitlines()]
        for number, message in findings_in(sql):
            rendered = sql.splitlines()[number - 1].strip() if number else ""
            line = raw_lines.index(rendered) + 1 if number and rendered in raw_lines else 0
            if line or not number or message not in in_macros:
                found.append(Finding(place, line, message))
            if not line:
                in_macros.add(message)
    return sorted(set(found))


def project_files() -> list[Path]:
    return [*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "tests").rglob("*.sql")]


def main() -> int:
    found = lint(project_files())
    print("\n".join(map(str, found)) or f"{len(project_files())} SQL files are portable")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
