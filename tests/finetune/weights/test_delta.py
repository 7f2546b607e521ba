"""Delta weights: the sum is plain addition, whatever the files are, and whenever the merge was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from api_docs.errors import ModelWeightsError, StorageError
from finetune.weights import checkpoint
from finetune.weights import delta as merging
from finetune.weights.checkpoint import Checkpoint
from finetune.weights.delta import apply_delta
from tests.finetune.weights.checkpoints import (
    EMBEDDING,
    HEAD,
    LAYOUTS,
    llama_tensors,
    read_all,
    same,
    write_model,
)

ONE_EACH = 1  # bytes: every tensor becomes a shard of its own


def sums(base: dict[str, Tensor], delta: dict[str, Tensor]) -> dict[str, Tensor]:
    """The oracle: padded by hand, added by torch."""
    result = {}
    for name, change in delta.items():
        start = base[name].to(change.dtype)
        if len(change) > len(start):
            more = torch.zeros(len(change) - len(start), *start.shape[1:], dtype=change.dtype)
            start = torch.cat([start, more])
        result[name] = start + change
    return result


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_model(tmp_path / "base", llama_tensors(1))


@pytest.fixture
def delta(tmp_path: Path) -> Path:
    return write_model(tmp_path / "delta", llama_tensors(2), "sharded bin")


EXPECTED = sums(llama_tensors(1), llama_tensors(2))


# ---- the sum -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta_layout", LAYOUTS)
@pytest.mark.parametrize("base_layout", LAYOUTS)
def test_the_sum_is_plain_addition(tmp_path: Path, base_layout: str, delta_layout: str) -> None:
    base = write_model(tmp_path / "base", llama_tensors(1), base_layout)
    delta = write_model(tmp_path / "delta", llama_tensors(2), delta_layout)
    apply_delta(base, delta, tmp_path / "tuned")
    assert same(read_all(tmp_path / "tuned"), EXPECTED)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_sum_has_the_deltas_type(tmp_path: Path, dtype: torch.dtype) -> None:
    """A base in float32 is rounded first, as the published recipe does."""
    start, change = llama_tensors(1, dtype=torch.float32), llama_tensors(2, dtype=dtype)
    base = write_model(tmp_path / "base", start)
    apply_delta(base, write_model(tmp_path / "delta", change), tmp_path / "tuned")
    assert same(read_all(tmp_path / "tuned"), sums(start, change))


def test_rows_for_more_tokens_are_the_deltas_own(tmp_path: Path, base: Path) -> None:
    change = llama_tensors(2, vocabulary=7)
    delta = write_model(tmp_path / "delta", change)
    apply_delta(base, delta, tmp_path / "tuned")
    tuned = read_all(tmp_path / "tuned")
    assert same(tuned, sums(llama_tensors(1), change))
    for name in (EMBEDDING, HEAD):
        assert torch.equal(tuned[name][6], change[name][6])
    assert json.loads((tmp_path / "tuned/config.json").read_bytes())["vocab_size"] == 7


def test_what_follows_from_the_config_is_left_out(tmp_path: Path, base: Path) -> None:
    """Older LLaMA files carry the frequencies of the rotary embedding, in float32; newer ones don't."""
    frequencies = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(2)}
    delta = write_model(tmp_path / "delta", llama_tensors(2) | frequencies, "bin")
    apply_delta(base, delta, tmp_path / "tuned")
    assert same(read_all(tmp_path / "tuned"), EXPECTED)


def test_config_and_tokenizer_are_the_deltas_and_code_stays_behind(
    tmp_path: Path, base: Path, delta: Path
) -> None:
    sums_of_files = apply_delta(base, delta, tmp_path / "tuned")
    tuned = tmp_path / "tuned"
    for name in ("config.json", "tokenizer.model", "tokenizer_config.json", "LICENSE"):
        assert (tuned / name).read_bytes() == (delta / name).read_bytes()
    index = json.loads((tuned / "model.safetensors.index.json").read_bytes())
    assert index["weight_map"].keys() == EXPECTED.keys()
    assert index["metadata"]["total_size"] == sum(2 * tensor.numel() for tensor in EXPECTED.values())
    assert set(index["weight_map"].values()) == sums_of_files.keys()
    assert {path.name for path in tuned.iterdir()} == {
        *("config.json", "tokenizer.model", "tokenizer_config.json", "LICENSE"),
        *("model.safetensors.index.json", "model-00001-of-00001.safetensors"),
    }
    with safe_open(tuned / "model-00001-of-00001.safetensors", "pt") as file:  # as engines expect it
        assert file.metadata() == {"format": "pt"}


