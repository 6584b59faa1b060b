"""`python -m playground.pocket build` makes the shipped weights from nothing; `figures` measures them."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from playground.pocket.world import FOLDER
from playground.settings import Settings


def main() -> None:
    """Parse the command line and run one command."""
    parser = argparse.ArgumentParser(prog="python -m playground.pocket", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where weights and card go (default: the shipped)")
    work = Settings.from_environment().data_dir / "pocket-build"
    parser.add_argument("--work", type=Path, default=work, help="where unfinished work is kept")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make base and SFT weights, then the card; resumes what was interrupted")
    build.add_argument("--fresh", action="store_true", help="delete the weights that are there and start from nothing")
    build.add_argument("--tokens", type=int, default=0, help="pretraining tokens (default: the recipe's)")
    build.add_argument(
        "--minutes", type=float, default=0, help="end pretraining after so many minutes (default: no limit)"
    )
    build.add_argument("--models", type=int, default=1, help="SFT models of different seeds, all of them measured")
    commands.add_parser("figures", help="measure the weights and write card.md")
    arguments = parser.parse_args()
    if arguments.command == "build":
        _build(arguments)
    _figures(arguments)


def _build(arguments: argparse.Namespace) -> None:
    from playground.pocket.build.finetune import FinetuneConfig
    from playground.pocket.build.pretrain import PretrainConfig
    from playground.pocket.build.stages import build

    folder = arguments.folder
    if arguments.fresh:
        for made in (folder / "base", folder / "sft", arguments.work):
            shutil.rmtree(made, ignore_errors=True)
    recipe = replace(PretrainConfig(), minutes=arguments.minutes)
    if arguments.tokens:
        recipe = replace(recipe, tokens=arguments.tokens)
    build(folder, arguments.work, recipe, FinetuneConfig(), arguments.models)


def _figures(arguments: argparse.Namespace) -> None:
    from playground.pocket.build.describe import describe

    print(describe(arguments.folder, arguments.work))


if __name__ == "__main__":
    main()
