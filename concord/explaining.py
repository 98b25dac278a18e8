"""A finding in plain words: what was compared, why it is one, whose it is and what would cure it.

The numbers are the finding's own evidence and the meaning of a code is the code list's; the tables in
`words/` add only the rule's section, the cure and what a cause means. No rule is stated here.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from publishing.serving import read

WORDS = Path(__file__).parent / "words"
SEEDS = Path(__file__).parent.parent / "dbt_project" / "seeds"
CODES, VOCABULARY = SEEDS / "exception_code.csv", SEEDS / "exception_vocabulary.csv"
APPLICATIONS = {"SAP": "SAP", "ORACLE": "Oracle", "PEOPLESOFT": "PeopleSoft", "COUPA": "Coupa"}
FIND = """
    select findings.*, suppliers.supplier_name
    from controls.exc_exception as findings
    left join conformed.dim_supplier as suppliers on findings.supplier_key = suppliers.supplier_key
    where (length($1) >= 6 and starts_with(findings.exception_id, lower($1)))
        or (
            upper($2) in (upper(findings.business_key), upper(findings.native_id))
            and ($1 = '' or findings.code = upper($1))
        )
        or ($1 = '' and findings.code = upper($2))
    order by findings.status desc, findings.first_seen_at desc, findings.exception_id
"""


@dataclass(frozen=True)
class Explanation:
    """Everything `concord explain` says about one finding."""

    exception_id: str
    code: str
    severity: str
    status: str
    words: str
    rule: str
    cause: str
    owner_role: str
    cure: str
    cured_by: str
    called: str
    finding: Mapping[str, Any]
    evidence: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"{self.code} {self.finding['business_key']}"


def explain(serving_dir: Path, *key: str) -> list[Explanation]:
    """The findings with this id, or with this code and business key, or with this code or key alone."""
    match key:
        case (only,):
            asked = [(only, ""), ("", only)]
        case (code, *rest):
            asked = [(code, " ".join(rest))]
        case _:
            asked = []
    found: dict[str, Explanation] = {}
    for parameters in asked:
        for row in read(serving_dir, FIND, parameters).to_pylist():
            found.setdefault(row["exception_id"], _explained(row))
    return list(found.values())


def _explained(row: Mapping[str, Any]) -> Explanation:
    evidence = json.loads(row["evidence"] or "{}")
    evidence.pop("causes", None)  # the cause has a place of its own
    remedy = words_of("remedies").get(row["code"], {})
    return Explanation(
        exception_id=row["exception_id"],
        code=row["code"],
        severity=row["severity"],
        status=row["status"],
        words=evidence.pop("words", None) or code_words(row["code"]),
        rule=remedy.get("rule", ""),
        cause=cause_words(row["cause_code"], row["cause_ratio"], row["proposed_quantity"]),
        owner_role=row["owner_role"],
        cure=remedy.get("cure", ""),
        cured_by=words_of("causes").get(row["cured_by"] or "", {}).get("words", row["cured_by"] or ""),
        called=called_elsewhere(row["code"]),
        finding=row,
        evidence={name: value for name, value in evidence.items() if value not in (None, "")},
    )


def code_words(code: str) -> str:
    """What the code list says of a code."""
    return _table(CODES).get(code, {}).get("words", "")


@dataclass(frozen=True)
class CodeWords:
    """What a code means, whoever it was found on."""

    code: str
    severity: str
    owner_role: str
    words: str
    rule: str
    cure: str
    called: str


def explain_code(name: str) -> CodeWords | None:
    """The code of this name, if it is one: the list's own words, severity and owner, and the remedy."""
    listed = _table(CODES).get(name.upper())
    if listed is None:
        return None
    remedy = words_of("remedies").get(listed["code"], {})
    return CodeWords(
        code=listed["code"],
        severity=listed["severity"],
        owner_role=listed["owner_role"],
        words=listed["words"],
        rule=remedy.get("rule", ""),
        cure=remedy.get("cure", ""),
        called=called_elsewhere(listed["code"]),
    )


def codes_called(name: str) -> list[str]:
    """The codes that some other application knows under this name, such as a hold or a tolerance key."""
    wanted = name.strip().casefold()
    return list(dict.fromkeys(row["code"] for row in _vocabulary() if row["name"].casefold() == wanted))


def called_elsewhere(code: str) -> str:
    """What other applications call a code, in words."""
    names: dict[str, list[str]] = {}
    for row in _vocabulary():
        if row["code"] == code:
            remarks = [row["remark"], "assumed" if row["is_assumed"] == "true" else ""]
            told = ", ".join(remark for remark in remarks if remark)
            names.setdefault(row["vocabulary"], []).append(row["name"] + (f" ({told})" if told else ""))
    return "; ".join(f"{APPLICATIONS[one]} {', '.join(found)}" for one, found in names.items())


def cause_words(cause: str | None, ratio: Any, proposed: Any) -> str:
    """A cause in words, with the factor that reproduces the numbers and the quantity that would be right."""
    if not cause:
        return ""
    said = words_of("causes").get(cause, {}).get("words", "")
    proof = [f"the numbers fit a factor of {ratio.normalize():f}"] if ratio is not None else []
    proof += [f"right would be {proposed.normalize():f}"] if proposed is not None else []
    return f"{cause}: {said}" + (f" ({'; '.join(proof)})" if proof else "")


def words_of(name: str) -> dict[str, dict[str, str]]:
    """A table of `words/` by its first column."""
    return _table(WORDS / f"{name}.csv")


@cache
def _vocabulary() -> list[dict[str, str]]:
    with VOCABULARY.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def _table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}
