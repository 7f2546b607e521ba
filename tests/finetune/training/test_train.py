"""A training learns completions, goes on as if it had never been killed, and keeps what answers best."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from typer.testing import CliRunner

from api_docs.errors import AlreadyPublishing, NotEnoughMemory, TrainingError
from finetune.training.config import Order, TrainingConfig
from finetune.training.resume import checkpoint_of, is_whole, mark_whole, newest_whole, step_of, steps_of
from finetune.training.rows import IGNORED, TRAIN, VALIDATION, load_rows, read_exact
from finetune.training.run import Run, alone
from finetune.training.train import train
from finetune.weights.checkpoint import Checkpoint
from service.cli import app
from tests.finetune.training.toys import losses, toy_config, toy_training, write_dataset

pytest.importorskip("trl")

from trl import SFTTrainer

from finetune.training.greedy import Asking, answers
from finetune.training.trainer import CallTrainer, Material, RowOrder, trainer_arguments
from finetune.training.worker import load_model

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning")

KILLS = int(os.environ.get("KILLS", "1"))
LONG = pytest.mark.skipif("KILLS" not in os.environ, reason="takes long; `make test-all` sets KILLS")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads wait for each other longer than a toy's products take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data") / "toy", longer=2)


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nobody disturbed."""
    out = tmp_path_factory.mktemp("trained") / "out"
    assert toy_training(toy_config(), data, out).folder == out / "model"
    return out


def trainer_of(out: Path, config: TrainingConfig, into: Path) -> CallTrainer:
    run = Run(out)
    return CallTrainer(
        config,
        trainer_arguments(config, into, on_cpu=True),
        load_model(run.start, config),
        AutoTokenizer.from_pretrained(run.start),
        Material(load_rows(run.rows, TRAIN), load_rows(run.rows, VALIDATION), read_exact(run.rows)),
    )


@pytest.fixture(scope="module")
def packed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "out"
    toy_training(toy_config(steps=1, packing=True, micro_batch=1), data, out)
    return out


# ---- what is learnt ------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", [False, True])
def test_what_the_trainer_sees_has_labels_over_completions_alone(
    trained: Path, packed: Path, tmp_path: Path, packing: bool
) -> None:
    """The oracle reads the tokens: every stretch of labels is a call and its end, every other is a prompt."""
    trainer = trainer_of(packed if packing else trained, toy_config(packing=packing), tmp_path)
    tokenizer = trainer.processing_class
    seen = 0
    for batch in trainer.get_train_dataloader():
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            assert all(label in (IGNORED, token) for token, label in zip(ids, labels, strict=True))
            learnt = "".join(
                tokenizer.decode([token]) if label != IGNORED else "\x00"
                for token, label in zip(ids, labels, strict=True)
            )
            for part in filter(None, learnt.split("\x00")):
                assert re.fullmatch(r"hub\.load\('https://tfhub\.dev/acme/[\w-]+/1'\)</s>", part)
                seen += 1
    assert seen >= 36


def test_batches_on_cpus_come_in_few_widths(trained: Path, tmp_path: Path) -> None:
    """As wide as the longest row and a little more: each width costs memory that stays."""
    trainer = trainer_of(trained, toy_config(), tmp_path)
    lengths = set(trainer.train_dataset["length"])
    assert any(length % 32 for length in lengths)
    for batch in trainer.get_train_dataloader():
        width = batch["input_ids"].shape[1]
        longest = int((batch["labels"] != IGNORED).nonzero()[:, 1].max()) + 1  # an answer ends its row
        assert width % 32 == 0
        assert width - 32 < longest <= width


def test_packed_rows_do_not_see_each_other(packed: Path, trained: Path, tmp_path: Path) -> None:
    """The summed loss of all packed sequences is that of all rows, each by itself."""

    def total(out: Path, packing: bool) -> float:
        config = toy_config(packing=packing, micro_batch=1)
        trainer = trainer_of(out, config, tmp_path)
        found = 0.0
        with torch.no_grad():
            for number in range(len(trainer.train_dataset)):
                columns = ["input_ids", "labels", *(["seq_lengths"] if packing else [])]
                row = {name: trainer.train_dataset[number][name] for name in columns}
                batch = trainer.data_collator([row])
                found += trainer.compute_loss(trainer.model, batch, num_items_in_batch=1).item()
        return found

    assert total(packed, True) == pytest.approx(total(trained, False), rel=1e-5)


