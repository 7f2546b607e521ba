"""Callsmith-nano: a LLaMA of two million parameters that ships, from random weights by our own recipe.

It reads API docs in a prompt and writes domain and call: small enough that the whole stack, engine included,
runs on a laptop with a model that reads. docs/finetuning.md tells how it was made and how good it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from api_docs.files import publish_folder

NANO: Final = Path(__file__).parent.parent / "models" / "nano"
"""Its folder: weights, config, tokenizer and card. It reads prompts in style `compact`."""


def copy_nano(into: Path) -> Path:
    """Copy it into a folder of its own, all or nothing, replacing one that is there; gives that folder.

    Raises:
        StorageError: when the disk is full or read-only.
    """

    def fill(work: Path) -> None:
        for path in sorted(NANO.iterdir()):
            shutil.copyfile(path, work / path.name)

    publish_folder(into, fill)
    return into
