"""What the workforce service believes of the organization: locations and cost centers by effective date.

Its ids are its own beside the codes that everyone prints. A column is a path of elements; `ID[kind]` is one
entry of a list of typed ids. `entered_at` is when a version was keyed in, which may be long after its day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from sandbox import columns, names
from sandbox.columns import WorldWriter
from sandbox.masters import Masters

_GO_LIVE = date(2019, 7, 1)
_KEYED_IN = datetime(2019, 6, 14, 15, 30)
# Pier Road Family Medicine was a clinic of the children's hospital before; told late, as such things are.
_MOVED = ("C140", "H100", date(2026, 1, 1), datetime(2026, 1, 19, 16, 5))
_RENAMED = ("A120", "Lakeshore Imaging", date(2025, 9, 1), datetime(2025, 8, 11, 14, 0))
_TIME_ZONE = "America/Chicago"

_Texts = list[str | None]


@dataclass(frozen=True)
class _Version:
    place: names.Place
    name: str
    superior: str | None
    effective: date
    entered: datetime


def wid(kind: str, code: str) -> str:
    """The service's own identifier of a thing: 32 hex digits that mean nothing to anyone else."""
    return hashlib.md5(f"lakeshore|{kind}|{code}".encode(), usedforsecurity=False).hexdigest()


def write_organization(masters: Masters, writer: WorldWriter) -> int:
    """Both tables, every version."""
    rows = writer.write("workforce/location", _locations(), 0)
    return rows + writer.write("workforce/cost_center", _cost_centers(masters), 0)


def _versions() -> list[_Version]:
    rows = []
    for place in names.PLACES:
        rows.append(_Version(place, place.name, place.parent, _GO_LIVE, _KEYED_IN))
        if place.code == _MOVED[0]:
            rows.append(_Version(place, place.name, *_MOVED[1:]))
        if place.code == _RENAMED[0]:
            rows.append(_Version(place, _RENAMED[1], place.parent, *_RENAMED[2:]))
    return rows


def _reference(path: str, kind: str, codes: _Texts, **kinds: _Texts) -> dict[str, pa.Array]:
    """A reference by its own id and by those that are printed; without a code there is no reference."""
    own = [wid(kind, code) if code else None for code in codes]
    return {
        f"{path}.ID[WID]": pa.array(own, pa.string()),
        **{f"{path}.ID[{name}]": pa.array(values, pa.string()) for name, values in kinds.items()},
    }


def _locations() -> dict[str, pa.Array]:
    rows = _versions()
    codes: _Texts = [row.place.code for row in rows]
    categories: _Texts = [row.place.category for row in rows]
    superiors = [row.superior for row in rows]
    zones: _Texts = [_TIME_ZONE] * len(rows)
    data = "Location_Data"
    return {
        **_reference("Location_Reference", "location", codes, Location_ID=codes),
        f"{data}.Location_ID": pa.array(codes),
        f"{data}.Effective_Date": pa.array([row.effective for row in rows]),
        f"{data}.Location_Name": pa.array([row.name for row in rows]),
        **_reference(
            f"{data}.Location_Type_Reference", "location type", categories, Location_Type_ID=categories
        ),
        **_reference(f"{data}.Superior_Location_Reference", "location", superiors, Location_ID=superiors),
        **_reference(f"{data}.Time_Zone_Reference", "time zone", zones, Time_Zone_ID=zones),
        f"{data}.Inactive": columns.constant(False, len(rows)),
        "entered_at": pa.array([row.entered for row in rows], pa.timestamp("s")),
    }


def _cost_centers(masters: Masters) -> dict[str, pa.Array]:
    rows, count = masters.cost_centers, len(masters.cost_centers)
    codes: _Texts = [row.code for row in rows]
    organizations: _Texts = [f"CC_{row.code}" for row in rows]
    lines: _Texts = [row.service_line for row in rows]
    places: _Texts = [names.PLACES[row.place].code for row in rows]
    companies: _Texts = [names.ENTITIES[names.PLACES[row.place].entity].code for row in rows]
    data = "Cost_Center_Data"
    return {
        **_reference(
            "Cost_Center_Reference",
            "cost center",
            codes,
            Organization_Reference_ID=organizations,
            Cost_Center_Reference_ID=codes,
        ),
        f"{data}.Effective_Date": columns.constant(_GO_LIVE, count),
        f"{data}.Organization_Data.ID": pa.array(organizations),
        f"{data}.Organization_Data.Organization_Name": pa.array([row.name for row in rows]),
        f"{data}.Organization_Data.Organization_Active": columns.constant(True, count),
        **_reference(
            f"{data}.Organization_Container_Reference", "service line", lines, Organization_Reference_ID=lines
        ),
        **_reference(f"{data}.Location_Reference", "location", places, Location_ID=places),
        **_reference(
            f"{data}.Restricted_To_Company_or_Company_Hierarchy_Reference",
            "company",
            companies,
            Company_Reference_ID=companies,
        ),
        "entered_at": pa.repeat(pa.scalar(_KEYED_IN, pa.timestamp("s")), count),
    }
