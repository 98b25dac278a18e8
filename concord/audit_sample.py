"""A random sample of findings and of documents without them, for a person to label: is the code right?

Strata per code and kind of document: documents with the finding, with another finding only, with none.
Within each the order is random but fixed by the seed, so that labeling the first few is a sample as well.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from concord.explaining import code_words, words_of
from publishing.serving import in_place, read

FOUND = "found"
OTHER = "not found, has another finding"
NONE = "not found, has no finding"
STRATA = (FOUND, OTHER, NONE)
COLUMNS = (
    "row", "code", "concord", "label", "comment", "means", "rule", "document_type", "document", "supplier",
    "legal_entity_code", "facility_code", "day", "currency_code", "amount", "amount_at_risk", "cause_code",
    "evidence", "source_instance", "native_id", "finding_id", "stratum", "behind", "drawn", "judged", "rows",
    "run_id", "as_of", "seed",
)  # fmt: skip
# All documents of a kind that the rules read, and what of each a person can judge by.
POPULATIONS = {
    "invoice_line": """
        select source_instance, native_id, concat_ws('|', invoice_number, line_number) as document,
            legal_entity_code, facility_code, supplier_key, invoice_date as day, currency_code,
            line_amount as amount,
            to_json({po_number: po_number, po_line_number: po_line_number, match_status: match_status,
                base_uom_code: base_uom_code, ordered_quantity: ordered_quantity,
                received_quantity: received_quantity,
                previously_invoiced_quantity: previously_invoiced_quantity,
                invoiced_quantity: invoiced_quantity, po_unit_price: po_unit_price,
                invoice_unit_price: invoice_unit_price, codes: codes}) as numbers
        from marts.mart_invoice_match
    """,
    "invoice": """
        select source_instance, native_id, invoice_number as document, legal_entity_code,
            null as facility_code, supplier_key, invoice_date as day, currency_code, gross_amount as amount,
            to_json({invoice_type: invoice_type, status: status, po_number: po_number,
                lines_amount: lines_amount, line_count: line_count}) as numbers
        from conformed.fct_invoice where not is_void
    """,
    "purchase_order_line": """
        select source_instance, native_id, concat_ws('|', po_number, line_number) as document,
            legal_entity_code, facility_code, supplier_key, ordered_date as day, currency_code,
            line_amount as amount,
            to_json({po_status: po_status, description: description, quantity: quantity,
                order_uom_code: order_uom_code, unit_price: unit_price}) as numbers
        from conformed.fct_purchase_order_line
    """,
    "purchase_order": """
        select source_instance, po_id as native_id, any_value(po_number) as document,
            any_value(legal_entity_code) as legal_entity_code, null as facility_code,
            any_value(supplier_key) as supplier_key, min(ordered_date) as day,
            any_value(currency_code) as currency_code, sum(line_amount) as amount,
            to_json({po_status: any_value(po_status), lines: count(*)}) as numbers
        from conformed.fct_purchase_order_line group by source_instance, po_id
    """,
    "receipt_line": """
        select receipts.source_instance, receipts.native_id,
            concat_ws('|', receipts.receipt_number, receipts.line_number) as document,
            orders.legal_entity_code, receipts.facility_code, orders.supplier_key,
            receipts.receipt_date as day, null as currency_code, null as amount,
            to_json({receipt_type: receipts.receipt_type, po_number: receipts.po_number,
                po_line_number: receipts.po_line_number, quantity: receipts.quantity,
                uom_code: receipts.uom_code, received_quantity: receipts.received_quantity,
                base_uom_code: receipts.base_uom_code}) as numbers
        from conformed.fct_receipt_line as receipts
        left join conformed.fct_purchase_order_line as orders
            on receipts.purchase_order_line_key = orders.purchase_order_line_key
    """,
    "payment": """
        select source_instance, native_id, payment_number as document, legal_entity_code,
            null as facility_code, supplier_key, payment_date as day, currency_code, amount,
            to_json({method: method, status: status}) as numbers
        from conformed.fct_payment
    """,
    "supplier": """
        select source_instance, native_id, supplier_number as document, null as legal_entity_code,
            null as facility_code, supplier_key, cast(created_at as date) as day, null as currency_code,
            null as amount, to_json({legal_name: legal_name, status: status}) as numbers
        from conformed.dim_supplier_record
    """,
    "journal_line": """
        select source_instance, native_id, concat_ws('|', journal_id, line_number) as document,
            legal_entity_code, facility_code, null as supplier_key, posting_date as day, currency_code,
            amount, to_json({account_code: account_code, source_code: source_code,
                subledger_type: subledger_type, subledger_id: subledger_id,
                reference: reference}) as numbers
        from conformed.fct_gl_posting
    """,
}
# Of what has no table of all its documents only the findings can be drawn: precision, no recall.
UNKNOWN = """
    select source_instance, native_id, null as document, null as legal_entity_code, null as facility_code,
        null as supplier_key, null as day, null as currency_code, null as amount, null as numbers
    from controls.exc_exception where false
