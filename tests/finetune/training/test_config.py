"""Configs are TOML that refuses what it doesn't know, and says what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api_docs.errors import ConfigurationError
from finetune.training.config import CONFIGS, TrainingConfig, config_path, load_config
from tests.finetune.training.toys import toy_config

SHIPPED = sorted(path.stem for path in CONFIGS.glob("*.toml"))


def test_the_promised_configs_ship() -> None:
    assert {"llama-7b-8xa100", "llama-7b-lora-1gpu", "nano-cpu", "toy-cpu"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_config_that_ships_can_be_loaded_by_its_name_and_by_its_path(name: str) -> None:
    assert load_config(name) == load_config(str(CONFIGS / f"{name}.toml"))


def test_the_big_one_has_gorillas_figures() -> None:
    train = load_config("llama-7b-8xa100").train
    assert (train.epochs, train.learning_rate, train.schedule, train.warm_up) == (5, 2e-5, "cosine", 0.03)
    assert (train.batch, train.length, train.weight_decay) == (64, 2048, 0.0)
    assert train.bf16
    assert train.activation_checkpointing
    assert load_config("llama-7b-8xa100").distributed.processes == 8


def test_a_name_that_is_none_lists_those_that_ship() -> None:
    with pytest.raises(ConfigurationError, match=r"'nano'.*nano-cpu"):
        config_path("nano")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[model", "can't be read as TOML"),
        ("[train]\nsteps = 1", "model Field required"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\nlr = 3", "train.lr is not known"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 0", "train.steps is 0"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\nschedule = 'wavy'", "train.schedule is 'wavy'"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\nepochs = 1", "either epochs or steps"),
        ("[model]\nbase = 'x'\n[train]\nlength = 64", "either epochs or steps"),
        ("[model]\n[train]\nsteps = 1", "either base"),
        ("[model]\nbase = 'x'\n[model.scratch]\n[train]\nsteps = 1", "either base"),
        ("[model.scratch]\nhidden_size = 30\nheads = 4\n[train]\nsteps = 1", "multiple of 8"),
        ("[model.scratch]\nheads = 4\nkv_heads = 3\n[train]\nsteps = 1", "kv_heads 3"),
        ("[model.scratch]\nvocabulary = 100\n[train]\nsteps = 1", "model.scratch.vocabulary is 100"),
        ("[model.scratch]\ncontext = 64\n[train]\nsteps = 1\nlength = 65", "more than model.scratch.context"),
        ("[model.scratch]\n[train]\nsteps = 1\nmethod = 'lora'", "needs a base"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\nbatch = 6\nmicro_batch = 4", "no multiple"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\npacking = true\norder = 'grouped'", "equally long"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\n[data]\ncurriculum = 0.3", "one of staged, given"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\n[data]\necho = 0.6\nbrief = 0.6", "more than all rows"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\noptimizer = 'muon'\nmethod = 'lora'", "'muon' is for"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\n[data]\nstyle = 'rhyme'", "data.style is 'rhyme'"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\n[data]\ncolour = 1", "data.colour is not known"),
        ("[model]\nbase = 'x'\n[train]\nsteps = 1\n[lora]\ntargets = ['lm_head']", "'lm_head'"),
    ],
)
def test_what_is_wrong_is_quoted(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_config(str(path))
    assert said in str(refused.value)
    assert repr(str(path)) in str(refused.value)


@pytest.mark.parametrize(("processes", "micro_batch", "accumulation"), [(1, 2, 8), (2, 2, 4), (4, 4, 1)])
def test_a_batch_is_the_same_however_many_processes_share_it(
    processes: int, micro_batch: int, accumulation: int
) -> None:
    config = toy_config(processes=processes, batch=16, micro_batch=micro_batch)
    assert config.accumulation == accumulation


@pytest.mark.parametrize("changed", [{"learning_rate": 1e-4}, {"seed": 3}, {"steps": 7}, {"bf16": True}])
def test_a_config_that_trains_another_model_has_another_fingerprint(changed: dict[str, Any]) -> None:
    assert toy_config(**changed).fingerprint() != toy_config().fingerprint()


def test_habits_of_keeping_change_no_fingerprint() -> None:
    assert toy_config(keep=9).fingerprint() == toy_config().fingerprint()


def test_a_config_comes_back_from_what_is_written_of_it() -> None:
    config = toy_config()
    assert TrainingConfig.model_validate(config.model_dump(mode="json")) == config


def test_a_config_does_not_change() -> None:
    with pytest.raises(ValidationError):
        toy_config().train.seed = 3
