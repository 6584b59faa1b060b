"""A GGUF file turned into a safetensors folder, once: everything after this reads that folder."""

from __future__ import annotations

from pathlib import Path

import torch

from playground.errors import ModelNotUsable
from playground.models.loader import LOAD_ERRORS


def convert_gguf(file: Path, folder: Path) -> None:
    """Write the model of a GGUF file into folder as safetensors, in bfloat16, with its tokenizer.

    Raises: ModelNotUsable when transformers cannot read it.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32, trust_remote_code=False
        )
    except (*LOAD_ERRORS, ImportError, TypeError) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelNotUsable(
            f"{file.name} cannot be read: {line}", hint="Take another GGUF file, or the model as safetensors."
        ) from error
    model.hf_quantizer, model.is_quantized = None, False  # else transformers refuses to save what came from GGUF
    del model.config.quantization_config
    model.config._name_or_path = ""
    folder.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