"""
DRAW = """
    with population as ({population}),
    open_findings as (select * from controls.exc_exception where status = 'OPEN' and entity_type = $2),
    found as (select * from open_findings where code = $1),
    others as (select distinct source_instance, native_id from open_findings where code <> $1),
    documents as (
        select coalesce(found.source_instance, population.source_instance) as source_instance,
            coalesce(found.native_id, population.native_id) as native_id,
            coalesce(found.business_key, population.document) as document,
            coalesce(found.legal_entity_code, population.legal_entity_code) as legal_entity_code,
            coalesce(found.facility_code, population.facility_code) as facility_code,
            coalesce(found.supplier_key, population.supplier_key) as supplier_key,
            population.day, population.currency_code, population.amount, population.numbers,
            found.exception_id as finding_id, found.amount_at_risk, found.cause_code, found.evidence,
            case when found.exception_id is not null then '{found}'
                when others.native_id is not null then '{other}' else '{none}' end as stratum
        from population
        full outer join found
            on population.source_instance = found.source_instance and population.native_id = found.native_id
        left join others
            on population.source_instance = others.source_instance
            and population.native_id = others.native_id
    ),
    shuffled as (
        select *, count(*) over (partition by stratum) as behind,
            row_number() over (
                partition by stratum
                order by md5(concat_ws('~', $3, $1, source_instance, native_id)), source_instance, native_id
            ) as place
        from documents
    )
    select shuffled.*, suppliers.supplier_name as supplier
    from shuffled
    left join conformed.dim_supplier as suppliers on shuffled.supplier_key = suppliers.supplier_key
    where place <= $4 order by place
"""
OPEN = """
    select code, entity_type, min(evaluation_step) as step from controls.exc_exception
    where status = 'OPEN' group by code, entity_type order by step, code, entity_type
"""
RUN = "select run_id, as_of from marts.publication limit 1"


class SampleError(ValueError):
    """Nothing can be drawn; the text says why and what to do."""


@dataclass(frozen=True)
class Sample:
    """Rows by `COLUMNS`, and of each code and stratum how many documents it has and how many were drawn."""

    run_id: str
    as_of: Any
    seed: int
    rows: Sequence[Mapping[str, Any]]
    strata: Sequence[tuple[str, str, str, int, int]]


def draw(serving_dir: Path, codes: Sequence[str], *, seed: int, findings: int, others: int) -> Sample:
    """At most so many findings, and as many other documents, of each code and kind of document."""
    release = in_place(serving_dir)
    [run] = read(release, RUN).to_pylist()
    asked = {code.upper() for code in codes}
    open_codes = [row for row in read(release, OPEN).to_pylist() if not asked or row["code"] in asked]
    missing = sorted(asked - {row["code"] for row in open_codes})
    if missing:
        raise SampleError(
            f"no open finding has {', '.join(missing)}; `concord explain CODE` says what one is"
        )
    if not open_codes:
        raise SampleError("there is no open finding to draw")
    rows: list[dict[str, Any]] = []
    strata: list[tuple[str, str, str, int, int]] = []
    for code, entity_type in [(row["code"], row["entity_type"]) for row in open_codes]:
        drawn = _drawn(release, code, entity_type, seed=seed, findings=findings, others=others)
        judged = sum(some[0]["behind"] for some in drawn.values() if some)
        for stratum in STRATA:
            some = drawn[stratum]
            behind = some[0]["behind"] if some else 0
            strata.append((code, entity_type, stratum, behind, len(some)))
            # Where nobody can count them there are no others, rather than none.
            known = judged if entity_type in POPULATIONS else None
            rows += [_row(code, entity_type, one, drawn=len(some), judged=known) for one in some]
    for number, row in enumerate(rows, 1):
        row |= {"row": number, "rows": len(rows), "seed": seed, **run}
    return Sample(run["run_id"], run["as_of"], seed, rows, strata)


def _drawn(
    release: Path, code: str, entity_type: str, *, seed: int, findings: int, others: int
) -> dict[str, list[dict[str, Any]]]:
    """The drawn documents by stratum: the others half from each of theirs, more where one has not enough."""
    population = POPULATIONS.get(entity_type, UNKNOWN)
    sql = DRAW.format(population=population, found=FOUND, other=OTHER, none=NONE)
    strata: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read(release, sql, (code, entity_type, str(seed), max(findings, others))).to_pylist():
        strata[row["stratum"]].append(row)
    half = others // 2
    of_other = max(half, others - len(strata[NONE]))
    of_none = max(others - half, others - len(strata[OTHER]))
    quotas = {FOUND: findings, OTHER: of_other, NONE: of_none}
    return {stratum: strata[stratum][: quotas[stratum]] for stratum in STRATA}


def _row(
    code: str, entity_type: str, one: Mapping[str, Any], *, drawn: int, judged: int | None
) -> dict[str, Any]:
    kept = {name: one.get(name) for name in COLUMNS}
    return kept | {
        "code": code,
        "concord": "found" if one["stratum"] == FOUND else "not found",
        "means": code_words(code),
        "rule": words_of("remedies").get(code, {}).get("rule", ""),
        "document_type": entity_type,
        "evidence": _evidence(one),
        "drawn": drawn,
        "judged": judged,
    }


def _evidence(one: Mapping[str, Any]) -> str:
    """The numbers of the document and, of a finding, its own, which come last."""
    told = json.loads(one["numbers"] or "{}") | json.loads(one["evidence"] or "{}")
    return "; ".join(
        f"{name.replace('_', ' ')} {_plain(value)}"
        for name, value in told.items()
        if value not in (None, "") and name not in ("words", "causes")
    )


def _plain(value: Any) -> str:
    """A decimal without the zeros that only say how it is stored."""
    text = str(value)
    if "." not in text:
        return text
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text
