"""Make a tiny LLaMA with random weights and a tokenizer of its own, as a folder that an engine serves.

It says nothing of use. It stands in for a real model wherever the engine, the client and the grammar are
to be seen at work on a small machine: same layout, same files, same kind of tokenizer, a few megabytes.
The same sizes and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api_docs.errors import InvalidRequest
from api_docs.files import publish_folder
from api_docs.models import ApiDoc
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from retriever.prompt import build_prompt
from service.generators.grounded import GroundedGenerator

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

UNKNOWN, BEGIN, END, PADDING = "<unk>", "<s>", "</s>", "<pad>"
"""Special tokens, with the ids 0 to 3; the first three are LLaMA's."""

_SMALLEST_VOCABULARY = 256 + 4
"""A token for every byte, and the special ones."""

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "###{{ message['role'] | upper }}: {{ message['content'] }}{% if message['role'] == 'assistant' %}"
    "{{ eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}###ASSISTANT: {% endif %}"
)
"""Turns as Gorilla's prompt writes them, so that the chat route works too."""


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
        if self.vocabulary < _SMALLEST_VOCABULARY:
            raise InvalidRequest(
                f"vocabulary is {self.vocabulary}; expected at least {_SMALLEST_VOCABULARY}, "
                "for every byte is a token",
                "vocabulary",
            )

    @property
    def intermediate_size(self) -> int:
        """Width of the feed-forward layers: LLaMA's 8/3 of the hidden size, as a multiple of 32."""
        return -(-8 * self.hidden_size // (3 * 32)) * 32


def make_tiny_model(into: Path, sizes: TinySizes | None = None, docs: Sequence[ApiDoc] | None = None) -> Path:
    """Write the model's folder, replacing one that is there, all or nothing.

    `docs` are what the tokenizer learns its words from; the snapshot's unless given.

    Raises:
        BrokenCatalogue: when the snapshot is needed and can't be read.
        StorageError: when the disk is full or read-only.
    """
    wanted = sizes or TinySizes()
    known = load_catalogue(SNAPSHOT_FOLDER).docs if docs is None else docs
    tokenizer = train_tokenizer(training_texts(known), wanted)
    model = _random_llama(wanted, len(tokenizer))

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


def train_tokenizer(texts: Iterable[str], sizes: TinySizes) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer: any text comes back from its tokens, digits are one token each."""
    from tokenizers import (  # noqa: PLC0415 - heavy, as all of transformers
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        processors,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    special = [UNKNOWN, BEGIN, END, PADDING]
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=sizes.vocabulary,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A",
        pair=f"{BEGIN} $A {BEGIN} $B",
        special_tokens=[(BEGIN, special.index(BEGIN))],
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PADDING,
        model_max_length=sizes.context,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def _random_llama(sizes: TinySizes, vocabulary: int) -> LlamaForCausalLM:
    import torch  # noqa: PLC0415 - heavy
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    disable_progress_bar()  # type: ignore[no-untyped-call]  # of writing weights, which takes milliseconds
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=sizes.hidden_size,
        intermediate_size=sizes.intermediate_size,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.heads,
        max_position_embeddings=sizes.context,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=3,
        tie_word_embeddings=False,
        dtype=torch.bfloat16,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(sizes.seed)
        model = LlamaForCausalLM(config)
    model.bfloat16()
    return model
