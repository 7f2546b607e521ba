"""Small models written as Hugging Face folders, in every layout that weights come in."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from finetune.weights.checkpoint import Checkpoint

LAYOUTS = ("safetensors", "sharded safetensors", "bin", "sharded bin")
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"


def llama_tensors(seed: int, vocabulary: int = 6, dtype: torch.dtype = torch.float16) -> dict[str, Tensor]:
    """A LLaMA's tensors in little: names and roles are real, two layers, four columns."""
    generator = torch.Generator().manual_seed(seed)
    shapes: dict[str, tuple[int, ...]] = {EMBEDDING: (vocabulary, 4), HEAD: (vocabulary, 4)}
    for layer in range(2):
        shapes[f"model.layers.{layer}.self_attn.q_proj.weight"] = (4, 4)
        shapes[f"model.layers.{layer}.mlp.down_proj.weight"] = (4, 8)
        shapes[f"model.layers.{layer}.input_layernorm.weight"] = (4,)
    shapes["model.norm.weight"] = (4,)
    return {name: torch.randn(shape, generator=generator).to(dtype) for name, shape in shapes.items()}


def write_model(folder: Path, tensors: dict[str, Tensor], layout: str = "safetensors") -> Path:
    """A folder with weights, config, tokenizer and licence."""
    folder.mkdir(parents=True)
    stem, suffix = ("pytorch_model", "bin") if layout.endswith("bin") else ("model", "safetensors")
    names = sorted(tensors)
    if not layout.startswith("sharded"):
        save(folder / f"{stem}.{suffix}", tensors)
    else:
        files = [f"{stem}-0000{number}-of-00003.{suffix}" for number in (1, 2, 3)]
        for number, file in enumerate(files):
            save(folder / file, {name: tensors[name] for name in names[number::3]})
        weight_map = {name: files[number % 3] for number, name in enumerate(names)}
        index = {"metadata": {}, "weight_map": weight_map}
        (folder / f"{stem}.{suffix}.index.json").write_text(json.dumps(index))
    rows = tensors[EMBEDDING].shape[0]
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "vocab_size": rows}))
    (folder / "tokenizer.model").write_bytes(f"tokenizer of {folder.name}".encode())
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "LICENSE").write_text("licence")
    (folder / "modeling_llama.py").write_text("raise SystemExit('code of strangers')")
    return folder


def save(path: Path, tensors: dict[str, Tensor]) -> None:
    if path.suffix == ".bin":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)


def read_all(folder: Path) -> dict[str, Tensor]:
    checkpoint = Checkpoint(folder)
    return {name: checkpoint.read(name).clone() for name in checkpoint.tensors}


def same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> bool:
    """Same names, types and bits."""
    return found.keys() == expected.keys() and all(
        found[name].dtype == tensor.dtype and torch.equal(found[name], tensor)
        for name, tensor in expected.items()
    )
