"""`concord`: one group, a module per family of commands."""

import os
from typing import Any

import click

from concord.commands_batch import batch
from concord.commands_contract import contract, lineage_command
from concord.commands_files import files
from concord.commands_inbox import inbox
from concord.commands_init import init
from concord.commands_landing import landing
from concord.commands_map import map_command
from concord.commands_outbox import outbox
from concord.commands_quarantine import quarantine
from concord.commands_release import release
from concord.commands_run import backfill, check, demo, dev, prepare, rebuild, run
from concord.commands_sandbox import sandbox, score
from concord.commands_steward import steward
from concord.commands_trace import explain_command, trace_command
from concord.options import USAGE
from concord.signals import ended_by_signals
from ingestion.database_url import DatabaseUrlError
from ingestion.landing_copy.sealing import SealError
from ingestion.settings import keep_private


class Unusable(click.ClickException):
    """Configuration that cannot be used."""

    exit_code = USAGE


class Commands(click.Group):
    """What holds for every command: signals end it in order; an unusable database or landing key is told."""

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
        except (DatabaseUrlError, SealError) as error:
            raise Unusable(str(error)) from None


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


for command in (
    demo,
    run,
    check,
    score,
    trace_command,
    explain_command,
    steward,
    quarantine,
    landing,
    outbox,
    contract,
    release,
    lineage_command,
    inbox,
    batch,
    files,
    map_command,
    init,
    backfill,
    rebuild,
    sandbox,
    dev,
    prepare,
):
    main.add_command(command)
