"""`concord`: one group, a module per family of commands, imported when one of them is asked for."""

import os
from importlib import import_module
from typing import Any

import click

from concord.signals import ended_by_signals
from ingestion.settings import keep_private

# Command -> its module in this room, its name there, and its line in `concord --help`: the engine behind the
# commands takes seconds to import, which nobody should wait for who asks what there is.
COMMANDS = {
    "demo": ("commands_run", "demo", "Simulate a health system, refresh once over its wires, and score it."),
    "run": ("commands_run", "run", "Refresh everything once: land, gate, load, build, publish, deliver."),
    "month": ("commands_month", "month", "Explain a month from six extracts: GRNI to the cent, wrong bills."),
    "check": ("commands_run", "check", "Try configuration, own models and every connection; load nothing."),
    "score": ("commands_sandbox", "score", "Compare the findings of the last demo with what was planted."),
    "trace": ("commands_trace", "trace_command", "Follow a document from order to payment."),
    "explain": ("commands_trace", "explain_command", "Explain a finding: documents, numbers, rule, history."),
    "audit-sample": (
        "commands_audit",
        "audit_sample",
        "Random findings and others to label: precision, recall.",
    ),
    "export-reconciliation": (
        "commands_reconciliation",
        "export_reconciliation_command",
        "The account of goods received and not invoiced, to sign.",
    ),
    "steward": ("commands_steward", "steward", "Questions that need a person, such as a unit correction."),
    "baseline": ("commands_baseline", "baseline", "Findings of the first day, kept apart from what is new."),
    "quarantine": ("commands_quarantine", "quarantine", "Rows that broke their contract: replay or discard."),
    "landing": ("commands_landing", "landing", "Payloads kept of every load: seal or let go of the oldest."),
    "outbox": ("commands_outbox", "outbox", "Messages to the targets: what went, what waits, and why."),
    "contract": ("commands_contract", "contract", "The contract of a source, and what a change of it hits."),
    "release": ("commands_release", "release", "Try a new version of a source before it is live."),
    "lineage": ("commands_contract", "lineage_command", "What a column is made of and what it makes."),
    "inbox": ("commands_inbox", "inbox", "Events that applications send by webhook."),
    "batch": ("commands_batch", "batch", "What is held at the door, such as a snapshot that shrank."),
    "files": ("commands_files", "files", "Files of the sources: what came and what is missing."),
    "map": ("commands_map", "map_command", "Propose how an extract nobody described yet becomes a source."),
    "init": ("commands_init", "init", "Make a folder a landscape: configuration, seeds, models, tests."),
    "backfill": ("commands_run", "backfill", "Load a range of history in one run; nothing is sent."),
    "rebuild": ("commands_run", "rebuild", "Build everything anew from landing copy and state alone."),
    "sandbox": ("commands_sandbox", "sandbox", "The simulated health system (fictional)."),
    "dev": ("commands_run", "dev", "Open the Dagster UI; for the demo the sandbox is served beside it."),
    "prepare": ("commands_run", "prepare", "Build what a run needs ahead of it: folders and manifest."),
}


class Unusable(click.ClickException):
    """Configuration that cannot be used."""

    exit_code = click.UsageError.exit_code


class Commands(click.Group):
    """What holds for every command: signals end it in order; an unusable database or landing key is told."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        command = getattr(import_module(f"concord.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        mask = keep_private()
        try:
            with ended_by_signals():
                return super().main(*args, **kwargs)
        finally:
            os.umask(mask)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except _unusable() as error:
            raise Unusable(str(error)) from None


def _unusable() -> tuple[type[Exception], ...]:
    """What configuration is refused with; asked for only once something was raised."""
    from ingestion.database_url import DatabaseUrlError
    from ingestion.landing_copy.sealing import SealError
    from ingestion.settings import SettingsError

    return DatabaseUrlError, SealError, SettingsError


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="concord")
def main() -> None:
    """Keeps procurement, inventory, accounts payable and the general ledger saying the same thing.

    Start with `concord demo`: a simulated health system, one full refresh, and the score of what was found.

    \b
    Exit codes:
      0  done
      1  failed
      2  usage, configuration or locked home
      3  done, but incomplete: a source was down, a file refused, rows rejected or withheld
    130  ended by SIGINT (Ctrl-C), 143 by SIGTERM; the serving copy is the one before
    """
