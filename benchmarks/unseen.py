"""`concord score` over seeds that nobody looked at: the worst of them per fault code, and clean worlds.

`python -m benchmarks.unseen FOLDER --seeds 906 907 908` runs one `concord demo` a world, with every fault
planted 200 times or more, and one without faults, each in a home of its own that is deleted when its score is
in FOLDER. A score that is there already is not run again, so an ended run goes on where it was.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

BIN = Path(sys.executable).parent
CLEAN_LINES = 20_000


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seeds", "first", required=True, type=int, help="Of the worlds; more may follow.")
@click.option("--lines", default=40_000, show_default=True, help="PO lines of the worlds with faults.")
@click.option("--at-least", default=200, show_default=True, help="How often each fault is planted.")
@click.argument("more", nargs=-1, type=int)
def main(folder: Path, first: int, lines: int, at_least: int, more: tuple[int, ...]) -> None:
    """Planted, and the lowest precision, recall and share of right causes, as a Markdown table."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = (first, *more)
    dense = ("--lines", str(lines), "--at-least", str(at_least))
    faulty = [_score(folder / f"{seed}-all.json", seed, *dense) for seed in seeds]
    clean = ("--lines", str(CLEAN_LINES), "--faults", "none")
    silent = [_score(folder / f"{seed}-none.json", seed, *clean) for seed in seeds]
    _report(faulty)
    for name, scores in (("with faults", faulty), ("clean", silent)):
        without = ", ".join(str(score["unlabelled_findings"]) for score in scores)
        click.echo(f"\nFindings without a label, {name}: {without}")


def _score(kept: Path, seed: int, *options: str) -> dict[str, Any]:
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as home:
            command = [str(BIN / "concord"), "demo", "--seed", str(seed), *options, "--home", home]
            done = subprocess.run([*command, "--no-publish"], capture_output=True, text=True, check=False)
            found = Path(home) / "score.json"
            if not found.is_file():
                raise click.ClickException(f"{' '.join(command)} gave no score:\n{done.stdout}{done.stderr}")
            shutil.copyfile(found, kept)
    score: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return score


def _report(scores: Sequence[Mapping[str, Any]]) -> None:
    click.echo("| fault | planted, least | missed in all | precision | recall | cause |")
    click.echo("|---|---|---|---|---|---|")
    by_seed = [{row["fault_code"]: row for row in score["faults"]} for score in scores]
    for code in by_seed[0]:
        rows = [of[code] for of in by_seed]
        worst = [
            f"{min(row[name] for row in rows):.3f}" for name in ("precision", "recall", "cause_accuracy")
        ]
        planted, missed = min(row["planted"] for row in rows), sum(row["missed"] for row in rows)
        click.echo(f"| {code} | {planted} | {missed} | {' | '.join(worst)} |")


if __name__ == "__main__":
    main()
