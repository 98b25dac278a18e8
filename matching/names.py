"""Organization names as words: legal form off, abbreviations out, other names apart (domain_rules 3.7).

Nothing here knows how common a word is; that is `census`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LEGAL_FORMS = """
    inc incorporated corp corporation co company companies llc llp lllp lp ltd limited plc pllc pc pa dba cic
    gmbh ag kg kgaa ohg sa sas sarl srl spa bv nv ab oy oyj as aps lda sl sprl bvba pty pte pvt private the
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
ABBREVIATIONS = {
    **{"amer": "american", "assn": "association", "assoc": "associates", "assocs": "associates"},
    **{"bldg": "building", "bros": "brothers", "cent": "central", "chem": "chemical", "comm": "community"},
    **{
        "constr": "construction",
        "ctr": "center",
        "centre": "center",
        "ctrs": "centers",
        "dept": "department",
    },
    **{"dist": "distribution", "distr": "distribution", "distrib": "distribution", "elec": "electric"},
    **{"eng": "engineering", "equip": "equipment", "fdn": "foundation", "grp": "group", "hlth": "health"},
    **{
        "hldg": "holdings",
        "hldgs": "holdings",
        "holding": "holdings",
        "hosp": "hospital",
        "hosps": "hospitals",
    },
    **{"ind": "industries", "inds": "industries", "inst": "institute", "instr": "instruments"},
    **{"internatl": "international", "intl": "international", "lab": "laboratories", "labs": "laboratories"},
    **{"laboratory": "laboratories", "log": "logistics", "mach": "machinery", "med": "medical"},
    **{"mfg": "manufacturing", "mfr": "manufacturing", "mgmt": "management", "mgt": "management"},
    **{"mkt": "marketing", "mtn": "mountain", "natl": "national", "nat": "national", "no": "number"},
    **{
        "org": "organization",
        "ortho": "orthopedics",
        "pharm": "pharmaceuticals",
        "pharma": "pharmaceuticals",
    },
    **{"pharms": "pharmaceuticals", "pharmaceutical": "pharmaceuticals", "phys": "physicians"},
    **{"prod": "products", "prods": "products", "rehab": "rehabilitation", "sci": "scientific"},
    **{
        "serv": "services",
        "servs": "services",
        "service": "services",
        "sol": "solutions",
        "sols": "solutions",
    },
    **{"soln": "solutions", "solns": "solutions", "st": "saint", "sup": "supply", "supp": "supply"},
    **{"supplies": "supply", "surg": "surgical", "svc": "services", "svcs": "services", "svs": "services"},
    **{"sys": "systems", "system": "systems", "tech": "technologies", "techs": "technologies"},
    **{"technology": "technologies", "ther": "therapeutics", "trans": "transport", "transp": "transport"},
    # The British public health service.
    **{"nhst": "nhs trust", "nhsft": "nhs foundation trust", "ft": "foundation trust"},
    **{"ccg": "clinical commissioning group", "pct": "primary care trust", "cncl": "council"},
    **{"prac": "practice", "surgeries": "surgery"},
    **{"uni": "university", "univ": "university", "whse": "warehouse", "wholesalers": "wholesale"},
}
_OTHER_NAME = re.compile(
    r"\b(?:d\s?[./]?\s?b\s?[./]?\s?a\b\.?|doing business as\b|trading as\b|t/a\b|a/?k/?a\b|also known as\b"
    r"|f/?k/?a\b|formerly(?: known as)?\b|n/?k/?a\b)",
    re.IGNORECASE,
)
# What clerks add to a name and what says nothing about whose name it is.
_REMARK = re.compile(
    r"\b(?:remit(?:tance)? to|attn\b.*|attention:.*|accounts? (?:payable|receivable)|a/?[rp] dep(?:t|artment)"
    r"|do not use\b.*|use vendor\b.*|inactive|duplicate|dup of\b.*|w-?9 (?:needed|missing)"
    r"|one time vendor)\b",
    re.IGNORECASE,
)
_STATE_TAG = re.compile(r"/[A-Za-z]{2,3}/?\s*$")
_WORD = re.compile(r"[^\W_]+")
_INITIALS = re.compile(r"(?<=\b\w)\.\s?(?=\w\b)")


@dataclass(frozen=True)
class Name:
    """One name, compared as `core` (words joined by a blank), never empty; `plain` keeps legal forms."""

    core: str
    plain: str

    @property
    def compact(self) -> str:
        return self.core.replace(" ", "")

    @property
    def in_order(self) -> str:
        """The words sorted and joined: `Smith, John` is `John Smith`."""
        return "".join(sorted(self.core.split()))


@lru_cache(maxsize=200_000)
def read_names(*texts: str | None, width: int | None = None) -> tuple[Name, ...]:
    """All names a record states, each once, in order of statement: `A dba B` states two.

    `width` is the length at which the record's system cuts names, where it does.
    """
    found: dict[str, Name] = {}
    for text in texts:
        is_cut = may_be_cut(text, width)
        for part in _OTHER_NAME.split(text or ""):
            name = _read(part, is_cut)
            if name:
                found.setdefault(name.core, name)
    return tuple(found.values())


def may_be_cut(text: str | None, width: int | None) -> bool:
    """Whether a name fills its field (a blank at the end is lost) and does not end like a whole one."""
    length = len((text or "").strip())
    return (
        width is not None and length > 0 and length >= width - 1 and _words(text or "")[-1] not in LEGAL_FORMS
    )


def _read(text: str, is_cut: bool) -> Name | None:
    without = _REMARK.sub(" ", text)
    words = _words(without) or _words(text)
    if not words:
        return None
    # Three letters tell a cut legal form from the beginning of another word.
    is_form = len(words[-1]) > 2 and any(form.startswith(words[-1]) for form in LEGAL_FORMS)
    if is_cut and len(words) > 2 and is_form:
        words.pop()
    core = [ABBREVIATIONS.get(word, word) for word in words if word not in LEGAL_FORMS and word != "and"]
    return Name(" ".join(core or words), " ".join(words))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    plain = _STATE_TAG.sub(" ", plain).replace("&", " and ").replace("'", "").replace("’", "")
    plain = _INITIALS.sub("", plain)
    return _WORD.findall(plain)
