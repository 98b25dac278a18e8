"""The vocabulary of the fictional health system: places, service lines, accounts, supplies, supplier names.

Only words and the ranges that make them plausible; how many of each exist and who buys what is decided in
`masters.py`. All names are invented.
"""

from __future__ import annotations

from typing import NamedTuple

ORGANIZATION = "Lakeshore Health (fictional)"


class Entity(NamedTuple):
    """A legal entity."""

    code: str
    name: str


ENTITIES = (Entity("LH01", "Lakeshore Health System"), Entity("LH02", "Bayview Hospital Corporation"))


class Place(NamedTuple):
    """A facility: entity is a position in ENTITIES, weight its share of orders."""

    code: str
    name: str
    category: str
    entity: int
    parent: str | None
    weight: int


PLACES = (
    Place("H100", "Lakeshore University Hospital", "HOSPITAL", 0, None, 30),
    Place("H200", "Lakeshore Children's Hospital", "HOSPITAL", 0, None, 16),
    Place("H300", "Bayview Hospital", "HOSPITAL", 1, None, 18),
    Place("C110", "Harborside Clinic", "CLINIC", 0, "H100", 2),
    Place("C120", "Elm Street Clinic", "CLINIC", 0, "H100", 2),
    Place("C130", "Northpoint Clinic", "CLINIC", 0, "H200", 2),
    Place("C140", "Pier Road Family Medicine", "CLINIC", 0, "H200", 1),
    Place("C310", "Bayview Primary Care", "CLINIC", 1, "H300", 2),
    Place("C320", "Dunes Women's Health", "CLINIC", 1, "H300", 1),
    Place("L100", "Lakeshore Reference Laboratory", "LAB", 0, "H100", 5),
    Place("L300", "Bayview Laboratory", "LAB", 1, "H300", 3),
    Place("A110", "Lakeshore Surgery Center", "AMBULATORY", 0, "H100", 3),
    Place("A120", "Lakeshore Imaging Center", "AMBULATORY", 0, "H100", 2),
    Place("A310", "Bayview Infusion Center", "AMBULATORY", 1, "H300", 2),
    Place("W100", "Lakeshore Distribution Center", "WAREHOUSE", 0, None, 9),
    Place("S100", "Lakeshore Shared Service Center", "OFFICE", 0, None, 2),
)

SERVICE_LINES = (
    "Cardiology", "Orthopaedics", "Perioperative", "Imaging", "Laboratory", "Pharmacy",
    "Environmental Services", "Emergency", "Intensive Care", "Oncology", "Women and Infants",
    "Gastroenterology", "Respiratory", "Nutrition",
)  # fmt: skip

DEPARTMENTS = {
    "HOSPITAL": [(line, unit) for line in SERVICE_LINES for unit in ("Unit", "Procedures")],
    "CLINIC": [(line, "Clinic") for line in ("Cardiology", "Women and Infants", "Respiratory")],
    "LAB": [("Laboratory", "Core"), ("Laboratory", "Microbiology")],
    "AMBULATORY": [("Perioperative", "Suites"), ("Imaging", "Suites"), ("Oncology", "Infusion")],
    "WAREHOUSE": [("Environmental Services", "Stock")],
    "OFFICE": [
        ("Environmental Services", "Facilities"),
        ("Nutrition", "Catering"),
        ("Pharmacy", "Purchasing"),
    ],
}

ACCOUNTS = (
    ("110000", "Cash", "ASSET"), ("130000", "Inventory, medical supplies", "ASSET"),
    ("131000", "Inventory, drugs", "ASSET"), ("150000", "Construction in progress", "ASSET"),
    ("200000", "Accounts payable, trade", "LIABILITY"),
    ("210000", "Goods received, not invoiced", "LIABILITY"), ("220000", "Accrued expenses", "LIABILITY"),
    ("300000", "Net assets without restriction", "EQUITY"),
    ("400000", "Net patient service revenue", "REVENUE"),
    ("610100", "Medical supplies", "EXPENSE"), ("610200", "Implants", "EXPENSE"),
    ("610300", "Drugs", "EXPENSE"), ("610400", "Laboratory reagents", "EXPENSE"),
    ("620100", "Purchased services", "EXPENSE"), ("620200", "Equipment maintenance", "EXPENSE"),
    ("630100", "Freight in", "EXPENSE"), ("640100", "Sales and use tax", "EXPENSE"),
    ("650100", "Minor equipment", "EXPENSE"),
)  # fmt: skip


