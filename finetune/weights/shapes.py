"""The shape of a LLaMA, and how many parameters it has.

Arithmetic alone: nothing is built, and nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api_docs.errors import ModelWeightsError


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """Sizes that fix a LLaMA's parameters; `tied` where one matrix reads tokens and writes them."""

    vocabulary: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    tied: bool

    @property
    def embedding_parameters(self) -> int:
        """Of the matrix that reads tokens, and of the one that writes them where that is another."""
        return self.vocabulary * self.hidden_size * (1 if self.tied else 2)

    @property
    def layer_parameters(self) -> int:
        """Of one layer: attention's four matrices, the feed-forward's three, two norms."""
        return (
            self.attention_parameters + 3 * self.hidden_size * self.intermediate_size + 2 * self.hidden_size
        )

    @property
    def attention_parameters(self) -> int:
        """Of one layer's queries, keys, values and output."""
        return 2 * self.hidden_size * (self.hidden_size + self.kv_size)

    @property
    def kv_size(self) -> int:
        """Width of keys, and of values: fewer heads than the queries' where they share them."""
        return self.hidden_size // self.heads * self.kv_heads

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.embedding_parameters + self.layers * self.layer_parameters + self.hidden_size

    @property
    def multiplied(self) -> int:
        """Parameters that a token is multiplied by: all but the norms and the matrix that looks rows up."""
        layer = self.layer_parameters - 2 * self.hidden_size
        return self.vocabulary * self.hidden_size + self.layers * layer


def eight_thirds(hidden_size: int) -> int:
    """Width of the feed-forward layers: LLaMA's 8/3 of the hidden size, as a multiple of 32."""
    return -(-8 * hidden_size // (3 * 32)) * 32


def shape_in(folder: Path) -> LlamaShape:
    """The shape that a model's folder states.

    Raises:
        ModelWeightsError: when its config can't be read, or is no LLaMA's.
    """
    path = folder / "config.json"
    try:
        stated = orjson.loads(path.read_bytes())
        return _read(stated)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
        raise ModelWeightsError(
            f"{str(path)!r} can't be read as a LLaMA's config: {type(exc).__name__} {exc}; name a folder "
            "of a LLaMA in Hugging Face's format"
        ) from exc


def _read(stated: Mapping[str, Any]) -> LlamaShape:
    if (kind := stated.get("model_type")) != "llama":
        raise ValueError(f"model_type is {kind!r}, expected 'llama'")
    heads = int(stated["num_attention_heads"])
    return LlamaShape(
        vocabulary=int(stated["vocab_size"]),
        hidden_size=int(stated["hidden_size"]),
        intermediate_size=int(stated["intermediate_size"]),
        layers=int(stated["num_hidden_layers"]),
        heads=heads,
        kv_heads=int(stated.get("num_key_value_heads") or heads),
        tied=bool(stated.get("tie_word_embeddings", False)),
    )
