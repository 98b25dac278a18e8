"""The files of a new landscape: what `concord init` writes into an empty folder."""

import re

from ingestion.configuration.seeds import DEFAULTS, HEADER_NAMES
from ingestion.raw.raw_schema import SEEDS

LANDSCAPE = """\
# One health system: its instances, where they are and what may be published. Unknown keys are errors with
# their line. Values come from the environment by ${NAME} or ${NAME:-default}; secrets belong nowhere else.
name: @NAME@
environment: dev
currency: USD
timezone: America/Chicago
# A business day to judge by; today when left out.
# as_of: 2026-06-30
# Needed in prod, made once under HOME elsewhere.
# token_key: ${CONCORD_TOKEN_KEY}

instances:
  # `feed` takes files that speak the canonical model: supplier.csv, purchase_order.csv, receipt_line.csv ...
  # `concord map SAMPLE.csv --entity receipt_line` proposes an entry for files with other headers.
  files:
    system: feed
    connection:
      folder: ${@VARIABLE@:-in}
    fresh_within: 24h
    # resources:
    #   supplier: {snapshot: true, delete_absent: true, expected: daily, grace_days: 1}

# Nothing is sent anywhere until a target is named here.
# publishing:
#   erp: {mode: dry_run, entities: [supplier]}
"""

README = """\
# Landscape @NAME@

Configuration of Concord for one health system: `landscape.yaml`, governed parameters in `seeds/`, own models
in `models/` (`models/marts/x.sql` becomes a mart), own macros in `macros/`.

    cp .env.example .env            # fill it in, keep it out of the repository
    concord check --landscape .     # configuration and every connection; loads nothing
    concord run --landscape . --no-publish
    concord files list --landscape .

`in/` takes the first files; which columns a month of orders, receipts, invoices and ledger needs stands in
Concord's `docs/month.md`. An empty seed means: nothing is set; `seeds/parameter.csv` and
`seeds/tolerance.csv` hold the defaults to change.
"""

MODELS = """\
Own models. They keep their folder: `marts/my_mart.sql` lands in the schema marts and in the serving copy.
Start with `-- One row per ...`, read marts and conformed tables by `ref`, choose names that are not shipped.

A public table has a contract: its columns and their types stand in a YAML file beside it, like

    models:
      - name: my_mart
        columns:
          - {name: currency_code, data_type: varchar}

While it is still changing, `{{ config(contract={"enforced": false}) }}` at its top does without.
"""

TESTS = """\
Folders with small worlds of your own cases: what goes in, what must come out. They belong to this repository.
"""

IGNORED = """\
.env
.concord/
in/
"""


def files_of(name: str) -> dict[str, str]:
    """Every file of a new landscape by its path."""
    variable = "CONCORD_" + re.sub(r"[^A-Z0-9]+", "_", name.upper()) + "_FILES"

    def filled(text: str) -> str:
        return text.replace("@NAME@", name).replace("@VARIABLE@", variable)

    folder = "# Folder of the canonical files (default: in/ beside landscape.yaml)"
    example = f"{folder}\n{variable}=\nCONCORD_TOKEN_KEY=\n"
    return {
        "landscape.yaml": filled(LANDSCAPE),
        "README.md": filled(README),
        ".gitignore": IGNORED,
        ".env.example": example,
        "models/README.md": MODELS,
        "tests/README.md": TESTS,
        **{f"seeds/{seed}.csv": _seed(seed) for seed in SEEDS},
    }


def _seed(name: str) -> str:
    """The defaults of a seed where there are some, else its header."""
    default = DEFAULTS / f"{name}.csv"
    if default.is_file():
        return default.read_text(encoding="utf-8")
    published = {column: header for header, column in HEADER_NAMES.items()}
    return ",".join(published.get(column, column) for column, _ in SEEDS[name]) + "\n"
