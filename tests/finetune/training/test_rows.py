"""Rows become tokens as an engine will read them, and only completions are learnt."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from api_docs.errors import TrainingDataError
from finetune.training.rows import (
    IGNORED,
    TRAIN,
    VALIDATION,
    Row,
    RowEncoder,
    draw,
    load_rows,
    open_dataset,
    read_counts,
    read_exact,
    write_rows,
)
from tests.finetune.training.toys import toy_config, toy_row, write_dataset

pytest.importorskip("trl")


@pytest.fixture(scope="module")
def llamas() -> PreTrainedTokenizerFast:
    """A tokenizer that, as LLaMA's, puts a blank before whatever a text begins with."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    texts = [f"{row['prompt']}{row['completion']}" for row in map(toy_row, range(50))]
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=600, special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def row_of(number: int) -> Row:
    stated = toy_row(number)
    return Row(stated["prompt"], stated["completion"], stated["kind"], stated["call"])


# ---- tokens --------------------------------------------------------------------------------------


def test_only_the_completion_and_its_end_are_learnt(tokenizer: Any) -> None:
    row = row_of(1)
    [(ids, labels)] = RowEncoder(tokenizer).encode([row])
    prompt = tokenizer(row.prompt)["input_ids"]
    assert ids[: len(prompt)] == prompt
    assert labels[: len(prompt)] == [IGNORED] * len(prompt)
    assert labels[len(prompt) :] == ids[len(prompt) :]
    assert IGNORED not in labels[len(prompt) :]
    assert tokenizer.decode(ids[len(prompt) :]) == f"{row.completion}</s>"


@given(prompt=st.text(min_size=1, max_size=40), completion=st.text(min_size=1, max_size=40))
@settings(max_examples=100)
def test_prompt_and_completion_decode_to_themselves(tokenizer: Any, prompt: str, completion: str) -> None:
    encoder = RowEncoder(tokenizer)
    assert tokenizer.decode(encoder.prompt_ids(prompt)[1:]) == prompt
    assert tokenizer.decode(encoder.completion_ids(completion)[:-1]) == completion


def test_no_blank_comes_between_where_a_tokenizer_begins_texts_with_one(llamas: Any) -> None:
    row = row_of(2)
    encoder = RowEncoder(llamas)
    [(ids, _)] = encoder.encode([row])
    assert llamas.decode(ids[1:-1]) == row.prompt + row.completion
    alone = llamas(row.completion, add_special_tokens=False)["input_ids"]
    assert encoder.completion_ids(row.completion)[:-1] != alone


def test_a_tokenizer_that_ends_texts_itself_does_not_end_prompts(tokenizer: Any, tiny: Path) -> None:
    ending = AutoTokenizer.from_pretrained(tiny)
    ending.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    assert RowEncoder(ending).prompt_ids("find birds") == RowEncoder(tokenizer).prompt_ids("find birds")


def test_a_tokenizer_without_an_end_is_refused(tiny: Path) -> None:
    endless = AutoTokenizer.from_pretrained(tiny)
    endless.eos_token = None
    with pytest.raises(TrainingDataError, match="ends an answer"):
        RowEncoder(endless)


# ---- what is written -----------------------------------------------------------------------------


def written(tmp_path: Path, tokenizer: Any, **train: Any) -> tuple[Path, Any]:
    data = write_dataset(tmp_path / "data", train_rows=30, validation_rows=6, longer=3)
    config = toy_config(**train).train
    counts = write_rows(open_dataset(data), tokenizer, config, tmp_path / "rows")
    assert read_counts(tmp_path / "rows") == counts
    return tmp_path / "rows", counts


def test_rows_that_are_too_long_are_left_out_and_counted_and_none_is_cut(
    tmp_path: Path, tokenizer: Any
) -> None:
    folder, counts = written(tmp_path, tokenizer)
    assert (counts.train, counts.train_too_long, counts.sequences, counts.validation) == (30, 3, 30, 6)
    expected = list(RowEncoder(tokenizer).encode([row_of(number) for number in range(30)]))
    found = load_rows(folder, TRAIN)
    assert [(row["input_ids"], row["labels"]) for row in found] == expected
    assert found["length"] == [len(ids) for ids, _ in expected]
    assert counts.tokens == sum(len(ids) for ids, _ in expected)
    assert len(load_rows(folder, VALIDATION)) == 6


def test_packed_sequences_hold_every_row_whole_and_once(tmp_path: Path, tokenizer: Any) -> None:
    folder, counts = written(tmp_path, tokenizer, packing=True)
    packed = load_rows(folder, TRAIN)
    assert len(packed) == counts.sequences < 30
    found: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for sequence in packed:
        assert len(sequence["input_ids"]) == sum(sequence["seq_lengths"]) == sequence["length"] <= 256
        start = 0
        for length in sequence["seq_lengths"]:
            part = slice(start, start + length)
            found[tuple(sequence["input_ids"][part]), tuple(sequence["labels"][part])] += 1
            start += length
    rows = RowEncoder(tokenizer).encode([row_of(number) for number in range(30)])
    assert found == Counter((tuple(ids), tuple(labels)) for ids, labels in rows)
    assert "seq_lengths" not in load_rows(folder, VALIDATION).column_names


def test_a_batch_that_can_not_be_filled_is_refused(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(TrainingDataError, match=r"30 sequences.*3 rows are longer.*batch has 32"):
        written(tmp_path, tokenizer, batch=32)
    assert not (tmp_path / "rows").exists()


def test_the_same_rows_are_drawn_in_whatever_order_they_come(tmp_path: Path, tokenizer: Any) -> None:
    rows = [row_of(number) for number in range(3000)]
    drawn = draw(iter(rows), 7, seed=1)
    assert drawn == draw(iter(reversed(rows)), 7, seed=1)
    assert drawn != draw(iter(rows), 7, seed=2)
    assert len(set(drawn)) == 7
    assert draw(iter(rows), 0, seed=1) == []
    folder, _ = written(tmp_path, tokenizer, exact_rows=4)
    assert read_exact(folder) == draw(iter([row_of(20_000 + number) for number in range(6)]), 4, seed=0)


# ---- what is refused -----------------------------------------------------------------------------


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="is no dataset.*callsmith finetune dataset"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_file_that_was_altered_is_refused(tmp_path: Path, split: str) -> None:
    data = write_dataset(tmp_path / "data")
    (data / f"{split}.jsonl").write_bytes((data / f"{split}.jsonl").read_bytes()[:-1])
    with pytest.raises(TrainingDataError, match=f"{split}.jsonl.*not what its manifest says"):
        open_dataset(data)


@pytest.mark.parametrize("line", ["no JSON", "{}", '["prompt"]'])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    data = write_dataset(tmp_path / "data")
    dataset = open_dataset(data)
    (data / "train.jsonl").write_text(json.dumps(toy_row(1)) + f"\n{line}\n")
    with pytest.raises(TrainingDataError, match="line 2 of"):
        list(dataset.rows("train"))
