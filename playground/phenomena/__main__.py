"""Make every phenomenon with the app's trainers, and write its figures into the pocket model's card."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence

from tqdm import tqdm
from transformers.utils.logging import disable_progress_bar

from playground.models.catalogue import find_checkpoint
from playground.phenomena.catalogue import PHENOMENA
from playground.phenomena.lab import Lab
from playground.phenomena.phenomenon import Phenomenon
from playground.phenomena.results import Results
from playground.pocket.card import write_card, write_tables
from playground.pocket.world import FOLDER
from playground.settings import Settings

PART = "phenomena"


def main() -> None:
    """Measure what is missing, one phenomenon and seed after another, then write the tables."""
    arguments = _arguments()
    work = Settings.from_environment().data_dir / "phenomena"
    if arguments.fresh:
        shutil.rmtree(work, ignore_errors=True)
    results = Results(work / "results", find_checkpoint("pocket-sft").fingerprint)
    seeds = range(arguments.seeds)
    todo = [(one, seed) for one in _chosen(arguments.only) for seed in seeds if results.read(one.name, seed) is None]
    for phenomenon, seed in _with_progress(todo):
        results.write(phenomenon.name, seed, phenomenon.make(Lab(work / f"seed-{seed}", seed, arguments.threads)))
    tables = [table for one in PHENOMENA if (table := results.table(one, seeds)) is not None]
    write_tables(FOLDER, PART, tables)
    print(write_card(FOLDER))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m playground.phenomena", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds each phenomenon is made with")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help=", ".join(one.name for one in PHENOMENA))
    parser.add_argument("--fresh", action="store_true", help="make everything anew, as after a change of a trainer")
    parser.add_argument("--threads", type=int, default=1, help="torch threads; the figures depend on it a little")
    return parser.parse_args()


def _chosen(names: Sequence[str]) -> list[Phenomenon]:
    """The phenomena of those names, all without any. Raises: SystemExit on an unknown one."""
    known = {one.name: one for one in PHENOMENA}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SystemExit(f"There is no phenomenon {unknown[0]!r}; there are {', '.join(known)}.")
    return [one for one in PHENOMENA if not names or one.name in names]


def _with_progress(todo: Sequence[tuple[Phenomenon, int]]) -> Iterator[tuple[Phenomenon, int]]:
    """Each in its turn, under one bar that says what is made and how long the rest will take."""
    disable_progress_bar()  # those of each loaded and saved model
    with tqdm(todo, unit="experiment") as bar:
        for phenomenon, seed in bar:
            bar.set_description(f"{phenomenon.name}, seed {seed}")
            yield phenomenon, seed


if __name__ == "__main__":
    main()
