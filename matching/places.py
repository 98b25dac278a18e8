"""Addresses, telephone numbers and mail domains as comparable values; what says nothing becomes absent."""

import re
from dataclasses import dataclass
from functools import lru_cache

_STREET_WORDS = {
    **{"street": "st", "str": "st", "avenue": "ave", "av": "ave", "road": "rd", "boulevard": "blvd"},
    **{"drive": "dr", "lane": "ln", "court": "ct", "parkway": "pkwy", "pky": "pkwy", "highway": "hwy"},
    **{
        "place": "pl",
        "terrace": "ter",
        "circle": "cir",
        "square": "sq",
        "trail": "trl",
        "expressway": "expy",
    },
    **{"north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw"},
    **{"southeast": "se", "southwest": "sw", "saint": "st", "mount": "mt", "fort": "ft", "center": "ctr"},
    **{"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th"},
}
_INNER_PLACE = frozenset(
    ("suite", "ste", "floor", "fl", "building", "bldg", "unit", "room", "rm", "dept", "apt", "mailstop", "ms")
)
_BOX = re.compile(r"^(?:.*?\b)?(?:p ?o|post office|lock|call)? ?box (\w+)")
_NUMBER = re.compile(r"^(\d+)\w?\b")
_PHONE_EXTENSION = re.compile(r"(?:ext\.?|x|#)\s*\d+\s*$", re.IGNORECASE)
_FREE_MAIL_TEXT = """
    aol.com att.net bellsouth.net comcast.net earthlink.net gmail.com gmx.com gmx.net googlemail.com
    hotmail.com icloud.com live.com mac.com me.com msn.com outlook.com proton.me protonmail.com sbcglobal.net
    verizon.net yahoo.com ymail.com example.com example.org example.net
    """
_FREE_MAIL = frozenset(_FREE_MAIL_TEXT.split())
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")


@dataclass(frozen=True)
class Place:
    """The street without suite, its number (or box), and where it lies; empty text where unknown."""

    street: str
    number: str
    postal_code: str
    region: str

    @property
    def full(self) -> str | None:
        """Street and postal code, the form in which two addresses are the same one."""
        return f"{self.street}|{self.postal_code}" if self.street and self.postal_code else None

    @property
    def numbered(self) -> str | None:
        return f"{self.number}|{self.postal_code}" if self.number and self.postal_code else None


@lru_cache(maxsize=200_000)
def read_place(
    line1: str | None, line2: str | None, region: str | None, postal_code: str | None, country: str | None
) -> Place | None:
    """None when neither street nor postal code nor region is given."""
    street = _street(line1) or _street(line2)
    found = _NUMBER.match(street)
    number = street if street.startswith("box ") else found.group(1) if found else ""
    place = Place(street, number, _postal(postal_code, country), (region or "").strip().upper())
    return place if place.street or place.postal_code or place.region else None


def _street(text: str | None) -> str:
    words = re.findall(r"[a-z0-9]+", (text or "").lower().replace(".", ""))
    box = _BOX.match(" ".join(words))
    if box:
        return f"box {box.group(1)}"
    kept: list[str] = []
    is_inner = False
    for word in words:
        if is_inner:
            is_inner = False
        elif word in _INNER_PLACE and kept:
            is_inner = True
        else:
            kept.append(_STREET_WORDS.get(word, word))
    return " ".join(kept)


def _postal(text: str | None, country: str | None) -> str:
    code = re.sub(r"[^0-9A-Z]", "", (text or "").upper())
    is_american = (country or "US").upper() in ("US", "USA") and code.isdigit()
    code = (
        code.zfill(5)[:5] if is_american and 3 <= len(code) != 4 else code.zfill(5) if is_american else code
    )
    return "" if not code.strip("0") or code == "99999" else code


def read_phone(text: str | None) -> str | None:
    """The last ten digits; None for a number that is too short or of a made-up pattern."""
    digits = re.sub(r"\D", "", _PHONE_EXTENSION.sub("", text or ""))[-10:]
    local = digits[-7:]
    if (
        len(digits) < 7
        or len(set(local)) == 1
        or local in ("1234567", "5551212")
        or "5550100" <= local <= "5550199"
    ):
        return None
    return None if digits.startswith("5555555") else digits


def read_domain(text: str | None) -> str | None:
    """The domain of a mail or web address; None where anybody may have one."""
    found = _DOMAIN.search(
        (text or "").lower().rsplit("@", 1)[-1].removeprefix("https://").removeprefix("http://")
    )
    domain = found.group().removeprefix("www.") if found else ""
    return None if not domain or domain in _FREE_MAIL else domain
