"""Make a tiny LLaMA with random weights and a tokenizer of its own, as a folder that an engine serves.

It says nothing of use. It stands in for a real model wherever the engine, the client and the grammar are
to be seen at work on a small machine: same layout, same files, same kind of tokenizer, a few megabytes.
The same sizes and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api_docs.errors import InvalidRequest
from api_docs.files import publish_folder
from api_docs.models import ApiDoc
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from finetune.weights.scratch import SMALLEST_VOCABULARY, random_llama, train_tokenizer
from finetune.weights.shapes import LlamaShape, eight_thirds
from retriever.prompt import build_prompt
from service.generators.grounded import GroundedGenerator


@dataclass(frozen=True, slots=True)
class TinySizes:
    """How big the model is; the defaults give 1.2 million parameters and 2.5 MB.

    Raises:
        InvalidRequest: when the sizes don't fit together.
    """

    hidden_size: int = 128
    layers: int = 2
    heads: int = 2
    vocabulary: int = 3072  # tokens at most: few texts give fewer
    context: int = 4096  # tokens of prompt and answer together
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("hidden_size", "layers", "heads", "context"):
            if (value := getattr(self, name)) < 1:
                raise InvalidRequest(f"{name} is {value}; expected at least 1", name)
        if self.hidden_size % (2 * self.heads):
            raise InvalidRequest(
                f"hidden_size {self.hidden_size} does not give {self.heads} heads of an even size; "
                f"choose a multiple of {2 * self.heads}",
                "hidden_size",
            )
        if self.vocabulary < SMALLEST_VOCABULARY:
            raise InvalidRequest(
                f"vocabulary is {self.vocabulary}; expected at least {SMALLEST_VOCABULARY}, "
                "for every byte is a token",
                "vocabulary",
            )

    @property
    def intermediate_size(self) -> int:
        """Width of the feed-forward layers: LLaMA's 8/3 of the hidden size, as a multiple of 32."""
        return eight_thirds(self.hidden_size)

    def shape(self, vocabulary: int) -> LlamaShape:
        """The model's shape, once its tokenizer is known to have so many tokens."""
        return LlamaShape(
            vocabulary=vocabulary,
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size,
            layers=self.layers,
            heads=self.heads,
            kv_heads=self.heads,
            tied=False,
        )


def make_tiny_model(into: Path, sizes: TinySizes | None = None, docs: Sequence[ApiDoc] | None = None) -> Path:
    """Write the model's folder, replacing one that is there, all or nothing.

    `docs` are what the tokenizer learns its words from; the snapshot's unless given.

    Raises:
        BrokenCatalogue: when the snapshot is needed and can't be read.
        StorageError: when the disk is full or read-only.
    """
    import torch  # noqa: PLC0415 - heavy

    wanted = sizes or TinySizes()
    known = load_catalogue(SNAPSHOT_FOLDER).docs if docs is None else docs
    tokenizer = train_tokenizer(training_texts(known), wanted.vocabulary, wanted.context)
    model = random_llama(wanted.shape(len(tokenizer)), wanted.context, wanted.seed, torch.bfloat16)

    def fill(work: Path) -> None:
        model.save_pretrained(work)
        tokenizer.save_pretrained(work)
        for path in work.iterdir():
            path.chmod(0o644)  # the engine may run as another user

    publish_folder(into, fill)
    return into


def training_texts(docs: Iterable[ApiDoc]) -> Iterator[str]:
    """What the engine reads and writes: for each doc the prompt that asks for it, and the grounded answer."""
    grounded = GroundedGenerator()
    for doc in docs:
        prompt = build_prompt(doc.description or doc.functionality or doc.name, [doc])
        yield prompt.text
        yield grounded.write(prompt).text
