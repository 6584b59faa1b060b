"""The Hugging Face Hub: what it says of a model, its files, and its refusals in plain words. Loads no torch."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.errors import ModelNotUsable
from playground.models.facts import (
    BESIDE_WEIGHTS,
    CHAT_NAME,
    ModelFacts,
    ModelFile,
    read_json,
    shape_of,
    weight_files,
)

_PATIENCE_S = 10.0  # for the Hub's first answer


class HubOutOfReach(ModelNotUsable):
    """The Hub does not answer from here."""


def hub_facts(model_id: str) -> ModelFacts:
    """What the Hub says of a model; only its config is downloaded, into a folder that is gone again afterwards.

    Raises: ModelNotUsable when it is missing, gated, or no causal language model in safetensors; HubOutOfReach.
    """
    from huggingface_hub import HfApi, hf_hub_download

    with _plain_words(model_id), tempfile.TemporaryDirectory() as scratch:
        info = HfApi().model_info(model_id, files_metadata=True, timeout=_PATIENCE_S)
        config = hf_hub_download(model_id, "config.json", revision=info.sha, local_dir=scratch)
        shape = shape_of(model_id, read_json(Path(config)))
    files = [ModelFile(s.rfilename, s.size or 0) for s in info.siblings or []]
    weights = weight_files(model_id, files)
    card = info.card_data
    return ModelFacts(
        id=model_id,
        source="hub",
        parameters=info.safetensors.total if info.safetensors else sum(f.size for f in weights) // 2,
        shape=shape,
        files=(*weights, *(f for f in files if f.name in BESIDE_WEIGHTS)),
        licence=str(getattr(card, "license", None) or "not stated"),
        revision=info.sha or "",
        knows_chat=bool(CHAT_NAME.search(model_id.rsplit("/", 1)[-1])),
    )


def download(facts: ModelFacts, folder: Path) -> None:
    """Bring the model's files into folder, and nothing else. Raises: ModelNotUsable; HubOutOfReach."""
    from huggingface_hub import snapshot_download

    with _plain_words(facts.id):
        snapshot_download(
            facts.id,
            revision=facts.revision,
            local_dir=folder,
            allow_patterns=[file.name for file in facts.files],
            max_workers=2,
        )


@contextmanager
def _plain_words(model_id: str) -> Iterator[None]:
    """Within: what huggingface_hub raises becomes a sentence and what to do."""
    from huggingface_hub import errors as hub

    try:
        yield
    except hub.GatedRepoError as error:
        raise ModelNotUsable(
            f"{model_id} is gated: its owner wants a licence accepted first.",
            hint=f"Log in and accept it at huggingface.co/{model_id}, set HF_TOKEN to your token, and start again.",
        ) from error
    except hub.RepositoryNotFoundError as error:
        raise ModelNotUsable(
            f"The Hub knows no model {model_id!r}.",
            hint="Check the spelling: owner/model. A private model needs your token in HF_TOKEN.",
        ) from error
    except hub.HFValidationError as error:
        raise ModelNotUsable(
            f"{model_id!r} is not a name of the Hub.", hint="Give a name such as owner/model."
        ) from error
    except (hub.LocalEntryNotFoundError, hub.OfflineModeIsEnabled) as error:
        raise _out_of_reach(model_id) from error
    except (hub.EntryNotFoundError, hub.RevisionNotFoundError) as error:
        raise ModelNotUsable(
            f"{model_id} holds no config.json, so it is no model for transformers.", hint="Choose another copy of it."
        ) from error
    except hub.HfHubHTTPError as error:
        raise ModelNotUsable(
            f"The Hub refused {model_id} with error {error.response.status_code}.", hint="Try again in a few minutes."
        ) from error
    except (hub.HTTPError, OSError) as error:  # no network, no name, no answer in time
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise ModelNotUsable(f"The disk is full, so {model_id} was not fetched.", hint="Make room.") from error
        raise _out_of_reach(model_id) from error


def _out_of_reach(model_id: str) -> HubOutOfReach:
    return HubOutOfReach(
        f"The Hub cannot be reached from here, so {model_id} was not found.",
        hint="Connect to the internet, or give a folder with the model. The pocket model works without.",
    )
