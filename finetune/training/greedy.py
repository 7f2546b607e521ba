"""What a model answers, always taking the likeliest token, and how many of its calls are exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune.dataset.exact import is_exact
from finetune.training.rows import Row, RowEncoder

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Asking:
    """How answers are asked for: rows at once, tokens at most; `together` where processes share the model.

    Processes that share a model must take the same number of steps, so those that are done wait.
    """

    batch: int
    tokens: int
    together: bool = False


def answers(
    model: Any, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str], asking: Asking
) -> list[str]:
    """What the model writes behind each prompt, up to the token that ends an answer.

    Prompts of like length are asked together; each is filled up on its left.
    """
    encoded = RowEncoder(tokenizer).prompts_ids(prompts)
    order = sorted(range(len(prompts)), key=lambda number: len(encoded[number]))
    written = [""] * len(prompts)
    for start in range(0, len(order), asking.batch):
        some = order[start : start + asking.batch]
        for number, text in zip(
            some, _written(model, tokenizer, [encoded[number] for number in some], asking), strict=True
        ):
            written[number] = text
    return written


def _written(
    model: Any, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[list[int]], asking: Asking
) -> list[str]:
    import torch  # noqa: PLC0415 - heavy
    from transformers import GenerationConfig  # noqa: PLC0415

    width = max(len(ids) for ids in prompts)
    end = tokenizer.eos_token_id
    padding = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    ids = torch.tensor([[padding] * (width - len(row)) + row for row in prompts])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])
    how = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=asking.tokens,
        do_sample=False,
        use_cache=True,
        eos_token_id=end,
        pad_token_id=padding,
    )
    device = next(model.parameters()).device
    with torch.no_grad():
        found = model.generate(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            generation_config=how,
            synced_gpus=asking.together,
        )
    texts: list[str] = tokenizer.batch_decode(found[:, width:], skip_special_tokens=True)
    return texts


def exact_shares(rows: Sequence[Row], exact: Sequence[bool]) -> dict[str, float]:
    """The share of exact calls, under `exact`, and of each kind of row, under `exact_KIND`."""
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for row, found in zip(rows, exact, strict=True):
        by_kind[row.kind].append(found)
    shares = {f"exact_{kind}": sum(found) / len(found) for kind, found in sorted(by_kind.items())}
    return {"exact": sum(exact) / max(1, len(exact))} | shares


def exact_of(
    model: Any, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], asking: Asking
) -> list[bool]:
    """Whether the model's answer to each row is its call."""
    texts = answers(model, tokenizer, [row.prompt for row in rows], asking)
    return [is_exact(text, row.call) for text, row in zip(texts, rows, strict=True)]
