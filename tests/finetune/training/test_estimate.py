"""The estimate counts what torch counts: parameters, operations, and what a layer keeps for its gradients."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaConfig, LlamaForCausalLM
from typer.testing import CliRunner

from api_docs.errors import ConfigurationError, ModelWeightsError, NotEnoughMemory, TrainingError
from finetune.training.config import LoraSection, ModelSection, TrainingConfig, load_config
from finetune.training.devices import GIB, GPUS, Device, cpu, device_at_hand, named_gpu
from finetune.training.estimate import (
    Load,
    estimate,
    kept_of_a_layer,
    lora_parameters,
    operations_per_token,
    require_memory,
    told,
)
from finetune.training.train import estimate_only, stated_shape
from finetune.weights.shapes import LlamaShape, shape_in
from service.cli import app
from tests.finetune.training.toys import toy_config, write_dataset

SEVEN = LlamaShape(32000, 4096, 11008, 32, 32, 32, tied=False)
SMALL = LlamaShape(500, 64, 160, 3, 4, 2, tied=False)


def built(shape: LlamaShape, device: str = "meta", attention: str = "sdpa") -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        tie_word_embeddings=shape.tied,
        attn_implementation=attention,
        use_cache=False,
    )
    with torch.device(device):
        return LlamaForCausalLM(config)


# ---- parameters ----------------------------------------------------------------------------------


def test_llama_7b_has_the_published_number_of_parameters() -> None:
    assert SEVEN.parameters == 6_738_415_616
    shape = load_config("llama-7b-8xa100").model.shape
    assert shape is not None
    assert shape.shape() == SEVEN


@given(
    vocabulary=st.integers(1, 300),
    head=st.sampled_from([2, 4, 8]),
    wide=st.integers(1, 90),
    layers=st.integers(1, 3),
    groups=st.sampled_from([(4, 4), (4, 2), (4, 1), (3, 3), (6, 2)]),
    tied=st.booleans(),
)
@settings(max_examples=25)
def test_parameters_are_those_of_transformers_own_model(  # noqa: PLR0917 - hypothesis names them
    vocabulary: int, head: int, wide: int, layers: int, groups: tuple[int, int], tied: bool
) -> None:
    heads, kv_heads = groups
    shape = LlamaShape(vocabulary, head * heads, wide, layers, heads, kv_heads, tied)
    assert shape.parameters == built(shape).num_parameters()


def test_a_folder_states_its_shape(tmp_path: Path) -> None:
    built(SMALL).config.save_pretrained(tmp_path)
    assert shape_in(tmp_path) == SMALL


@pytest.mark.parametrize(
    "stated", [None, "no JSON", "{}", '{"model_type": "bert"}', '{"model_type": "llama"}']
)
def test_a_folder_without_a_llamas_config_is_refused(tmp_path: Path, stated: str | None) -> None:
    if stated is not None:
        (tmp_path / "config.json").write_text(stated)
    with pytest.raises(ModelWeightsError, match="LLaMA"):
        shape_in(tmp_path)


@pytest.mark.parametrize("targets", [("q_proj", "v_proj"), ("k_proj", "down_proj"), LoraSection().targets])
def test_adapters_have_as_many_parameters_as_pefts(targets: tuple[str, ...]) -> None:
    peft = pytest.importorskip("peft")
    model = built(SMALL, "cpu")
    tuned = peft.get_peft_model(
        model, peft.LoraConfig(r=3, target_modules=list(targets), task_type="CAUSAL_LM")
    )
    trained = sum(one.numel() for one in tuned.parameters() if one.requires_grad)
    assert lora_parameters(SMALL, LoraSection(rank=3, targets=targets)) == trained  # type: ignore[arg-type]


# ---- operations ----------------------------------------------------------------------------------


def counted(shape: LlamaShape, tokens: int, *, backward: bool) -> int:
    """What torch counts. Eager attention multiplies the whole square, of which a causal one needs half."""
    model = built(shape, "cpu", "eager")
    ids = torch.zeros(1, tokens, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        logits = model(ids).logits
        if backward:
            logits.sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize(
    ("checkpointing", "forwards"), [(False, 3), (True, 4)], ids=["kept", "computed twice"]
)
def test_operations_are_those_that_torch_counts(checkpointing: bool, forwards: int) -> None:
    tokens = 24
    config = toy_config(activation_checkpointing=checkpointing)
    upper_half = 2 * SMALL.layers * SMALL.hidden_size * tokens * tokens  # of a forward pass
    forward, both = (counted(SMALL, tokens, backward=backward) for backward in (False, True))
    expected = both - 3 * upper_half + (forwards - 3) * (forward - upper_half)
    assert operations_per_token(config, SMALL, tokens) * tokens == expected


def test_adapters_spare_the_gradients_of_the_bases_weights() -> None:
    lora = load_config("llama-7b-lora-1gpu")
    full = lora.model_copy(update={"train": lora.train.model_copy(update={"method": "full"})})
    spared = operations_per_token(full, SEVEN, 10) - operations_per_token(lora, SEVEN, 10)
    assert spared == 2 * SEVEN.multiplied


# ---- memory --------------------------------------------------------------------------------------


def kept_by_torch(model: LlamaForCausalLM, run: Callable[[], torch.Tensor]) -> int:
    """Bytes of what is kept for the backward pass, weights apart (and copies of them in another type)."""
    weights = {one.untyped_storage().data_ptr() for one in model.parameters()}
    shapes = {tuple(one.shape) for one in model.parameters()}
    kept: dict[int, int] = {}
    alive: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        of_weights = (
            storage.data_ptr() in weights or {tuple(tensor.shape), tuple(tensor.shape)[::-1]} & shapes
        )
        if not of_weights:
            kept[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        run()
    return sum(kept.values())


@pytest.mark.parametrize(("bf16", "weights"), [(False, "float32"), (True, "float32"), (True, "bfloat16")])
def test_a_layer_keeps_what_torch_keeps(bf16: bool, weights: str) -> None:
    tokens = 96

    def of(layers: int) -> int:
        shape = LlamaShape(50, 64, 160, layers, 4, 2, tied=False)
        model = built(shape, "cpu").to(getattr(torch, weights))
        ids = torch.zeros(1, tokens, dtype=torch.long)

        def run() -> torch.Tensor:
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16 and weights == "float32"):
                found: torch.Tensor = model.model(ids).last_hidden_state
                return found

        return kept_by_torch(model, run)

    one_layer = of(3) - of(2)
    config = toy_config(bf16=bf16, weights=weights)
    expected = tokens * kept_of_a_layer(config, LlamaShape(50, 64, 160, 1, 4, 2, tied=False))
    assert one_layer == pytest.approx(expected, rel=0.01)


def test_seven_billion_parameters_fit_eight_a100s_and_not_one() -> None:
    config = load_config("llama-7b-8xa100")
    eight = estimate(config, SEVEN, GPUS["a100-40gb"], Load(None, 2048.0))
    assert eight.weights == eight.gradients == eight.optimizer // 2 == SEVEN.parameters * 4 // 8
    assert eight.fits
    alone = config.model_copy(update={"distributed": config.distributed.model_copy(update={"processes": 1})})
    assert not estimate(alone, SEVEN, GPUS["a100-80gb"], Load(None, 2048.0)).fits


def test_adapters_of_seven_billion_parameters_fit_the_gpu_that_their_config_names() -> None:
    config = load_config("llama-7b-lora-1gpu")
    assert estimate(config, SEVEN, named_gpu(config.distributed.gpu), Load(None, 2048.0)).fits


def test_checkpointing_and_smaller_batches_take_less() -> None:
    def activations(**train: Any) -> int:
        return estimate(toy_config(**train), SMALL, GPUS["l4"], Load(None, 256.0)).activations

    assert activations(activation_checkpointing=True) < activations()
    assert activations(micro_batch=1) * 2 == activations(micro_batch=2)


# ---- what is said and refused --------------------------------------------------------------------


def device(**changed: Any) -> Device:
    stated = {"name": "a toy", "kind": "cuda", "memory": GIB, "peak": 1e12, "count": 1, "source": "made up"}
    return Device(**(stated | changed))


def test_a_device_that_is_too_small_is_refused_with_what_would_help() -> None:
    wanted = estimate(toy_config(), SEVEN, device(), Load(6, 100.0))
    with pytest.raises(NotEnoughMemory, match=r"GiB and a toy has 1\.0 GiB.*micro_batch.*--anyway"):
        require_memory(wanted)


def test_too_few_gpus_are_refused() -> None:
    wanted = estimate(toy_config(processes=2), SMALL, device(memory=80 * GIB), Load(6, 100.0))
    with pytest.raises(NotEnoughMemory, match=r"2 GPUs, and 1 are here"):
        require_memory(wanted)


def test_processes_share_a_cpus_memory_and_speed() -> None:
    shared = device(kind="cpu", memory=8 * GIB, peak=8e9).per_process(4)
    assert (shared.memory, shared.peak) == (2 * GIB, 2e9)


def test_the_time_is_operations_over_the_share_of_the_peak() -> None:
    wanted = estimate(toy_config(batch=8), SMALL, device(peak=1e9), Load(None, 50.0))
    operations = 8 * 50 * operations_per_token(toy_config(), SMALL, 50.0)
    assert wanted.seconds_per_step == pytest.approx(operations / (1e9 * wanted.share))
    assert wanted.seconds == pytest.approx(6 * wanted.seconds_per_step)


@pytest.fixture
def lines() -> list[str]:
    config = load_config("llama-7b-8xa100")
    return list(told(estimate(config, SEVEN, GPUS["a100-40gb"], Load(1000, 2048.0))))


def test_people_are_told_everything(lines: list[str]) -> None:
    said = "\n".join(lines)
    for part in (
        "6,738,415,616 parameters",
        "8 processes on a100-40gb",
        "fits",
        "312 TFLOP/s",
        "40%",
        "hours",
    ):
        assert part in said
    assert "1,000 steps" in said


def test_this_machines_cpu_has_memory_and_speed() -> None:
    found = cpu()
    assert found.memory > 2**20
    assert found.peak > 1e6
    assert device_at_hand("cpu").kind == "cpu"


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigurationError, match="finds no GPU"):
        device_at_hand("cuda")


def test_a_gpu_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'tpu'.*a100-40gb"):
        named_gpu("tpu")


def test_a_base_of_unknown_shape_says_how_to_state_it() -> None:
    with pytest.raises(TrainingError, match=r"'acme/llama'.*\[model\.shape\]"):
        stated_shape(ModelSection(base="acme/llama"))


def test_steps_of_whole_epochs_are_counted_from_the_data(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "data", train_rows=41)
    config = toy_config(steps=None, epochs=3)
    assert estimate_only(config, device(), data).steps == 41 // 4 * 3
    assert estimate_only(config, device(), None).steps is None


def test_the_command_says_it() -> None:
    found = CliRunner().invoke(app, ["finetune", "estimate", "--config", "llama-7b-8xa100", "--json"])
    assert found.exit_code == 0, found.output
    shown = json.loads(found.stdout)
    assert shown["parameters"] == 6_738_415_616
    assert shown["fits"] is True
    spoken = CliRunner().invoke(app, ["finetune", "estimate", "--config", "nano-cpu", "--device", "cpu"])
    assert "CPU cores" in spoken.stdout


def test_the_shape_of_a_base_that_is_a_folder_is_read(tmp_path: Path) -> None:
    built(SMALL).config.save_pretrained(tmp_path)
    config = TrainingConfig.model_validate({"model": {"base": str(tmp_path)}, "train": {"steps": 2}})
    assert stated_shape(config.model) == SMALL
