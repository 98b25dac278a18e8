"""Golden keys of many supplier records: the same in any order of rows, by one thread or two, delivered twice.

And what a batch costs that arrives when the rest is known, from the tables to the events it adds, beside the
same from nothing. Call: `python -m benchmarks.repeats --rows 100000 --seed 22 --arrivals 1000`.
"""

import random
import resource
import sys
from datetime import timedelta

import click
import pyarrow as pa

from benchmarks.matching import AT, Clock
from benchmarks.vendor_files import vendors
from matching.events import events_of
from matching.identity import Outcome, State, latest_memberships
from matching.profile import profiles_of
from matching.session import match
from matching.splink_session import connected
from matching.yardstick.measure import agreement


def matched(profiles: pa.Table, state: State, day: int, threads: int = 2) -> Outcome:
    """One run of the product, its events included."""
    with connected(threads=threads) as connection:
        found = match(connection, profiles, state, AT + timedelta(days=day))
    events_of(found.outcome, found.pairs)
    return found.outcome


def golden(state: State) -> dict[str, str]:
    return {key: row.golden_key for key, row in latest_memberships(state.memberships).items()}


@click.command()
@click.option("--rows", default=100_000, show_default=True, help="Supplier records.")
@click.option("--seed", default=22, show_default=True, help="Of the fictional master.")
@click.option("--arrivals", "count", default=1000, show_default=True, help="Records that arrive last.")
def main(rows: int, seed: int, count: int) -> None:
    """Whether keys are the same, and CPU seconds of each run."""
    records, _ = vendors(rows, seed, None)
    clock = Clock()
    profiles = profiles_of(records)
    clock.lap("reading")
    once = State().with_outcome(matched(profiles, State(), 0))
    clock.lap("from nothing")
    order = random.Random(seed).sample(range(rows), rows)
    shuffled = State().with_outcome(matched(profiles.take(order), State(), 0, threads=1))
    clock.lap("shuffled, one thread")
    again = matched(profiles.take(order), once, 1)
    clock.lap("delivered again")
    late = set(order[:count])
    known = profiles.take([at for at in range(rows) if at not in late])
    before = State().with_outcome(matched(known, State(), 0))
    clock.lap("without the batch")
    after = before.with_outcome(matched(profiles, before, 1))
    clock.lap("the batch")
    keys, now = golden(once), golden(after)
    alike = agreement(now, keys)
    given_up = {one.from_key for one in after.redirects}
    moved = sum(now[key] != was and was not in given_up for key, was in golden(before).items())
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    whole = clock.laps["from nothing"][1]
    click.echo(f"{rows:,} records, seed {seed}, {len(set(keys.values())):,} golden keys\n")
    click.echo("| run | CPU s (wall s) | x from nothing |\n|---|---|---|")
    for name, (wall, cpu) in clock.laps.items():
        click.echo(f"| {name} | {cpu:.1f} ({wall:.1f}) | {cpu / whole:.3f} |")
    added = sum(map(len, (again.memberships, again.redirects, again.tasks)))
    click.echo(
        f"\nShuffled, by one thread: {'the same' if _told(shuffled) == _told(once) else 'OTHER'} keys and"
        f" questions. Delivered again: {added} rows. The batch: pair F1 {alike.f1:.4f} against all at once,"
        f" {moved} records moved without a redirect. Peak {peak:.0f} MiB."
    )


def _told(state: State) -> tuple[object, ...]:
    """Keys, questions and what each is founded on, without an order."""
    return (sorted(map(repr, state.memberships)), sorted(map(repr, state.tasks)))


if __name__ == "__main__":
    main()