class Family(NamedTuple):
    """A family of items: name template and variants, category, account, packs and the price of one each."""

    name: str
    variants: tuple[str, ...]
    sizes: tuple[str, ...]
    commodity: str
    unspsc: str
    spend_type: str
    account: str
    boxes: tuple[int, ...]
    low: float
    high: float


_FR = ("4 Fr", "5 Fr", "6 Fr", "7 Fr", "8 Fr")
_MM = ("2.5 mm", "3.0 mm", "3.5 mm", "4.0 mm", "4.5 mm", "5.0 mm")
_GA = ("18 G", "20 G", "21 G", "22 G", "25 G")
_SML = ("small", "medium", "large", "x-large")
_ML = ("1 mL", "3 mL", "5 mL", "10 mL", "20 mL", "60 mL")

FAMILIES = (
    Family("Coronary guide catheter", ("JL4", "JR4", "EBU 3.5", "AL1"), _FR, "Cardiology", "42203402",
           "SUPPLY", "610100", (5, 10), 38, 95),
    Family("Introducer sheath", ("hydrophilic", "braided", "radial"), _FR, "Cardiology", "42203425",
           "SUPPLY", "610100", (5, 10), 14, 48),
    Family("Drug-eluting coronary stent", ("everolimus", "zotarolimus"), _MM, "Implants, cardiac", "42295101",
           "IMPLANT", "610200", (), 780, 1650),
    Family("Cortical bone screw", ("titanium", "stainless"), _MM, "Implants, orthopaedic", "42321506",
           "IMPLANT", "610200", (), 42, 180),
    Family("Locking plate", ("4 hole", "6 hole", "8 hole"), _MM, "Implants, orthopaedic", "42321505",
           "IMPLANT", "610200", (), 310, 940),
    Family("Suture, absorbable", ("undyed", "violet", "antibacterial"), ("2-0", "3-0", "4-0", "5-0"),
           "Wound closure", "42312201", "SUPPLY", "610100", (12, 24, 36), 1.6, 7.5),
    Family("Suture, polypropylene", ("blue", "double-armed"), ("2-0", "3-0", "4-0", "6-0"), "Wound closure",
           "42312202", "SUPPLY", "610100", (12, 24, 36), 2.2, 9),
    Family("Exam glove, nitrile", ("powder-free", "textured", "extended cuff"), _SML, "Gloves", "42132203",
           "SUPPLY", "610100", (100, 200), 0.04, 0.16),
    Family("Surgical glove, latex-free", ("size 6.5", "size 7", "size 8"), ("sterile", "underglove"),
           "Gloves", "42132205", "SUPPLY", "610100", (40, 50), 0.9, 2.4),
    Family("Infusion set", ("vented", "low-sorb", "blood Y-type"), ("15 drops", "20 drops", "60 drops"),
           "Infusion", "42221609", "SUPPLY", "610100", (20, 24, 50), 2.1, 9.8),
    Family("IV catheter", ("safety", "winged", "ported"), _GA, "Infusion", "42221504", "SUPPLY", "610100",
           (25, 50), 1.2, 4.1),
    Family("Syringe", ("luer lock", "slip tip", "oral"), _ML, "Injection", "42142608", "SUPPLY", "610100",
           (50, 100), 0.06, 0.6),
    Family("Hypodermic needle", ("regular bevel", "safety"), _GA, "Injection", "42142523", "SUPPLY", "610100",
           (100,), 0.05, 0.4),
    Family("Foam dressing", ("bordered", "silver", "sacral"), ("4x4 in", "6x6 in", "8x8 in"), "Wound care",
           "42311510", "SUPPLY", "610100", (5, 10), 3.4, 19),
    Family("Gauze sponge", ("sterile 2s", "12-ply", "x-ray detectable"), ("2x2 in", "4x4 in", "8x4 in"),
           "Wound care", "42311511", "SUPPLY", "610100", (25, 50), 0.05, 0.7),
    Family("Endotracheal tube", ("cuffed", "reinforced"), ("6.0 mm", "7.0 mm", "7.5 mm", "8.0 mm"),
           "Respiratory", "42271903", "SUPPLY", "610100", (10,), 2.8, 14),
    Family("Nasal cannula", ("adult", "pediatric", "high flow"), ("7 ft", "14 ft"), "Respiratory", "42271802",
           "SUPPLY", "610100", (25, 50), 0.8, 6),
    Family("Foley catheter", ("silicone", "coated", "temperature sensing"), ("14 Fr", "16 Fr", "18 Fr"),
           "Urology", "42142702", "SUPPLY", "610100", (10, 12), 3.1, 17),
    Family("Surgical gown", ("level 3", "level 4", "reinforced"), _SML, "Drapes", "42131601", "SUPPLY",
           "610100", (20, 24), 2.2, 8.9),
    Family("Laparotomy drape pack", ("standard", "with pouch"), ("adult", "pediatric"), "Drapes",
           "42131701", "SUPPLY", "610100", (4, 6), 21, 74),
    Family("Trocar", ("bladeless", "optical", "balloon"), ("5 mm", "11 mm", "12 mm"), "Surgery", "42294901",
           "SUPPLY", "610100", (3, 6), 31, 98),
    Family("Linear stapler reload", ("vascular", "thick tissue"), ("45 mm", "60 mm"), "Surgery", "42294923",
           "SUPPLY", "610100", (12,), 105, 260),
    Family("Troponin reagent kit", ("high sensitivity", "calibrator", "control"), ("100 tests", "200 tests"),
           "Laboratory reagents", "41116126", "SUPPLY", "610400", (2, 4), 140, 720),
    Family("Blood collection tube", ("EDTA", "serum separator", "citrate"), ("2.7 mL", "4 mL", "8.5 mL"),
           "Laboratory supplies", "41104107", "SUPPLY", "610400", (50, 100), 0.12, 0.55),
    Family("Culture medium plate", ("blood agar", "chocolate agar", "MacConkey"), ("100 mm",),
           "Laboratory supplies", "41116132", "SUPPLY", "610400", (10, 20), 0.7, 3.9),
    Family("Contrast agent, iodinated", ("300 mgI", "350 mgI", "370 mgI"), ("50 mL", "100 mL", "150 mL"),
           "Imaging agents", "51471901", "DRUG", "610300", (10,), 22, 88),
    Family("Heparin sodium vial", ("1,000 U/mL", "5,000 U/mL"), ("10 mL", "30 mL"), "Drugs", "51131607",
           "DRUG", "610300", (25,), 1.4, 11),
    Family("Ondansetron injection", ("2 mg/mL", "premix"), ("2 mL", "20 mL"), "Drugs", "51171806", "DRUG",
           "610300", (10, 25), 0.9, 9),
    Family("Sodium chloride 0.9 % bag", ("injection", "irrigation"), ("250 mL", "500 mL", "1,000 mL"),
           "Solutions", "51191602", "DRUG", "610300", (12, 24), 1.3, 5.2),
    Family("Surface disinfectant wipe", ("bleach", "quaternary", "alcohol"), ("canister", "refill"),
           "Environmental services", "47131803", "SUPPLY", "610100", (6, 12), 5.5, 16),
    Family("Enteral feeding set", ("gravity", "pump"), ("500 mL", "1,000 mL"), "Nutrition", "42231509",
           "SUPPLY", "610100", (30,), 2.4, 8),
)  # fmt: skip