def test_shards_are_as_big_as_they_may_be(tmp_path: Path, base: Path, delta: Path) -> None:
    reported: list[tuple[int, int]] = []
    apply_delta(
        base, delta, tmp_path / "tuned", shard_bytes=100, progress=lambda *args: reported.append(args)
    )
    sizes = []
    for path in sorted((tmp_path / "tuned").glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            tensors = [file.get_tensor(name) for name in file.offset_keys()]
        sizes.append(sum(tensor.nbytes for tensor in tensors))
        assert sizes[-1] <= 100 or len(tensors) == 1
    done = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    assert reported == [(size, sum(sizes)) for size in done]
    assert same(read_all(tmp_path / "tuned"), EXPECTED)


def test_no_more_is_in_memory_than_a_shard_and_a_tensor_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_model(tmp_path / "base", llama_tensors(1), "sharded safetensors")
    delta = write_model(tmp_path / "delta", llama_tensors(2), "sharded bin")
    open_shards: weakref.WeakSet[Any] = weakref.WeakSet()
    most, written = [0], []
    really_open, really_write = checkpoint.open_shard, merging._write

    def counted(path: Path) -> Any:
        shard = really_open(path)
        open_shards.add(shard)
        most[0] = max(most[0], len(open_shards))
        return shard

    def weighed(path: Path, tensors: dict[str, Tensor]) -> None:
        written.append(sum(tensor.nbytes for tensor in tensors.values()))
        really_write(path, tensors)

    monkeypatch.setattr(checkpoint, "open_shard", counted)
    monkeypatch.setattr(merging, "_write", weighed)
    apply_delta(base, delta, tmp_path / "tuned", shard_bytes=64)
    assert most[0] == 2
    assert len(written) > 3
    assert max(written) <= 64
    assert not open_shards


PEAK = """
import sys
from pathlib import Path
from finetune.weights.delta import apply_delta

def status(name):
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) * 1024

warm, base, delta = (Path(name) for name in sys.argv[1:4])
apply_delta(warm, warm, warm.parent / "warmed")  # whatever is loaded on the way is loaded now
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = status("VmRSS")
apply_delta(base, delta, base.parent / "tuned", shard_bytes=int(sys.argv[4]))
print(status("VmHWM") - before)
"""


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process's peak")
@pytest.mark.parametrize("layout", ["sharded safetensors", "sharded bin"])
def test_the_peak_of_memory_is_less_than_one_and_a_third_pairs_of_shards(tmp_path: Path, layout: str) -> None:
    """Mapped files count, too. A shard of the result is to one of the base's as 2 GiB to LLaMA-7B's ten."""

    def big(seed: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        more = {
            f"model.layers.{layer}.mlp.up_proj.weight": torch.randn(1024, 1024, generator=generator).half()
            for layer in range(36)
        }
        return llama_tensors(seed) | more

    base, delta = (write_model(tmp_path / f"big{seed}", big(seed), layout) for seed in (1, 2))
    warm = write_model(tmp_path / "warm", llama_tensors(3), layout)
    shards = [path for path in base.iterdir() if path.suffix in (".bin", ".safetensors")]
    assert len(shards) == 3
    pair = 2 * max(path.stat().st_size for path in shards)
    command = [sys.executable, "-c", PEAK, *map(str, (warm, base, delta, pair // 10))]
    gives_back = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}  # what is freed, at once
    done = subprocess.run(  # noqa: S603
        command, env=gives_back, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1.3 * pair
    assert same(read_all(tmp_path / "tuned"), sums(big(1), big(2)))
    assert len(list((tmp_path / "tuned").glob("*.safetensors"))) > 3


# ---- what is refused -----------------------------------------------------------------------------


def refused(base: Path, delta: Path, *said: str) -> None:
    into = base.parent / "tuned"
    with pytest.raises(ModelWeightsError) as error:
        apply_delta(base, delta, into)
    for part in said:
        assert part in str(error.value)
    assert not into.exists()


NORM = "model.norm.weight"


def without(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {other: tensor for other, tensor in tensors.items() if other != name}


def test_a_tensor_that_only_one_has_is_refused(tmp_path: Path, base: Path, delta: Path) -> None:
    fewer = write_model(tmp_path / "fewer", without(llama_tensors(3), NORM))
    refused(base, fewer, NORM, "base", "has not")
    refused(fewer, delta, NORM, "delta", "has not")


@pytest.mark.parametrize(
    ("name", "shape"), [(NORM, (5,)), (EMBEDDING, (5, 4)), (EMBEDDING, (6, 5)), (HEAD, (7, 5))]
)
def test_another_shape_is_refused(tmp_path: Path, base: Path, name: str, shape: tuple[int, ...]) -> None:
    odd = write_model(tmp_path / "odd", llama_tensors(3) | {name: torch.zeros(shape, dtype=torch.float16)})
    refused(base, odd, repr(name), str(list(shape)))


@pytest.mark.parametrize(
    ("base_type", "delta_type"),
    [(torch.bfloat16, torch.float16), (torch.float16, torch.bfloat16), (torch.float16, torch.float64)],
)
def test_other_roundings_are_refused(tmp_path: Path, base_type: torch.dtype, delta_type: torch.dtype) -> None:
    base = write_model(tmp_path / "base", llama_tensors(1, dtype=base_type))
    delta = write_model(tmp_path / "delta", llama_tensors(2, dtype=delta_type))
    refused(base, delta, str(base_type)[6:], str(delta_type)[6:])


@pytest.mark.parametrize("config", ['{"vocab_size": 9}', "{}", "no JSON", None])
def test_a_config_that_is_not_the_weights_own_is_refused(base: Path, delta: Path, config: str | None) -> None:
    (delta / "config.json").unlink()
    if config is not None:
        (delta / "config.json").write_text(config)
    refused(base, delta, "vocab_size")


def test_a_pickle_of_more_than_tensors_is_not_executed(tmp_path: Path, base: Path, delta: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return eval, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    torch.save({"model.norm.weight": Evil()}, delta / "pytorch_model-00001-of-00003.bin")
    refused(base, delta, "pytorch_model-00001-of-00003.bin", "can't be read")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("saved", [[torch.zeros(1)], {"step": 3}])
def test_a_pickle_of_something_else_is_refused(tmp_path: Path, base: Path, saved: Any) -> None:
    delta = write_model(tmp_path / "delta", llama_tensors(2), "bin")
    torch.save(saved, delta / "pytorch_model.bin")
    refused(base, delta, "pytorch_model.bin", "something else")


def test_a_pickle_from_before_zip_files_says_what_to_do(tmp_path: Path, base: Path) -> None:
    delta = write_model(tmp_path / "delta", llama_tensors(2), "bin")
    torch.save(llama_tensors(2), delta / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    refused(base, delta, "pytorch_model.bin", "convert it to safetensors")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_half_a_file_is_refused(tmp_path: Path, base: Path, layout: str) -> None:
    delta = write_model(tmp_path / "delta", llama_tensors(2), layout)
    path = next(path for path in sorted(delta.iterdir()) if path.suffix in (".bin", ".safetensors"))
    path.write_bytes(path.read_bytes()[:-40])
    refused(base, delta, path.name, "ownload it again")


def test_a_shard_that_is_missing_is_named(base: Path, delta: Path) -> None:
    (delta / "pytorch_model-00002-of-00003.bin").unlink()
    refused(base, delta, "pytorch_model-00002-of-00003.bin", "download it again")


def test_an_index_that_names_what_is_not_there_is_refused(base: Path, delta: Path) -> None:
    path = delta / "pytorch_model.bin.index.json"
    index = json.loads(path.read_bytes())
    index["weight_map"]["model.extra.weight"] = "pytorch_model-00001-of-00003.bin"
    path.write_text(json.dumps(index))
    refused(base, delta, "model.extra.weight", "index")


@pytest.mark.parametrize("file", ["../base/model.safetensors", "/etc/passwd"])
def test_an_index_can_not_lead_out_of_its_folder(base: Path, delta: Path, file: str) -> None:
    index = {"weight_map": {"model.norm.weight": file}}
    (delta / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    refused(base, delta, repr(file), "beside the index")


@pytest.mark.parametrize("index", ["no JSON", "[]", '{"weight_map": 3}'])
def test_an_index_that_is_none_is_refused(base: Path, delta: Path, index: str) -> None:
    (delta / "pytorch_model.bin.index.json").write_text(index)
    refused(base, delta, "weight_map")


def test_a_folder_without_weights_is_refused(tmp_path: Path, base: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(base, tmp_path / "empty", "no weights", "model.safetensors")


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path, base: Path, delta: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file/tuned"):
        apply_delta(base, delta, tmp_path / "file/tuned")


def test_a_disk_that_fills_up_is_said_to_be_full(
    tmp_path: Path, base: Path, delta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(StorageError, match="No space left on device.*--into"):
        apply_delta(base, delta, tmp_path / "tuned")


# ---- killed and gone on with ---------------------------------------------------------------------


@pytest.mark.parametrize("shards_before", range(4))
@pytest.mark.parametrize("step", ["_write", "sync", "write_file"])
def test_a_merge_that_dies_goes_on_behind_its_last_whole_shard(
    base: Path, delta: Path, monkeypatch: pytest.MonkeyPatch, step: str, shards_before: int
) -> None:
    """Wherever it dies: before a shard is written, before it has its name, before it is recorded."""
    into, calls = base.parent / "tuned", [0]
    really, really_write, written = getattr(merging, step), merging._write, list[str]()

    def dies(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] > shards_before:
            raise KeyboardInterrupt
        return really(*args)

    with monkeypatch.context() as patch:
        patch.setattr(merging, step, dies)
        with pytest.raises(KeyboardInterrupt):
            apply_delta(base, delta, into, shard_bytes=ONE_EACH)
    assert not (into / "model.safetensors.index.json").exists()

    def noted(path: Path, tensors: dict[str, Tensor]) -> None:
        written.append(path.name)
        really_write(path, tensors)

    monkeypatch.setattr(merging, "_write", noted)
    found = apply_delta(base, delta, into, shard_bytes=ONE_EACH)
    assert len(written) == len(EXPECTED) - shards_before
    assert same(read_all(into), EXPECTED)
    assert sorted(found) == sorted(path.name for path in into.glob("*.safetensors"))
    assert not list(into.glob("*.half"))


KILLED = """
import os, signal, sys
from pathlib import Path
from finetune.weights.delta import apply_delta

def report(done, total):
    print(done, flush=True)
    if done >= total // 2:
        os.kill(os.getpid(), signal.SIGKILL)

apply_delta(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), shard_bytes=1, progress=report)
"""


@pytest.mark.process
def test_a_process_that_is_killed_loses_no_whole_shard(
    tmp_path: Path, base: Path, delta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = tmp_path / "tuned"
    command = [sys.executable, "-c", KILLED, str(base), str(delta), str(into)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    whole = {path.name: path.stat().st_mtime_ns for path in into.glob("*.safetensors")}
    assert len(whole) == len(killed.stdout.split())
    assert 0 < len(whole) < len(EXPECTED)
    apply_delta(base, delta, into, shard_bytes=1)
    assert same(read_all(into), EXPECTED)
    assert whole.items() <= {path.name: path.stat().st_mtime_ns for path in into.iterdir()}.items()


def test_a_shard_that_was_altered_meanwhile_is_written_anew(tmp_path: Path, base: Path, delta: Path) -> None:
    apply_delta(base, delta, tmp_path / "tuned", shard_bytes=ONE_EACH)
    victim = sorted((tmp_path / "tuned").glob("*.safetensors"))[2]
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.write_bytes(bytes(data))
    apply_delta(base, delta, tmp_path / "tuned", shard_bytes=ONE_EACH)
    assert same(read_all(tmp_path / "tuned"), EXPECTED)


def test_shards_of_another_merge_are_not_taken_over(tmp_path: Path, base: Path, delta: Path) -> None:
    apply_delta(base, delta, tmp_path / "tuned", shard_bytes=ONE_EACH)
    other = write_model(tmp_path / "other", llama_tensors(5))
    apply_delta(other, delta, tmp_path / "tuned", shard_bytes=150)
    assert same(read_all(tmp_path / "tuned"), sums(llama_tensors(5), llama_tensors(2)))
    assert {path.name for path in (tmp_path / "tuned").glob("*.safetensors")} == {
        info.file for info in Checkpoint(tmp_path / "tuned").tensors.values()
    }


def test_a_record_that_is_damaged_counts_for_nothing(tmp_path: Path, base: Path, delta: Path) -> None:
    apply_delta(base, delta, tmp_path / "tuned")
    (tmp_path / "tuned.progress.json").write_text("half a rec")
    apply_delta(base, delta, tmp_path / "tuned")
    assert same(read_all(tmp_path / "tuned"), EXPECTED)