@pytest.mark.parametrize("packing", [False, True])
def test_the_loss_of_answers_alone_is_trls(
    trained: Path, packed: Path, tmp_path: Path, packing: bool
) -> None:
    """And its gradients, too."""
    trainer = trainer_of(packed if packing else trained, toy_config(packing=packing), tmp_path)
    batch = next(iter(trainer.get_train_dataloader()))
    found = []
    for kind in (CallTrainer, SFTTrainer):
        trainer.model.zero_grad()
        loss = kind.compute_loss(trainer, trainer.model, dict(batch), num_items_in_batch=torch.tensor(50))
        loss.backward()
        gradients = {name: one.grad.clone() for name, one in trainer.model.named_parameters()}
        found.append((loss.item(), gradients))
    (ours, our_gradients), (theirs, their_gradients) = found
    assert ours == pytest.approx(theirs, rel=1e-5)
    for name, gradient in our_gradients.items():
        torch.testing.assert_close(gradient, their_gradients[name], rtol=1e-4, atol=1e-6)


def test_a_model_learns_what_it_is_taught(data: Path, tmp_path: Path) -> None:
    config = toy_config(steps=60, learning_rate=1e-2, eval_steps=60, save_steps=60)
    toy_training(config, data, tmp_path / "out")
    found = losses(tmp_path / "out")
    assert found[60] < found[1] / 2


@pytest.mark.parametrize("order", get_args(Order))
def test_an_order_of_rows_is_repeated_and_leaves_out_less_than_a_batch(order: Order) -> None:
    lengths = [random.Random(number).randint(1, 99) for number in range(1003)]  # noqa: S311
    rows = RowOrder(1003, 8, seed=1, order=order, lengths=lengths)
    first = list(rows)
    assert first == list(RowOrder(1003, 8, 1, order, lengths))
    assert len(first) == len(set(first)) == len(rows) == 1000
    rows.epoch = 1
    second = list(rows)
    assert (first == second) is (order == "given")
    assert first == sorted(first) or order != "given"
    assert set(first[:400]) == set(range(400)) or order not in {"given", "staged"}, "stages stay stages"
    assert len(set(second[:400]) - set(range(400))) > 100 or order == "given"


@pytest.mark.parametrize("order", ["grouped", "staged"])
def test_batches_of_grouped_rows_are_alike_in_length(order: Order) -> None:
    lengths = [random.Random(number).randint(1, 1000) for number in range(4000)]  # noqa: S311

    def padding(order: Order) -> int:
        rows = list(RowOrder(4000, 8, 1, order, lengths))
        batches = [[lengths[row] for row in rows[start : start + 8]] for start in range(0, 4000, 8)]
        return sum(8 * max(batch) - sum(batch) for batch in batches)

    assert padding(order) < padding("shuffled") / 10