# How a line is coded: as its item is, with a commodity of ODD_COMMODITIES, or on another account by AP.
PLAIN, UNCOVERED, AMBIGUOUS, RETIRED, CAPITAL, MISCODED = range(6)


class Commodity(NamedTuple):
    """A commodity that a buyer may choose for a line instead of its item's; without spend type that stays."""

    name: str
    code: str
    spend_type: str | None = None


ODD_COMMODITIES = {
    UNCOVERED: Commodity("Unclassified purchases", "99101500"),
    AMBIGUOUS: Commodity("Emergency kits", "42172001"),
    RETIRED: Commodity("Radiology film", "42201806"),
    CAPITAL: Commodity("Capital equipment", "42271701", "CAPITAL"),
}
MISCODED_ACCOUNT = "650100"

SERVICES = (
    "Equipment maintenance visit", "Instrument sterilization run", "Courier route", "Linen service week",
    "Waste removal pickup", "Interpreter session", "Calibration service", "Biomedical inspection",
)  # fmt: skip

MANUFACTURERS = (
    "Alderon Medical", "Brightwater Devices", "Cascadia Surgical", "Corvane", "Dunmore Health",
    "Everpine Labs",
    "Fairhaven Orthopedics", "Glenmoor", "Halcyon Vascular", "Ironwood Diagnostics", "Juniper Infusion",
    "Kestrel Biologics", "Larkfield", "Meridian Wound Care", "Norwell", "Oakbridge Pharma",
)  # fmt: skip

