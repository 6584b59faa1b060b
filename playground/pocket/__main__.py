"""`python -m playground.pocket build` makes the shipped weights from nothing; `figures` measures them."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace

from playground.pocket.world import FOLDER
from playground.settings import Settings


def main() -> None:
    """Parse the command line and run one command."""
    parser = argparse.ArgumentParser(prog="python -m playground.pocket", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make base and SFT weights, then the card; resumes what was interrupted")
    build.add_argument("--fresh", action="store_true", help="delete the weights that are there and start from nothing")
    build.add_argument("--tokens", type=int, default=0, help="pretraining tokens (default: the recipe's)")
    build.add_argument(
        "--minutes", type=float, default=0, help="end pretraining after so many minutes (default: no limit)"
    )
    commands.add_parser("figures", help="measure the shipped weights and write assets/pocket/card.md")
    arguments = parser.parse_args()
    if arguments.command == "build":
        _build(arguments)
    _figures()


def _build(arguments: argparse.Namespace) -> None:
    from playground.pocket.build.finetune import FinetuneConfig
    from playground.pocket.build.pretrain import PretrainConfig
    from playground.pocket.build.stages import build

    work = Settings.from_environment().data_dir / "pocket-build"
    if arguments.fresh:
        for folder in (FOLDER / "base", FOLDER / "sft", work):
            shutil.rmtree(folder, ignore_errors=True)
    recipe = replace(PretrainConfig(), minutes=arguments.minutes)
    if arguments.tokens:
        recipe = replace(recipe, tokens=arguments.tokens)
    build(FOLDER, work, recipe, FinetuneConfig())


def _figures() -> None:
    from playground.pocket.build.figures import write_card

    print(write_card(FOLDER))


if __name__ == "__main__":
    main()
