"""Callsmith-nano: a LLaMA of some millions of parameters that ships with Callsmith, weights and recipe.

Trained from scratch by `callsmith finetune dataset` and `callsmith finetune train` with config `nano-cpu`, so
that the whole stack, engine included, runs on a laptop with a model that reads its prompt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

NANO: Final = Path(__file__).parent / "nano"
"""Its folder: weights, config, tokenizer and card. It reads prompts in style `compact`."""
