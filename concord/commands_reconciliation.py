"""`export-reconciliation`: the account of goods received and not invoiced as a workbook to sign."""

from pathlib import Path

import click

from concord.options import home_option, served_settings
from concord.reconciliation import ReconciliationError, reconcile
from concord.reconciliation_before import history_of
from concord.reconciliation_book import HISTORY, History, book_of
from concord.workbook import force_option, refuse_existing, write_file


@click.command("export-reconciliation")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home_option
@force_option
@click.option("--legal-entity", help="The legal entity. [default: the only one]")
@click.option(
    "--previous",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The workbook before, of the last period or the last run: what was written in it is carried on.",
)
def export_reconciliation_command(
    file: Path, home: Path | None, force: bool, legal_entity: str | None, previous: Path | None
) -> None:
    """Write the account of goods received and not invoiced to FILE (.xlsx), to be commented and signed.

    The sheet Summary has the parts of each account, which add up from what the documents owe to what the
    ledger shows, with room for preparer, reviewer, dates and a comment; each part has a sheet with its
    documents and room for a comment. Amounts are values, and a formula beside each adds up the sheet behind.

    With --previous the newest comment on a part or document that is still open stands beside it, and all that
    was written before, signatures and comments on what is settled too, on the sheet History. The previous
    workbook stays as it is; the new one waits for new signatures.
    """
    if file.suffix.lower() != ".xlsx":
        raise click.UsageError(f"{file.name} is no .xlsx")
    refuse_existing(file, force=force)
    settings = served_settings(home)
    try:
        reconciliation = reconcile(settings.serving_dir, legal_entity)
        history = history_of(previous, reconciliation) if previous else History()
    except ReconciliationError as error:
        raise click.UsageError(str(error)) from error
    write_file(file, book_of(reconciliation, history), force=force)
    click.echo(f"{reconciliation.legal_entity_code} as of {reconciliation.as_of}: {file}")
    for account in reconciliation.accounts:
        parts = f"{len(account.parts)} parts, balance {account.ledger_balance:,}"
        click.echo(f"  {account.row['account_code']} of {account.row['ledger_instance']}: {parts}")
    if previous:
        carried = sum(history.comment(key) is not None for key in reconciliation.keys)
        click.echo(
            f"  {carried} comments stand beside what is still open; {HISTORY} has {len(history.written)}"
        )
