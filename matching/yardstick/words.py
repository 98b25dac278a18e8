"""The vocabulary of the fictional vendor master: made-up stems beside the words that real trades share."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ONSETS = _words("b br c ch cl cr d dr f fl g gr h j k kl l m n p pr qu r s sl st t tr v w z")
NUCLEI = _words("a e i o u ae ia io or ar en el on")
CODAS = _words("n x s r l m t th nd st rix lon vex dale ford well tek ra vo")
SURNAMES = _words("""
    Abendroth Alder Barrow Beckley Bellamy Birch Blackwood Brandt Caldwell Carver Castellan Chandler Colby
    Cordero Crane Dalgaard Delacroix Denholm Drake Eastman Ellery Falk Fenwick Fisher Galloway Garner Gupta
    Hadley Halloran Hargrove Hawthorne Hollis Ibarra Iyer Jansen Jessop Kaplan Keller Kimura Lachance Langford
    Larkin Lindqvist Lowell Madigan Marchetti Mercer Montoya Nakamura Navarro Novik Oakes Okafor Osborne
    Pacheco Parrish Pell Quill Ramsey Rasmussen Redfern Rhodes Sandoval Sato Sayre Selby Shah Sorensen Stroud
    Tanaka Thackeray Tolliver Umber Vance Varga Vickers Wainwright Walcott Weiss Whitlock Yates Yoon Zamora
    Zeller
""")
GIVEN = _words("""
    Ada Amir Anna Arthur Bella Bruno Carla Cecil Clara Daniel Diego Edith Elena Ernest Farah Felix Grace Hanna
    Hugo Ines Irene Jonas Julia Karim Laura Leon Lucia Marcus Maya Nadia Nina Oscar Paula Priya Ravi Rosa
    Samuel Sofia Tara Theo Uma Vera Victor Wanda Xavier Yusuf Zoe
""")
QUALITIES = _words("""
    Advanced Allied American Apex Atlantic Beacon Blue Bridge Capital Cardinal Central Choice Citadel Coastal
    Complete Continental Cornerstone Crescent Crown Delta Direct Eagle Eastern Elite Empire Evergreen Express
    First Frontier General Global Golden Granite Great Guardian Harbor Heartland Heritage Horizon Ideal
    Integrated International Keystone Lakeside Legacy Liberty Lone Star Metro Midland Midwest Mountain
    National New Northern Pacific Paragon Patriot Peak Pinnacle Pioneer Plains Premier Prime Quality Regional
    Reliable River Rocky Royal Select Silver Southern Specialty Spectrum Standard Sterling Summit Superior
    Total Tri-County United Universal Valley Vanguard Vista Western
""")
TRADES = _words("""
    Anesthesia Biomedical Biosciences Cardiology Catering Consulting Dental Diagnostics Dialysis Distribution
    Electric Elevator Engineering Equipment Foods Furniture Genomics Graphics Healthcare Imaging Implants
    Infusion Instruments Laboratories Landscaping Laundry Linen Logistics Mechanical Medical Mobility Networks
    Nutrition Optics Orthopedics Oxygen Packaging Paper Paving Pharmaceuticals Pharmacy Plumbing Printing
    Prosthetics Radiology Respiratory Roofing Sanitation Scientific Security Services Software Solutions
    Staffing Sterilization Supply Surgical Systems Technologies Textiles Therapeutics Transport Uniforms
    Ventures Waste
""")
LEGAL = (
    "Inc",
    "Inc.",
    "LLC",
    "L.L.C.",
    "Corp",
    "Corporation",
    "Co.",
    "Company",
    "Ltd",
    "LP",
    "PC",
    "Incorporated",
)
BRANCH_WORDS = (
    "Financial",
    "Leasing",
    "Holdings",
    "USA",
    "International",
    "Field Services",
    "Logistics",
    "Foundation",
)
STREETS = _words("""
    Alder Ash Aspen Bay Bluff Cedar Chapel Cherry Clay College Commerce Cypress Depot Dogwood Elm Fairview
    Foundry Garden Grove Hickory Highland Hill Industrial Jefferson Juniper Lake Laurel Liberty Lincoln Locust
    Madison Maple Market Mill Monroe Mulberry Oak Orchard Park Pearl Pine Prairie Prospect Quarry Ridge River
    School Spring Spruce State Sycamore Union Vine Walnut Washington Willow
""")
STREET_TYPES = (
    *(("Street", "St"), ("Avenue", "Ave"), ("Road", "Rd"), ("Drive", "Dr"), ("Boulevard", "Blvd")),
    *(("Lane", "Ln"), ("Court", "Ct"), ("Parkway", "Pkwy")),
)
# Fictional towns with the first three digits of their postal codes.
TOWNS = (
    *(("Ardenfield", "OH", "432"), ("Brookhollow", "TX", "752"), ("Calder Falls", "IL", "606")),
    *(("Dunmere", "PA", "191"), ("Eastgate", "GA", "303"), ("Fallowfield", "MI", "482")),
    *(("Glenhaven", "CA", "900"), ("Harrow Point", "FL", "331"), ("Ironbridge", "MO", "631")),
    *(("Juniper Bend", "AZ", "850"), ("Kestrel Bay", "WA", "981"), ("Larkspur", "MN", "554")),
    *(("Millbrae Heights", "NY", "100"), ("Northwick", "MA", "021"), ("Oakhurst", "TN", "372")),
    *(("Pinecrest", "NC", "282"), ("Quarry Hill", "IN", "462"), ("Redmoor", "WI", "532")),
    *(("Stonebrook", "CO", "802"), ("Thornbury", "VA", "232"), ("Umberton", "NJ", "071")),
    *(("Vale City", "OR", "972"), ("Westmark", "KY", "402"), ("Yarrow", "LA", "701")),
)
CLERK_ABBREVIATIONS = {
    **{"MEDICAL": "MED", "SURGICAL": "SURG", "SERVICES": "SVCS", "TECHNOLOGIES": "TECH", "SYSTEMS": "SYS"},
    **{"LABORATORIES": "LABS", "PHARMACEUTICALS": "PHARMA", "EQUIPMENT": "EQUIP", "SOLUTIONS": "SOLNS"},
    **{"INTERNATIONAL": "INTL", "NATIONAL": "NATL", "AMERICAN": "AMER", "DISTRIBUTION": "DIST"},
    **{
        "MANUFACTURING": "MFG",
        "SUPPLY": "SUP",
        "HEALTHCARE": "HLTHCARE",
        "CENTRAL": "CENT",
        "GENERAL": "GEN",
    },
    **{"SCIENTIFIC": "SCI", "UNIVERSAL": "UNIV", "ORTHOPEDICS": "ORTHO", "MANAGEMENT": "MGMT"},
}
