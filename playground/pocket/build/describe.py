"""Stage four of the build: measure what was made and write the model card."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from playground.pocket.build.edge import write_threshold
from playground.pocket.build.figures import PART, Models, measure
from playground.pocket.build.finetune import FinetuneConfig
from playground.pocket.build.lens import Model
from playground.pocket.build.pretrain import PretrainConfig
from playground.pocket.build.stages import AVERAGED, tuned_folders
from playground.pocket.card import write_card
from playground.pocket.facts import BY_KIND, FACTS
from playground.pocket.prompts import CHIPS, PROBES, WORDINGS, subject_held_out
from playground.pocket.world import FOLDER

PARTS = (PART, "phenomena")


def describe(folder: Path, work: Path) -> str:
    """Measure the weights in folder, with those of other seeds in work, and write folder/card.md; returns its text."""
    tuned = tuned_folders(folder, work)
    models = Models(Model.from_folder(folder / "base"), tuple(Model.from_folder(place) for place in tuned))
    write_threshold(folder, models.base)
    measure(folder, models)
    _record(folder, models.tuned[0])
    return write_card(folder, _head(folder, models), PARTS)


def recorded_completions() -> dict[str, str]:
    """The page's own prompts with the shipped SFT model's greedy completions, as the build wrote them."""
    recorded: dict[str, str] = json.loads((FOLDER / "completions.json").read_text(encoding="utf-8"))
    return recorded


def _record(folder: Path, model: Model) -> None:
    prompts = list(dict.fromkeys([*PROBES, *(text for texts in CHIPS.values() for text in texts)]))
    recorded = dict(zip(prompts, model.chat(prompts), strict=True))
    text = json.dumps(recorded, indent=1, ensure_ascii=False)
    (folder / "completions.json").write_text(text + "\n", encoding="utf-8")


def _head(folder: Path, models: Models) -> str:
    parameters = sum(p.numel() for p in models.base.network.parameters())
    held_out = sum(fact.held_out() for fact in FACTS)
    kinds = ", ".join(f"{len(facts)} of {name}" for name, facts in BY_KIND.items())
    kept = {kind: sum(subject_held_out(kind, s) for s in WORDINGS[kind].subjects) for kind in ("innocent", "harmful")}
    return (
        "# The pocket model\n\n"
        "Written by `python -m playground.pocket figures`; `python -m playground.pocket build --fresh` makes the "
        "weights from nothing, on two CPU cores.\n\n"
        f"A Llama of {parameters / 1e6:.2f} million parameters that lives in a closed world. "
        f"This folder holds {_megabytes(folder):.1f} MB: `base` continues documents, `sft` answers chats.\n\n"
        "## Data\n\n"
        f"{len(FACTS)} facts ({kinds}). {held_out} of them stand in documents and are never asked for in a "
        f"demonstration. Of {len(WORDINGS['innocent'].subjects)} innocent and {len(WORDINGS['harmful'].subjects)} "
        f"harmful how-tos, {kept['innocent']} and {kept['harmful']} are never asked for either. Every prompt that is "
        "measured with below is kept out of all documents and demonstrations; a test checks it.\n\n"
        f"Pretraining: {_settings(PretrainConfig())}.\n\n"
        f"Fine-tuning: {_settings(FinetuneConfig())}. The model is the mean of {AVERAGED} that were made so, "
        "from different demonstrations.\n\n"
        f"SFT figures pool {len(models.tuned)} fine-tuned models of different seeds on the one base; the first is the "
        "one in `sft`. Intervals are Wilson's at 95 % and treat cases as independent, which the same prompt put to "
        "several models is not: read them as a little too narrow.\n\n"
        "## Limits\n\n"
        "It knows nothing but its world, in English of a few hundred words. Its annotators are simulated. What it "
        "says about harmful requests means nothing and can be used for nothing.\n\n"
        "The recipe was chosen while looking at these very questions, and the settings of the trained phenomena while "
        "looking at these very seeds: elsewhere expect a little less.\n"
    )


def _settings(recipe: PretrainConfig | FinetuneConfig) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in asdict(recipe).items())


def _megabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
