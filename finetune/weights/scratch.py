"""What a LLaMA trained from scratch starts from: a tokenizer learnt from texts, and random weights.

The same texts, sizes and seed give the same bytes. Knows nothing about where the texts come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from finetune.weights.shapes import LlamaShape

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

UNKNOWN, BEGIN, END, PADDING = "<unk>", "<s>", "</s>", "<pad>"
"""Special tokens, with the ids 0 to 3; the first three are LLaMA's."""

SMALLEST_VOCABULARY = 256 + 4
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


def train_tokenizer(texts: Iterable[str], vocabulary: int, context: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer: any text comes back from its tokens, digits are one token each.

    `vocabulary` is tokens at most (few texts give fewer), `context` tokens of prompt and answer together.
    """
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
        vocab_size=vocabulary,
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
        model_max_length=context,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def random_llama(shape: LlamaShape, context: int, seed: int, dtype: torch.dtype) -> LlamaForCausalLM:
    """A LLaMA with weights drawn in float32 and kept in `dtype`; no one else's random numbers change."""
    import torch  # noqa: PLC0415 - heavy
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    disable_progress_bar()  # type: ignore[no-untyped-call]  # of writing weights, which takes milliseconds
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=context,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=3,
        tie_word_embeddings=shape.tied,
        dtype=dtype,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.to(dtype)  # type: ignore[arg-type]  # transformers' annotation wants a model
    return model
