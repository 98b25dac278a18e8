"""What two publishers of exclusion lists say: the federal list in the LEIE layout, and a state's in its own.

Each is one full file with the day of its edition in its name. A party without a provider number has ten
zeros, a date that is none eight.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from sandbox import clock, identifiers, names
from sandbox.exclusions import Exclusion
from sandbox.masters import Masters

FOLDER = "exclusions"
FEDERAL, STATE = "federal", "state"
# The last edition of each, in days before the last day of the world.
USUAL_AGE = {FEDERAL: 20, STATE: 15}
_STATE_REGION = "OH"
_NO_NUMBER, _NO_DAY = "0000000000", "00000000"


def usual_exclusions() -> list[Exclusion]:
    """Parties that are nobody's supplier."""
    parties = [f"{first} {second}" for first in names.EXCLUDED_FIRST for second in names.EXCLUDED_SECOND]
    rows = []
    for number, name in enumerate(parties):
        city = names.CITIES[number % len(names.CITIES)]
        rows.append(
            Exclusion(
                publisher=STATE if city[1] == _STATE_REGION else FEDERAL,
                business=name.upper(),
                npi=identifiers.npi(61_000_000 + number * 131) if number % 3 else None,
                street=f"{17 + number * 31} {names.STREETS[number % len(names.STREETS)]}".upper(),
                city=city,
                excluded_on=date(2019, 1, 20) + timedelta(days=31 * number),
            )
        )
    return rows


def write_lists(masters: Masters, folder: Path) -> int:
    """The newest edition of both lists; how many rows."""
    written = 0
    rows = [*usual_exclusions(), *masters.exclusions]
    for publisher, layout in ((FEDERAL, _leie), (STATE, _state_list)):
        table = layout([row for row in rows if row.publisher == publisher])
        day = clock.AS_OF - timedelta(days=masters.exclusion_ages.get(publisher, USUAL_AGE[publisher]))
        place = folder / publisher / "screening_entry"
        place.mkdir(parents=True, exist_ok=True)
        options = pa_csv.WriteOptions(quoting_style="all_valid")
        pa_csv.write_csv(table, place / f"exclusions_{day:%Y%m%d}.csv", options)
        written += table.num_rows
    return written


def _leie(rows: list[Exclusion]) -> pa.Table:
    empty = pa.array([""] * len(rows))
    return pa.table(
        {
            "LASTNAME": empty,
            "FIRSTNAME": empty,
            "MIDNAME": empty,
            "BUSNAME": pa.array([row.business for row in rows]),
            "GENERAL": pa.array(["OTHER BUSINESS"] * len(rows)),
            "SPECIALTY": pa.array(["DME - GENERAL"] * len(rows)),
            "UPIN": empty,
            "NPI": pa.array([row.npi or _NO_NUMBER for row in rows]),
            "DOB": empty,
            "ADDRESS": pa.array([row.street for row in rows]),
            "CITY": pa.array([row.city[0].upper() for row in rows]),
            "STATE": pa.array([row.city[1] for row in rows]),
            "ZIP": pa.array([f"{row.city[2]}01" for row in rows]),
            "EXCLTYPE": pa.array(["1128a1"] * len(rows)),
            "EXCLDATE": pa.array([f"{row.excluded_on:%Y%m%d}" for row in rows]),
            "REINDATE": pa.array(
                [f"{row.reinstated_on:%Y%m%d}" if row.reinstated_on else _NO_DAY for row in rows]
            ),
            "WAIVERDATE": pa.array([_NO_DAY] * len(rows)),
            "WVRSTATE": empty,
        }
    )


def _state_list(rows: list[Exclusion]) -> pa.Table:
    return pa.table(
        {
            "Provider Name": pa.array([row.business for row in rows]),
            "NPI": pa.array([row.npi or "" for row in rows]),
            "Street": pa.array([row.street for row in rows]),
            "City": pa.array([row.city[0] for row in rows]),
            "State": pa.array([row.city[1] for row in rows]),
            "Zip": pa.array([f"{row.city[2]}01" for row in rows]),
            "Reason": pa.array(["Board order"] * len(rows)),
            "Effective": pa.array([f"{row.excluded_on:%m/%d/%Y}" for row in rows]),
        }
    )