def test_an_answer_is_the_same_whatever_it_is_asked_together_with(trained: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(trained / "model", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(trained / "model")
    prompts = ["find", "find the heron " * 9, "###USER: find the lynx\n###ASSISTANT: "]
    together = answers(model, tokenizer, prompts, Asking(3, 6))
    assert together == [answers(model, tokenizer, [prompt], Asking(1, 6))[0] for prompt in prompts]
    for prompt, text in zip(prompts, together, strict=True):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        for _ in range(6):  # the oracle takes the likeliest token by hand
            token = model(ids).logits[0, -1].argmax()
            if token == tokenizer.eos_token_id:
                break
            ids = torch.cat([ids, token[None, None]], dim=1)
        assert text == tokenizer.decode(
            ids[0, len(tokenizer(prompt)["input_ids"]) :], skip_special_tokens=True
        )


# ---- what comes of it ----------------------------------------------------------------------------


def test_the_finished_model_is_one_that_an_engine_serves(trained: Path, data: Path) -> None:
    model = trained / "model"
    names = {path.name for path in model.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "README.md"} <= names
    assert {oct(path.stat().st_mode & 0o777) for path in model.iterdir()} == {"0o644"}
    checkpoint = Checkpoint(model)
    assert {info.dtype for info in checkpoint.tensors.values()} == {"bfloat16"}
    start = Checkpoint(trained / "run/start")
    assert checkpoint.tensors.keys() == start.tensors.keys()
    moved = [
        name for name in start.tensors if not torch.equal(start.read(name).bfloat16(), checkpoint.read(name))
    ]
    assert len(moved) > len(start.tensors) / 2
    assert not (trained / "run/checkpoints/README.md").exists()


def test_the_card_says_what_it_was_taught_with_and_how_good_it_is(trained: Path, data: Path) -> None:
    card = (trained / "model/README.md").read_text()
    for name in ("train.jsonl", "validation.jsonl", "test.jsonl"):
        assert json.loads((data / "manifest.json").read_text())["files"][name]["sha256"] in card
    for part in (
        "license: apache-2.0",
        "| exact |",
        "| exported_exact |",
        "seed 0",
        '"learning_rate": 0.003',
    ):
        assert part in card
    assert "2 were left out" in card
    figures = re.findall(r"^\| (\d+) \| (\d\.\d{4}) \| (\d+\.\d)% \|$", card, re.MULTILINE)
    assert [int(step) for step, _, _ in figures] == [3, 6]


def test_every_step_is_logged_and_shown_to_tensorboard(trained: Path) -> None:
    found = losses(trained)
    assert sorted(found) == list(range(1, 7))
    assert list((trained / "run/tensorboard").glob("events.*"))


def test_the_newest_checkpoints_and_the_best_stay(trained: Path) -> None:
    kept = steps_of(trained / "run/checkpoints")
    best = json.loads((trained / "run/finished.json").read_text())["best"]
    assert best in kept
    assert kept[-1] == 6
    assert len(kept) <= 3
    assert all(is_whole(checkpoint_of(trained / "run/checkpoints", step)) for step in kept)


@pytest.mark.parametrize(
    ("exact", "best"), [({2: 1, 4: 2, 6: 1}, 4), ({2: 2, 4: 1, 6: 1}, 2), ({2: 0, 4: 0, 6: 0}, 6)]
)
def test_the_best_checkpoint_answers_most_rows_exactly_and_loss_decides_between_equals(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: dict[int, int], best: int
) -> None:
    turns = iter([*exact.values(), 0])

    def canned(_: Any, __: Any, rows: list[Any], ___: Any) -> list[bool]:
        right = next(turns)
        return [number < right for number in range(len(rows))]

    monkeypatch.setattr("finetune.training.trainer.exact_of", canned)
    monkeypatch.setattr("finetune.training.greedy.exact_of", canned)
    done = toy_training(toy_config(eval_steps=2, save_steps=2, keep=1), data, tmp_path / "out")
    assert done.best == best
    assert done.figures["eval_exact"] == pytest.approx(exact[best] / 3)
    assert newest_whole(tmp_path / "out/run/checkpoints") == tmp_path / "out/run/checkpoints/checkpoint-6"


def test_adapters_are_added_to_the_base(trained: Path, data: Path, tmp_path: Path) -> None:
    """The oracle multiplies them out; all that no adapter stands beside is the base's."""
    pytest.importorskip("peft")
    base = trained / "model"
    stated = toy_config(export="float32").model_dump(mode="json")
    stated |= {"model": {"base": str(base)}, "lora": {"rank": 2, "alpha": 6.0, "targets": ["q_proj"]}}
    stated["train"] |= {"method": "lora", "bf16": False}
    config = TrainingConfig.model_validate(stated)
    done = toy_training(config, data, tmp_path / "out")
    assert done.best is not None
    checkpoint = checkpoint_of(tmp_path / "out/run/checkpoints", done.best)
    adapters = load_file(checkpoint / "adapter_model.safetensors")
    before, after = Checkpoint(base), Checkpoint(tmp_path / "out/model")
    moved = [name for name in before.tensors if not torch.equal(before.read(name).float(), after.read(name))]
    assert moved == ["model.layers.0.self_attn.q_proj.weight"]
    down, up = (
        adapters[f"base_model.model.{moved[0].removesuffix('weight')}lora_{side}.weight"] for side in "AB"
    )
    assert up.abs().max() > 0
    expected = before.read(moved[0]).float() + 6.0 / 2 * up @ down
    torch.testing.assert_close(after.read(moved[0]), expected, rtol=1e-5, atol=1e-6)


# ---- killed and gone on with ---------------------------------------------------------------------


def same_losses(out: Path, undisturbed: Path, tolerance: float = 1e-4) -> None:
    found, expected = losses(out), losses(undisturbed)
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, abs=tolerance)


class Died(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def dies_at(step: int) -> Callable[[str, int, int], None]:
    def report(title: str, done: int, total: int) -> None:
        if title == "training steps" and done == step:
            raise Died

    return report


@pytest.mark.parametrize("step", [pytest.param(1, marks=LONG), 3, pytest.param(5, marks=LONG)])
def test_a_training_that_dies_at_a_step_goes_on_with_the_same_losses(
    data: Path, trained: Path, tmp_path: Path, step: int
) -> None:
    with pytest.raises(Died):
        toy_training(toy_config(), data, tmp_path / "out", report=dies_at(step))
    assert newest_whole(tmp_path / "out/run/checkpoints") == (
        None if step < 2 else checkpoint_of(tmp_path / "out/run/checkpoints", {3: 2, 5: 4}[step])
    )
    done = toy_training(toy_config(), data, tmp_path / "out", resume=True)
    assert done.folder is not None
    same_losses(tmp_path / "out", trained)
    before, after = (Checkpoint(out / "model") for out in (trained, tmp_path / "out"))
    for name in before.tensors:
        torch.testing.assert_close(before.read(name), after.read(name), rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "changed",
    [
        {"packing": True, "micro_batch": 1},
        pytest.param({"order": "staged"}, marks=LONG),
        pytest.param({"steps": None, "epochs": 0.6}, marks=LONG),
        pytest.param({"bf16": True}, marks=LONG),
        pytest.param({"activation_checkpointing": True}, marks=LONG),
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_way_of_training_goes_on_with_the_same_losses(
    data: Path, tmp_path: Path, changed: dict[str, Any]
) -> None:
    config = toy_config(**({"eval_steps": 6} | changed))
    toy_training(config, data, tmp_path / "undisturbed")
    with pytest.raises(Died):
        toy_training(config, data, tmp_path / "out", report=dies_at(3))
    toy_training(config, data, tmp_path / "out", resume=True)
    same_losses(tmp_path / "out", tmp_path / "undisturbed")


def test_an_epoch_that_was_broken_off_goes_on_with_the_rows_that_were_left(
    data: Path, tmp_path: Path
) -> None:
    """40 rows are ten batches: the second epoch is broken off at its third."""
    config = toy_config(steps=None, epochs=1.5, eval_steps=15, save_steps=1, keep=1)
    toy_training(config, data, tmp_path / "undisturbed")
    with pytest.raises(Died):
        toy_training(config, data, tmp_path / "out", report=dies_at(13))
    toy_training(config, data, tmp_path / "out", resume=True)
    same_losses(tmp_path / "out", tmp_path / "undisturbed")
    assert len(losses(tmp_path / "out")) == 15


def test_a_death_in_the_middle_of_a_save_costs_one_checkpoint(
    data: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = tmp_path / "out/run/checkpoints"

    def dies(checkpoint: Path) -> None:
        if checkpoint.name == "checkpoint-4":
            (checkpoint / "optimizer.pt").write_bytes(b"half")
            raise Died
        mark_whole(checkpoint)

    with monkeypatch.context() as patch:
        patch.setattr("finetune.training.trainer.mark_whole", dies)
        with pytest.raises(Died):
            toy_training(toy_config(), data, tmp_path / "out")
    assert steps_of(checkpoints)[-1] == 4
    said: list[str] = []
    toy_training(toy_config(), data, tmp_path / "out", resume=True, say=said.append)
    assert "removed 1 half-written checkpoint" in said
    same_losses(tmp_path / "out", trained)


def test_a_death_behind_the_last_step_costs_no_step(
    data: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("finetune.training.train.write_card", dies)
        with pytest.raises(Died):
            toy_training(toy_config(), data, tmp_path / "out")
    shutil.rmtree(tmp_path / "out/run/tensorboard")
    toy_training(toy_config(), data, tmp_path / "out", resume=True)
    assert not list((tmp_path / "out/run/tensorboard").iterdir())
    same_losses(tmp_path / "out", trained)


def test_who_is_asked_to_end_saves_a_checkpoint_first(data: Path, trained: Path, tmp_path: Path) -> None:
    def asks(title: str, done: int, total: int) -> None:
        if title == "training steps" and done == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    handler = signal.getsignal(signal.SIGTERM)
    stopped = toy_training(toy_config(), data, tmp_path / "out", report=asks)
    assert signal.getsignal(signal.SIGTERM) is handler
    assert (stopped.folder, stopped.steps) == (None, 3)
    assert is_whole(checkpoint_of(tmp_path / "out/run/checkpoints", 3))
    assert not (tmp_path / "out/model").exists()
    toy_training(toy_config(), data, tmp_path / "out", resume=True)
    same_losses(tmp_path / "out", trained)


def test_a_file_asks_to_end_as_well(data: Path, trained: Path, tmp_path: Path) -> None:
    def asks(title: str, done: int, total: int) -> None:
        if title == "training steps" and done == 4:
            Run(tmp_path / "out").stop.touch()

    stopped = toy_training(toy_config(), data, tmp_path / "out", report=asks)
    assert (stopped.folder, stopped.steps) == (None, 4)
    toy_training(toy_config(), data, tmp_path / "out", resume=True)
    same_losses(tmp_path / "out", trained)


def test_a_run_that_was_moved_goes_on(data: Path, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(Died):
        toy_training(toy_config(), data, tmp_path / "out", report=dies_at(4))
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    toy_training(toy_config(), data, tmp_path / "elsewhere", resume=True)
    same_losses(tmp_path / "elsewhere", trained)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.finetune.training.toys import toy_config, toy_training

def report(title, done, total):
    if title == "training steps" and done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

toy_training(toy_config(), Path(sys.argv[1]), Path(sys.argv[2]), resume=True, report=report)
"""


@pytest.mark.process
def test_a_process_that_is_killed_at_random_steps_goes_on_with_the_same_losses(
    data: Path, trained: Path, tmp_path: Path
) -> None:
    """Again and again, as often as KILLS says, until it comes to its end."""
    drawn = random.Random(20261126)  # noqa: S311 - the same steps every time
    out, kills = tmp_path / "0", 0
    while kills < KILLS:
        reached = newest_whole(out / "run/checkpoints")
        behind = 0 if reached is None else int(reached.name.rpartition("-")[2])
        if behind >= 5:
            toy_training(toy_config(), data, out, resume=True)
            same_losses(out, trained)
            out = tmp_path / str(kills)
            continue
        step = drawn.randint(behind + 1, 5)
        command = [sys.executable, "-c", KILLED, str(data), str(out), str(step)]
        killed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        kills += 1
    toy_training(toy_config(), data, out, resume=True)
    same_losses(out, trained)


def test_steps_of_a_training_that_nothing_is_known_of_are_not_gone_on_with(
    data: Path, trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(Died):
        toy_training(toy_config(learning_rate=1e-2), data, tmp_path / "out", report=dies_at(3))
    (tmp_path / "out/run/run.json").unlink()
    toy_training(toy_config(), data, tmp_path / "out")
    same_losses(tmp_path / "out", trained)


def test_muon_takes_the_matrices_between_layers_and_a_resumed_training_its_memory(
    data: Path, tmp_path: Path
) -> None:
    config = toy_config(optimizer="muon", learning_rate=5e-3)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    toy_training(config, data, whole)
    with pytest.raises(Died):
        toy_training(config, data, broken, report=dies_at(3))
    assert newest_whole(broken / "run/checkpoints") == checkpoint_of(broken / "run/checkpoints", 2)
    toy_training(config, data, broken, resume=True)
    same_losses(broken, whole)
    trainer = trainer_of(whole, config, tmp_path / "again")
    groups = trainer.create_optimizer().param_groups
    names = {id(parameter): name for name, parameter in trainer.model.named_parameters()}
    by_muon = {names[id(parameter)] for parameter in groups[0]["params"]}
    assert by_muon == {name for name in names.values() if name.endswith("_proj.weight")}
    assert sum(len(group["params"]) for group in groups) == len(names)


# ---- several processes ---------------------------------------------------------------------------


@pytest.mark.process
def test_two_processes_that_share_the_model_have_the_losses_of_one(
    data: Path, trained: Path, tmp_path: Path
) -> None:
    done = toy_training(toy_config(processes=2), data, tmp_path / "out")
    same_losses(tmp_path / "out", trained, 1e-3)
    assert done.folder is not None
    checkpoint = checkpoint_of(tmp_path / "out/run/checkpoints", 6)
    assert len(list((checkpoint / "pytorch_model_fsdp_0").glob("*.distcp"))) == 2, (
        "each process writes its piece"
    )
    one, two = Checkpoint(trained / "model"), Checkpoint(tmp_path / "out/model")
    assert one.tensors.keys() == two.tensors.keys()
    for name in one.tensors:
        torch.testing.assert_close(one.read(name), two.read(name), rtol=0, atol=5e-3)


INTERRUPTED = """
import os, signal, sys, threading
from pathlib import Path
from finetune.training.run import Run
from tests.finetune.training.toys import toy_config, toy_training

out, config = Path(sys.argv[2]), toy_config(processes=2, steps=60, eval_steps=60, save_steps=60)

def asks():  # behind some steps, as somebody does who looks on
    steps = Run(out).steps
    while not (steps.is_file() and steps.read_bytes().count(b"seconds") >= 3):
        waiting.wait(0.05)
    os.kill(os.getpid(), signal.SIGINT)

waiting = threading.Event()
threading.Thread(target=asks, daemon=True).start()
toy_training(config, Path(sys.argv[1]), out)
"""


@LONG
@pytest.mark.process
def test_two_processes_end_in_order_and_go_on_with_the_losses_of_one(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(data), str(tmp_path / "two")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert "KeyboardInterrupt" in ended.stderr
    assert "SignalException" not in ended.stderr
    reached = newest_whole(tmp_path / "two/run/checkpoints")
    assert reached is not None
    assert 3 <= step_of(reached) < 60
    steps: dict[str, Any] = {"steps": 60, "eval_steps": 60, "save_steps": 60}
    done = toy_training(toy_config(processes=2, **steps), data, tmp_path / "two", resume=True)
    assert done.folder is not None
    toy_training(toy_config(**steps), data, tmp_path / "one")
    same_losses(tmp_path / "two", tmp_path / "one", 1e-3)


# ---- what is refused -----------------------------------------------------------------------------


def test_a_training_is_not_written_over(data: Path, trained: Path) -> None:
    with pytest.raises(TrainingError, match="--resume goes on"):
        toy_training(toy_config(), data, trained)


def test_two_trainings_do_not_share_a_folder(data: Path, tmp_path: Path) -> None:
    with (
        alone(Run(tmp_path / "out")),
        pytest.raises(AlreadyPublishing, match="another process trains"),
    ):
        toy_training(toy_config(), data, tmp_path / "out")


def test_another_training_is_not_gone_on_with(data: Path, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="another config"):
        toy_training(toy_config(learning_rate=1e-5), data, trained, resume=True)
    other = write_dataset(tmp_path / "other", train_rows=50)
    with pytest.raises(TrainingError, match="another dataset"):
        toy_training(toy_config(), other, trained, resume=True)


def test_the_estimate_is_obeyed_unless_it_is_not_to_be(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.training.devices._free_memory", lambda: 1000)
    said: list[str] = []
    with pytest.raises(NotEnoughMemory, match="--anyway"):
        train(toy_config(), data, tmp_path / "out", report=lambda *_: None, say=said.append)
    assert any("does not fit" in line for line in said)
    assert toy_training(toy_config(), data, tmp_path / "out").folder is not None


def test_a_run_of_another_version_is_refused(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out/run"
    folder.mkdir(parents=True)
    for stated in ("no JSON", "{}", '{"schema_version": 1, "config": {}}'):
        (folder / "run.json").write_text(stated)
        with pytest.raises(TrainingError, match="run.json"):
            toy_training(toy_config(), data, tmp_path / "out", resume=True)


# ---- the command line ----------------------------------------------------------------------------


def test_the_command_trains_and_goes_on(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "toy.toml"
    config.write_text(
        "[model.scratch]\nhidden_size = 32\nlayers = 1\nheads = 2\nvocabulary = 300\ncontext = 256\n"
        "[train]\nsteps = 2\nbatch = 4\nmicro_batch = 4\nlength = 256\nexact_rows = 1\nexact_tokens = 2\n"
        '[distributed]\ndevice = "cpu"\n'
    )
    out = tmp_path / "out"
    command = ["finetune", "train", "--config", str(config), "--data", str(data), "--out", str(out)]
    made = CliRunner().invoke(app, [*command, "--json"])
    assert made.exit_code == 0, made.output
    shown = json.loads(made.stdout)
    assert shown["model"] == str(out / "model")
    assert shown["steps"] == 2
    assert CliRunner().invoke(app, command).exit_code == 2
    again = CliRunner().invoke(app, [*command, "--resume"])
    assert again.exit_code == 0, again.output
    assert "step 2 of 2" in again.stdout