SUPPLIER_FIRST = (
    "Alder", "Beacon", "Birchwood", "Bluewater", "Canal Street", "Cedar Point", "Crestline", "Driftwood",
    "Eastgate", "Fox River", "Granite", "Great Plains", "Harbor", "Heron", "Irving Park", "Keystone",
    "Lighthouse", "Mapleton", "Midway", "North Shore", "Old Mill", "Prairie", "Quarry", "Ridgeway", "Summit",
)  # fmt: skip
SUPPLIER_SECOND = (
    "Medical Supply", "Surgical", "Healthcare Products", "Diagnostics", "Orthopedics", "Pharmaceutical",
    "Cardiovascular", "Biomedical Services", "Laboratory Supply", "Infusion Systems",
)  # fmt: skip
# As clerks shorten the words of names.
CLERK_WORDS = {
    **{"Medical": "Med", "Supply": "Sup", "Surgical": "Surg", "Healthcare": "Hlthcare", "Products": "Prod"},
    **{"Diagnostics": "Diagn", "Orthopedics": "Ortho", "Pharmaceutical": "Pharm", "Systems": "Sys"},
    **{"Cardiovascular": "Cardiovasc", "Biomedical": "Biomed", "Services": "Svcs", "Laboratory": "Lab"},
    **{"Infusion": "Infus"},
}
# Former names, trade names and neighbors; none of them is a supplier's usual one.
OTHER_HOUSES = (
    "Amberfield", "Copperline", "Dovetail", "Fernhill", "Greystone", "Hollow Creek", "Larchmont", "Marlowe",
    "Nettle Bay", "Orchard Row", "Pebble Ridge", "Stillwater", "Thornapple",
)  # fmt: skip
# For worlds with more suppliers than the words above can name.
_STARTS = (
    "Ash", "Bram", "Clear", "Deer", "Elm", "Fair", "Glen", "Hart", "Iron", "Jasper", "Kings", "Lock", "Moss",
    "Nor", "Oak", "Pine", "Quail", "Rock", "Silver", "Tarn", "Upper", "Vale", "West", "Yarrow", "Zell",
)  # fmt: skip
_FIRST_ENDS = ("brook", "dale", "ford", "gate", "mere", "ridge", "ton", "wick")
_HOUSE_ENDS = (
    "bury", "cott", "field", "haven", "holm", "ley", "march", "moor", "stead", "thwaite", "view", "worth",
)  # fmt: skip
MORE_FIRST = tuple(start + end for start in _STARTS for end in _FIRST_ENDS)
MORE_HOUSES = tuple(start + end for start in _STARTS for end in _HOUSE_ENDS)
BRANCHES = ("Leasing", "Logistics", "Field Services", "International", "Financial")
PERSONS = (
    "Dana Whitfield MD", "R. Osei, CRNA", "Leslie Arroyo DO", "Morgan Tran PhD", "J. Halvorsen, PT",
    "Casey Lindgren MD", "Robin Adeyemi NP",
)  # fmt: skip
NEW_SUPPLIERS = (
    "Silverlake Robotics, Inc.",
    "Tamarack Sterile Systems, LLC",
    "Windward Imaging Partners, LP",
)
SUPPLIER_SUFFIX = ("Inc.", "LLC", "Corp.", "Co.", "LP")
STREETS = ("Lakefront Ave", "Foundry St", "Commerce Dr", "Mill Pond Rd", "Industrial Pkwy", "Union Sq")
EXCLUDED_FIRST = ("Amberlyn", "Quillstone", "Tarnvale", "Oxbridge Hollow", "Vesper Quay", "Juniper Knoll")
EXCLUDED_SECOND = ("Home Visits", "Ambulance Rides", "Corner Pharmacy", "Sleep Testing", "Mobility Rentals")
CITIES = (
    ("Port Allen", "WI", "530"), ("Grand Marsh", "MI", "490"), ("Fairview Heights", "IL", "600"),
    ("Stonebridge", "OH", "440"), ("Kettle Falls", "MN", "550"), ("New Carlow", "IN", "460"),
)  # fmt: skip
TERMS = (("NET30", 30), ("NET45", 45), ("NET60", 60), ("2N10NET30", 30))
