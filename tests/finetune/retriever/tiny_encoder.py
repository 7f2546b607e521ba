"""A sentence-transformers model of a few thousand parameters, with random weights and words of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WIDTH = 32
LENGTH = 64
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def write_tiny_encoder(folder: Path, texts: Iterable[str]) -> Path:
    """A model that knows the words of these texts; the same texts give the same weights."""
    words = sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]+", text.lower())})
    numbers = {word: number for number, word in enumerate((*_SPECIAL, *words))}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    )
    base = folder.parent / f"{folder.name}-base"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=LENGTH,
    ).save_pretrained(base)
    sizes = BertConfig(
        vocab_size=len(numbers),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=WIDTH,
        max_position_embeddings=LENGTH,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BertModel(sizes).save_pretrained(base)
    parts = [Transformer(str(base), max_seq_length=LENGTH), Pooling(WIDTH), Normalize()]
    SentenceTransformer(modules=parts).save_pretrained(str(folder), create_model_card=False)
    return folder
