"""Models of one's own: a folder of safetensors or a GGUF file, looked at where it lies. Loads no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playground.errors import ModelNotUsable, NotAllowed
from playground.models.facts import ModelFacts, ModelFile, count_parameters, read_json, shape_of, weight_files
from playground.models.memory import Shape

TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")


def own_facts(path: Path, allowed: Path) -> ModelFacts:
    """What lies in a folder, or in a GGUF file.

    Raises: NotAllowed outside the allowed folder, links followed; ModelNotUsable when it is no whole model.
    """
    path = path.expanduser().resolve()
    if not path.is_relative_to(allowed.expanduser().resolve()):
        raise NotAllowed(
            f"{path} is outside {allowed}, the folder from which own models are opened.",
            hint="Move the model there, or set PLAYGROUND_MODEL_DIR to another folder and start again.",
        )
    if path.is_dir():
        return _folder(path)
    if path.suffix == ".gguf" and path.is_file():
        return _gguf(path)
    raise ModelNotUsable(
        f"{path} is neither a folder nor a GGUF file.",
        hint="Give the folder that save_pretrained wrote: config.json, model.safetensors and the tokenizer.",
    )


def _folder(path: Path) -> ModelFacts:
    files = [ModelFile(p.name, p.stat().st_size) for p in sorted(path.iterdir()) if p.is_file()]
    names = {file.name for file in files}
    if "adapter_config.json" in names:
        raise ModelNotUsable(
            f"{path} holds an adapter, which is no model without its backbone.",
            hint="Merge it into its model (merge_and_unload in peft), save that, and give its folder.",
        )
    if "config.json" not in names:
        raise ModelNotUsable(
            f"{path} holds no model: config.json is missing.",
            hint="Give the folder that save_pretrained wrote: config.json, model.safetensors and the tokenizer.",
        )
    shape = shape_of(path.name, read_json(path / "config.json"))
    weights = weight_files(path.name, files)
    if not names & set(TOKENIZERS):
        raise ModelNotUsable(f"{path} holds no tokenizer.", hint="Copy tokenizer.json beside the weights.")
    counts = [count_parameters(path / file.name) for file in weights if file.name.endswith(".safetensors")]
    return ModelFacts(
        id=str(path),
        source="folder",
        parameters=sum(counts),
        shape=shape,
        licence="your own copy",
        knows_chat=_has_chat_template(path),
    )


def _has_chat_template(path: Path) -> bool:
    if (path / "chat_template.jinja").is_file():
        return True
    config = path / "tokenizer_config.json"
    return config.is_file() and bool(read_json(config).get("chat_template"))


def _gguf(path: Path) -> ModelFacts:
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        kind = str(_value(reader, "general.architecture"))
        sizes = [_value(reader, f"{kind}.{key}") for key in ("block_count", "embedding_length")]
        heads = int(_value(reader, f"{kind}.attention.head_count"))
        kv_heads = int(_value(reader, f"{kind}.attention.head_count_kv", heads))
        words = len(reader.get_field("tokenizer.ggml.tokens").data)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OSError) as error:
        raise ModelNotUsable(f"{path} is no readable GGUF language model: {error}", hint="Copy it again.") from error
    layers, hidden = map(int, sizes)
    return ModelFacts(
        id=str(path),
        source="gguf",
        parameters=sum(int(tensor.n_elements) for tensor in reader.tensors),
        shape=Shape(layers, hidden, words, hidden // heads * kv_heads),
        licence=str(_value(reader, "general.license", "not stated")),
        knows_chat=reader.get_field("tokenizer.chat_template") is not None,
        note="read from GGUF: its weights were rounded",
    )


def _value(reader: Any, key: str, default: Any = None) -> Any:
    """A GGUF file's fact by name. Raises: KeyError where it is missing and there is no default."""
    field = reader.get_field(key)
    if field is None:
        if default is None:
            raise KeyError(key)
        return default
    return field.contents()
