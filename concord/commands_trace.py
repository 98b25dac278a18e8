"""`trace` and `explain`: one document from order to payment, and one finding in plain words."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from concord.bridging import explain_part, part_explanation
from concord.documents import MOST_SHOWN, Document, find_documents
from concord.explaining import Explanation, codes_called, explain, explain_code
from concord.options import home_option, json_option, served_settings
from concord.report import table
from concord.trace_report import chain_words, code_explanation, explanation_words
from concord.tracing import Chain, trace_invoice, trace_line
from ingestion.settings import Settings
from ingestion.state import StateStore
from publishing.outbox import delivery_rows


@click.command("trace")
@click.argument("document")
@home_option
@json_option
def trace_command(document: str, home: Path | None, as_json: bool) -> None:
    """Follow a document from order to payment: every system's state, findings, and what Concord posted.

    DOCUMENT is the number of an order (PO00102601), an order line (PO00102601|1), a receipt, an invoice or a
    payment, or the id of a finding. Where several documents bear the number, name one as KIND:NUMBER.
    """
    settings = served_settings(home)
    found = find_documents(settings.serving_dir, document)
    if not found:
        raise click.UsageError(f"no order, receipt, invoice, payment or finding is called {document!r}")
    if len(found) > 1:
        click.echo(f"{len(found)} documents are called {document}; ask for one of them:")
        click.echo(table(("ask for", "system", "date", "amount", "supplier"), [_row(one) for one in found]))
        raise click.exceptions.Exit(2)
    chains = _chains(settings, found[0])
    if as_json:
        content = {"document": asdict(found[0]), "chains": [asdict(chain) for chain in chains]}
        click.echo(json.dumps(content, indent=2, default=str))
        return
    click.echo("\n\n".join(chain_words(chain) for chain in chains))
    left = len(found[0].line_keys) - len(chains)
    if left > 0:
        click.echo(f"\n... and {left} more lines; ask for one as ORDER|LINE")


@click.command("explain")
@click.argument("finding", nargs=-1, required=True)
@home_option
@json_option
def explain_command(finding: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Explain a finding: the documents, the numbers, the rule, the cause, its owner and what would cure it.

    FINDING is its id (a beginning will do), its code and document (PRICE_OVER 'INV-7|1'), or the document. A
    code alone (PRICE_OVER) is explained itself, with the findings that have it; so is a part of the account
    of goods received and not invoiced (PRICE_VARIANCE), with its documents, and the name that SAP, Oracle,
    PeopleSoft or Coupa has for a hold (DQ, 'QTY REC').
    """
    settings = served_settings(home)
    found = explain(settings.serving_dir, *finding)
    code = explain_code(finding[0]) if len(finding) == 1 else None
    if code and not as_json:
        click.echo(code_explanation(code) + "\n")
        click.echo(f"{len(found):,} findings have it" + ("; ask for one by its id:" if found else "."))
        if found:
            click.echo(_listed(found))
        return
    part = explain_part(settings.serving_dir, finding[0]) if len(finding) == 1 and not code else None
    if part:
        click.echo(json.dumps(asdict(part), indent=2, default=str) if as_json else part_explanation(part))
        return
    meant = [] if found or code else [explain_code(one) for one in codes_called(" ".join(finding))]
    if meant:
        told = [one for one in meant if one]
        if as_json:
            click.echo(json.dumps([asdict(one) for one in told], indent=2))
        else:
            click.echo("\n\n".join(code_explanation(one) for one in told))
        return
    if not found and not code:
        raise click.UsageError(f"no finding {' '.join(finding)!r}; controls.exc_exception has them all")
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, default=str))
    elif len(found) > 1:
        click.echo(f"{len(found)} findings fit; ask for one by its id:")
        click.echo(_listed(found))
        raise click.exceptions.Exit(2)
    else:
        click.echo(explanation_words(found[0]))


def _listed(found: Sequence[Explanation]) -> str:
    rows = [
        (
            one.exception_id[:12],
            one.status,
            one.key,
            one.finding["cause_code"],
            one.owner_role,
            one.finding["amount_at_risk"],
            f"{one.finding['first_seen_at']:%Y-%m-%d %H:%M}",
        )
        for one in found
    ]
    left = f"\n... and {len(rows) - MOST_SHOWN:,} more" if len(rows) > MOST_SHOWN else ""
    return (
        table(("id", "status", "finding", "cause", "owner", "at risk", "first seen"), rows[:MOST_SHOWN])
        + left
    )


def _chains(settings: Settings, document: Document) -> list[Chain]:
    state = StateStore(settings.state_url)
    try:
        deliveries = delivery_rows(state)
    finally:
        state.close()
    if document.line_keys:
        keys = document.line_keys[:MOST_SHOWN]
        chains = [trace_line(settings.serving_dir, key, deliveries) for key in keys]
        return sorted(chains, key=_place)
    if document.invoice_key:
        return [trace_invoice(settings.serving_dir, document.invoice_key, deliveries)]
    return []


def _place(chain: Chain) -> tuple[str, int, str]:
    """Lines of an order in the order of their numbers, which are text."""
    assert chain.line is not None
    return chain.line["po_number"], len(chain.line["line_number"] or ""), chain.line["line_number"] or ""


def _row(document: Document) -> tuple[object, ...]:
    supplier = (document.supplier_name or "")[:28]
    return document.narrow_key, document.source_instance, document.day, document.amount, supplier
