"""The `_extension` of a raw row: what the source sent beyond the spec, without plain identifiers.

Nobody declared these fields, so nobody declared them sensitive either: a name that sounds like a tax or bank
identifier or like a patient's data keeps its place and loses its value.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
TOO_DEEP = "nested too deep to be shown; it stands in the landing copy"
# Within a name, or as a word of it ("Vendor SSN", "supplier_tin", "acctNo").
_SENSITIVE = re.compile(
    r"tax(payer)?(id|no|num|number|code)|socialsecurity|federalid|vat(id|no|number|reg)|fein|iban|routing|swift"
    r"|sortcode|bankaccount|(account|acct)(no|num|number)$|birth|patient|medicalrecord"
)
_SENSITIVE_WORDS = frozenset({"tin", "ein", "ssn", "itin", "fein", "aba", "iban", "bic", "dob", "mrn"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def extension_text(found: Mapping[str, Any]) -> str:
    """The undeclared fields of one row as JSON text, keys sorted; `{}` when there are none."""
    try:
        return json.dumps(_masked(found), sort_keys=True, default=str) if found else "{}"
    except RecursionError:
        return json.dumps(dict.fromkeys(found, TOO_DEEP), sort_keys=True)


def json_text(value: Any) -> str:
    """A value of a payload as JSON for people to read."""
    try:
        return json.dumps(value, default=str)
    except RecursionError:
        return json.dumps(TOO_DEEP)


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: MASK if sounds_sensitive(key) and item else _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value


def sounds_sensitive(path: str) -> bool:
    """Whether a field is named like a tax or bank identifier or a patient's data."""
    name = path.rpartition(".")[2]
    words = {word.lower() for word in _WORDS.findall(name)}
    return bool(words & _SENSITIVE_WORDS or _SENSITIVE.search(re.sub(r"[^a-z0-9]+", "", name.lower())))
