"""The tiny model: real files, the same every time, and a tokenizer that loses nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer
from typer.testing import CliRunner

from api_docs.errors import InvalidRequest
from finetune.weights.tiny import TinySizes, make_tiny_model, training_texts
from retriever.prompt import build_prompt
from service.cli import app
from tests.finetune.conftest import SMALL
from tests.retriever.conftest import small_docs
from tests.support import snapshot_catalogue


def test_the_same_sizes_and_seed_give_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    torch.manual_seed(7)  # of whoever calls; it has no say, and is not disturbed
    before = torch.random.get_rng_state()
    again = make_tiny_model(tmp_path / "again", SMALL, small_docs())
    assert torch.equal(torch.random.get_rng_state(), before)
    names = sorted(path.name for path in tiny.iterdir())
    assert names == sorted(path.name for path in again.iterdir())
    for name in names:
        assert (tiny / name).read_bytes() == (again / name).read_bytes(), name


def test_another_seed_gives_other_weights_and_the_same_tokenizer(tiny: Path, tmp_path: Path) -> None:
    sizes = TinySizes(hidden_size=16, layers=1, heads=2, vocabulary=400, context=128, seed=1)
    other = make_tiny_model(tmp_path / "other", sizes, small_docs())
    weights = "model.safetensors"
    assert (tiny / weights).read_bytes() != (other / weights).read_bytes()
    assert (tiny / "tokenizer.json").read_bytes() == (other / "tokenizer.json").read_bytes()


def test_the_layout_is_that_of_a_llama(tiny: Path) -> None:
    config = json.loads((tiny / "config.json").read_bytes())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert (config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]) == (1, 2, 3)
    assert json.loads((tiny / "generation_config.json").read_bytes())["eos_token_id"] == 2
    with safe_open(tiny / "model.safetensors", "pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    assert shapes["model.embed_tokens.weight"] == shapes["lm_head.weight"] == (config["vocab_size"], 16)
    assert shapes["model.layers.0.self_attn.q_proj.weight"] == (16, 16)
    assert shapes["model.layers.0.mlp.down_proj.weight"] == (16, SMALL.intermediate_size)


def test_every_file_can_be_read_by_another_user(tiny: Path) -> None:
    assert {oct(path.stat().st_mode & 0o777) for path in tiny.iterdir()} == {"0o644"}


def test_it_generates(tiny: Path, tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny)
    asked = tokenizer("tell birds apart", return_tensors="pt")
    written = model.generate(**asked, max_new_tokens=5, min_new_tokens=5, do_sample=False)
    assert written.shape == (1, asked["input_ids"].shape[1] + 5)
    assert model.dtype is torch.bfloat16


@given(text=st.text(max_size=80))
@settings(max_examples=200)
def test_any_text_comes_back_from_its_tokens(tokenizer: Any, text: str) -> None:
    if any(special in text for special in tokenizer.all_special_tokens):
        return
    tokens = tokenizer(text)["input_ids"]
    assert tokens[0] == tokenizer.bos_token_id
    assert tokenizer.decode(tokens[1:]) == text


def test_a_chat_reads_as_gorillas_prompt(tokenizer: Any) -> None:
    instruction = "tell birds apart"
    rendered = tokenizer.apply_chat_template(
        [{"role": "user", "content": instruction}], tokenize=False, add_generation_prompt=True
    )
    assert rendered == f"<s>{build_prompt(instruction, []).text}"


def test_it_learns_words_from_prompts_and_answers() -> None:
    texts = list(training_texts(small_docs()))
    assert len(texts) == 2 * len(small_docs())
    assert texts[0].startswith("###USER: ")
    assert "<<<api_call>>>: " in texts[1]


def test_a_prompt_of_one_doc_fits_a_context_of_2048_tokens(tmp_path: Path) -> None:
    """With the default vocabulary, learnt from the snapshot; a prompt that is longer is refused anyway."""
    docs = snapshot_catalogue().docs
    some = docs[:: len(docs) // 150]
    folder = make_tiny_model(tmp_path / "tiny", TinySizes(hidden_size=16, layers=1), some)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    others = docs[1 :: len(docs) // 150]
    prompts = [build_prompt(doc.description or doc.name, [doc]).text for doc in others]
    lengths = sorted(len(tokens) for tokens in tokenizer(prompts)["input_ids"])
    assert lengths[int(0.95 * len(lengths))] < 1024


@pytest.mark.parametrize(
    ("sizes", "field", "said"),
    [
        ({"layers": 0}, "layers", "0"),
        ({"hidden_size": 100, "heads": 8}, "hidden_size", "multiple of 16"),
        ({"vocabulary": 100}, "vocabulary", "260"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes: dict[str, int], field: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as refused:
        TinySizes(**sizes)
    assert refused.value.field == field


def test_the_command_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = type("Few", (), {"docs": small_docs()})
    monkeypatch.setattr("finetune.weights.tiny.load_catalogue", lambda _: few)
    sizes = ["--hidden-size", "16", "--layers", "1", "--vocabulary", "400", "--context", "128"]
    command = ["model", "tiny", "--into", str(tmp_path / "tiny"), *sizes]
    made = CliRunner().invoke(app, [*command, "--json"])
    assert made.exit_code == 0, made.output
    shown = json.loads(made.stdout)
    assert shown["folder"] == str(tmp_path / "tiny")
    assert shown["bytes"] == sum(path.stat().st_size for path in (tmp_path / "tiny").iterdir())
    assert CliRunner().invoke(app, command).stdout.startswith(f"made {tmp_path / 'tiny'}: 0.")
