"""Numbers written for people: grouped digits, currency signs, parentheses; as Python and as SQL, alike.

Which mark groups and which begins the decimals is declared by an example, never guessed from a value:
`1,234.56` or `1.234,56`. A mark in any other place makes it no number.
"""

import re
from decimal import Decimal

POINT, COMMA = "1,234.56", "1.234,56"
WRITTEN = (POINT, COMMA)

_SPACE = r"[\s\x{00A0}]*"
_SIGN = "[£$€]?"
_CORE = {
    POINT: r"([0-9]{1,3}(,[0-9]{3})+|[0-9]+)?(\.[0-9]*)?",
    COMMA: r"([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)?(,[0-9]*)?",
}
_DECIMAL = {POINT: ".", COMMA: ","}


def pattern(written: str) -> str:
    """The whole of a number as RE2: a sign on one side of the currency, parentheses or a closing minus."""
    core = _CORE[written]
    front = rf"([-+]?{_SPACE}{_SIGN}|{_SIGN}{_SPACE}[-+]?)"
    return rf"{front}{_SPACE}{core}|{_SIGN}{_SPACE}{core}-|\({_SPACE}{_SIGN}{_SPACE}{core}{_SPACE}\)"


def plain_sql(text: str, written: str) -> str:
    """SQL for the plain form of a text expression, null for what is no such number."""
    mark = _DECIMAL[written]
    digits = f"replace(regexp_replace({text}, '[^0-9{mark}]', '', 'g'), '{mark}', '.')"
    negative = f"case when contains({text}, '-') or contains({text}, '(') then '-' else '' end"
    is_number = f"regexp_full_match({text}, '{pattern(written)}')"
    return f"case when {is_number} then {negative} || {digits} end"


def number_of(text: str, written: str | None) -> Decimal | None:
    """The number a cell says in the declared form, None when it says none."""
    plain = text.strip().strip("\u00a0")
    if written in WRITTEN:
        if not re.fullmatch(pattern(written).replace(r"\x{00A0}", "\u00a0"), plain):
            return None
        mark = _DECIMAL[written]
        digits = re.sub(f"[^0-9{mark}]", "", plain).replace(mark, ".")
        plain = ("-" if "-" in plain or "(" in plain else "") + digits
    return Decimal(plain) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", plain) else None
