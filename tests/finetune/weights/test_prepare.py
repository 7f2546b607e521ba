"""A model gets there by itself: from a hub on loopback, through cut lines and closed doors, to `current`."""

from __future__ import annotations

import fcntl
import io
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub.file_download
import pytest
from rich.console import Console
from transformers import AutoModelForCausalLM
from typer.testing import CliRunner, Result

from api_docs.errors import (
    AlreadyPublishing,
    ConfigurationError,
    InvalidRequest,
    ModelAccessDenied,
    ModelWeightsError,
    NotEnoughSpace,
    StorageError,
)
from api_docs.files import sha256_of
from finetune.weights.hub import read_token
from finetune.weights.prepare import MANIFEST, Ready, prepare
from service.cli import app
from service.cli.output import byte_progress
from tests.finetune.weights.checkpoints import llama_tensors, read_all, same, write_model
from tests.finetune.weights.hub_server import COMMIT, FakeHub, serving
from tests.finetune.weights.test_delta import sums

MODEL = "callsmith/tiny"
WEIGHTS = "model.safetensors"
TOKEN = "hf_VerySecretToken"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "models"


def prepared(into: Path, model: str = MODEL, base: str | None = None, **options: Any) -> Ready:
    ready = prepare(model, base, into, **options)
    assert ready is not None
    assert ready.current == into / "current"
    assert ready.current.resolve() == ready.folder.resolve()
    assert not (into / ".work").exists()
    return ready


def same_files(found: Path, expected: Path) -> bool:
    names = sorted(path.name for path in expected.iterdir())
    there = sorted(path.name for path in found.iterdir() if path.name != MANIFEST)
    return there == names and all(
        (found / name).read_bytes() == (expected / name).read_bytes() for name in names
    )


# ---- from the hub --------------------------------------------------------------------------------


def test_a_model_is_downloaded_and_current_leads_to_it(hub: FakeHub, into: Path, tiny: Path) -> None:
    ready = prepared(into)
    assert ready.made
    assert same_files(into / "current", tiny)
    assert ready.size == sum(path.stat().st_size for path in tiny.iterdir())
    assert AutoModelForCausalLM.from_pretrained(into / "current").config.vocab_size <= 400
    assert {oct(path.stat().st_mode & 0o777) for path in ready.folder.iterdir()} == {"0o644"}


def test_the_manifest_says_what_it_is(hub: FakeHub, into: Path, tiny: Path) -> None:
    manifest = json.loads((prepared(into).folder / MANIFEST).read_bytes())
    files = {path.name: {"size": path.stat().st_size, "sha256": sha256_of(path)} for path in tiny.iterdir()}
    assert manifest["files"] == files
    assert (manifest["model"], manifest["version"], manifest["base"]) == (MODEL, COMMIT, None)


def test_current_still_leads_there_where_the_volume_is_mounted_elsewhere(hub: FakeHub, into: Path) -> None:
    prepared(into)
    moved = into.rename(into.with_name("elsewhere"))
    assert (moved / "current" / WEIGHTS).is_file()


def test_what_is_there_is_neither_downloaded_nor_looked_up_again(hub: FakeHub, into: Path) -> None:
    first = prepared(into)
    hub.seen.clear()
    again = prepared(into)
    assert hub.seen == []
    assert not again.made
    assert (again.folder, again.size) == (first.folder, first.size)


def test_a_file_that_was_cut_short_since_is_downloaded_again(hub: FakeHub, into: Path, tiny: Path) -> None:
    folder = prepared(into).folder
    (folder / WEIGHTS).write_bytes(b"half")
    assert prepared(into).made
    assert same_files(folder, tiny)


def test_a_manifest_that_is_damaged_counts_for_nothing(hub: FakeHub, into: Path, tiny: Path) -> None:
    folder = prepared(into).folder
    (folder / MANIFEST).write_text("half a manif")
    assert prepared(into).made
    assert same_files(folder, tiny)


def test_a_revision_is_kept_to_and_has_a_folder_of_its_own(hub: FakeHub, into: Path) -> None:
    old = "0ddba11" + "0" * 33
    hub.commits[MODEL] = {None: COMMIT, "v1": old}
    newest, tagged = prepared(into), prepared(into, revision="v1")
    assert (newest.folder.name, tagged.folder.name) == (
        f"callsmith--tiny@{COMMIT[:12]}",
        f"callsmith--tiny@{old[:12]}",
    )
    assert f"/api/models/{MODEL}/revision/v1" in [seen.path for seen in hub.seen]
    assert f"/{MODEL}/resolve/{old}/{WEIGHTS}" in [seen.path for seen in hub.seen]
    hub.seen.clear()
    assert prepared(into).folder == newest.folder
    assert hub.seen == []


def test_only_what_an_engine_reads_is_downloaded(
    hub: FakeHub, into: Path, tmp_path: Path, tiny: Path
) -> None:
    folder = shutil.copytree(tiny, tmp_path / "crowded")
    (folder / "onnx").mkdir()
    for extra in (
        *("pytorch_model.bin", "model.gguf", "tf_model.h5", "consolidated.safetensors", "modeling.py"),
        *("README.md", ".gitattributes", "onnx/config.json", "adapter_model.safetensors"),
    ):
        (folder / extra).write_text("not for an engine")
    hub.models[MODEL] = folder
    assert same_files(prepared(into).folder, tiny)


@pytest.mark.parametrize("layout", ["bin", "sharded bin", "sharded safetensors"])
def test_pickled_weights_are_taken_where_there_are_no_others(
    hub: FakeHub, into: Path, tmp_path: Path, layout: str
) -> None:
    hub.models["some/llama"] = write_model(tmp_path / "llama", llama_tensors(1), layout)
    folder = prepared(into, "some/llama").folder
    assert same(read_all(folder), llama_tensors(1))
    assert not (folder / "modeling_llama.py").exists()


def test_progress_is_told_in_bytes_up_to_the_end(hub: FakeHub, into: Path, tiny: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ready = prepared(into, progress=lambda *said: told.append(said))
    assert {(title, total) for title, _, total in told} == {("downloading", ready.size)}
    done = [done for _, done, _ in told]
    assert done == sorted(done)
    assert done[-1] == ready.size
    assert len(done) > ready.size // 1024


# ---- lines that break ----------------------------------------------------------------------------


def test_a_line_that_is_cut_is_taken_up_where_it_broke(hub: FakeHub, into: Path, tiny: Path) -> None:
    hub.cuts[WEIGHTS] = [5000, 3000]
    told: list[int] = []
    ready = prepared(into, progress=lambda _, done, __: told.append(done))
    assert same_files(ready.folder, tiny)
    asked = [seen.range for seen in hub.seen if seen.path.endswith(WEIGHTS)]
    assert asked[0] is None
    assert len(asked) == 3
    assert all(again is not None and again.startswith("bytes=") for again in asked[1:])
    assert max(told) == told[-1] == ready.size


def test_a_line_that_is_reset_is_taken_up_as_long_as_bytes_come(
    hub: FakeHub, into: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """huggingface_hub takes up a stream that ends early, and not one that is reset."""
    really, tries = huggingface_hub.file_download.http_get, [0]

    def reset(url: str, out: Any, **options: Any) -> None:
        if not url.endswith(WEIGHTS):
            really(url, out, **options)
            return
        tries[0] += 1
        if tries[0] <= 2:
            out.write((tiny / WEIGHTS).read_bytes()[(tries[0] - 1) * 100 : tries[0] * 100])
            raise httpx2.ReadError("connection reset by peer")
        if tries[0] == 3:
            raise httpx2.ReadError("connection reset by peer, before a byte")
        really(url, out, **options)

    monkeypatch.setattr("huggingface_hub.file_download.http_get", reset)
    refused(ModelWeightsError, into, MODEL, "reset by peer", "what has come stays")
    assert same_files(prepared(into).folder, tiny)
    assert [seen.range for seen in hub.seen if seen.path.endswith(WEIGHTS)] == ["bytes=200-"]


class Died(BaseException):
    """Stands for whatever ends a process."""


def dies_after(size: int) -> Any:
    def report(_: str, done: int, __: int) -> None:
        if done > size:
            raise Died

    return report


def test_a_download_that_died_goes_on_where_it_ended(hub: FakeHub, into: Path, tiny: Path) -> None:
    size = sum(path.stat().st_size for path in tiny.iterdir())
    with pytest.raises(Died):
        prepare(MODEL, None, into, progress=dies_after(size - 4000))
    assert not (into / "current").exists()
    (part,) = (into / ".work").rglob("*.part")
    there = part.stat().st_size
    assert there > 1024
    hub.seen.clear()
    hub.sent = 0
    told: list[int] = []
    ready = prepared(into, progress=lambda _, done, __: told.append(done))
    assert [seen.range for seen in hub.seen if "/resolve/" in seen.path] == [f"bytes={there}-"]
    assert hub.sent == (tiny / WEIGHTS).stat().st_size - there
    assert same_files(ready.folder, tiny)
    assert told[-1] == ready.size


def test_a_server_that_knows_no_parts_sends_the_whole_file_again(
    hub: FakeHub, into: Path, tiny: Path
) -> None:
    size = sum(path.stat().st_size for path in tiny.iterdir())
    with pytest.raises(Died):
        prepare(MODEL, None, into, progress=dies_after(size - 4000))
    hub.ranges = False
    told: list[int] = []
    ready = prepared(into, progress=lambda _, done, __: told.append(done))
    assert same_files(ready.folder, tiny)
    assert told[-1] == ready.size


def test_more_bytes_than_the_file_has_are_thrown_away(hub: FakeHub, into: Path, tiny: Path) -> None:
    part = into / ".work" / f"callsmith--tiny@{COMMIT[:12]}" / f"{WEIGHTS}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes((tiny / WEIGHTS).stat().st_size + 1))
    assert same_files(prepared(into).folder, tiny)


def test_a_file_that_was_altered_on_its_way_is_refused_and_fetched_anew(
    hub: FakeHub, into: Path, tiny: Path
) -> None:
    for name in ("config.json", WEIGHTS):
        hub.altered = {name}
        with pytest.raises(ModelWeightsError, match="altered") as error:
            prepare(MODEL, None, into)
        assert repr(name) in str(error.value)
        assert not (into / "current").exists()
    hub.altered = set()
    assert same_files(prepared(into).folder, tiny)


def test_what_a_killed_run_was_writing_is_not_published(
    hub: FakeHub, into: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.weights.prepare.move", raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        prepare(MODEL, None, into)
    (work,) = (into / ".work").iterdir()
    (work / f".{MANIFEST}.x1y2").write_text("half a manif")
    monkeypatch.undo()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    assert same_files(prepared(into).folder, tiny)


def test_what_another_model_left_half_done_makes_room(hub: FakeHub, into: Path, tmp_path: Path) -> None:
    with pytest.raises(Died):
        prepare(MODEL, None, into, progress=dies_after(4000))
    assert (into / ".work").exists()
    hub.models["some/llama"] = write_model(tmp_path / "llama", llama_tensors(1))
    with pytest.raises(Died):
        prepare("some/llama", None, into, progress=dies_after(0))
    assert [path.name for path in (into / ".work").iterdir()] == [f"some--llama@{COMMIT[:12]}"]


# ---- doors that are closed -----------------------------------------------------------------------


def refused(kind: type[Exception], into: Path, model: str, *said: str, **options: Any) -> None:
    with pytest.raises(kind) as error:
        prepare(model, options.pop("base", None), into, **options)
    assert type(error.value) is kind
    for part in said:
        assert part in str(error.value)
    assert TOKEN not in str(error.value)
    assert not (into / "current").exists()


ACCESS = ("access", f"https://huggingface.co/{MODEL}", "--token-file", "settings/tokens")


def test_a_gated_model_says_how_to_get_in_before_its_weights_come(hub: FakeHub, into: Path) -> None:
    hub.gated[MODEL] = TOKEN
    refused(ModelAccessDenied, into, MODEL, "gated", *ACCESS)
    refused(ModelAccessDenied, into, MODEL, "account of the token", *ACCESS, token="hf_another")
    assert WEIGHTS not in hub.files_asked_for()
    assert prepared(into, token=TOKEN).made


def test_a_private_model_says_how_to_get_in(hub: FakeHub, into: Path) -> None:
    hub.private[MODEL] = TOKEN
    refused(ModelAccessDenied, into, MODEL, "private", *ACCESS)
    refused(ModelWeightsError, into, MODEL, "private", "--token-file", token="hf_another")
    assert prepared(into, token=TOKEN).made


def test_no_token_is_sent_where_none_was_given_and_none_to_strangers(
    hub: FakeHub, into: Path, tiny: Path
) -> None:
    """Files of the real hub lie on other hosts; the token is the hub's alone."""
    with serving(FakeHub(models=hub.models)) as store:
        hub.elsewhere = store.url
        prepared(into, token=TOKEN)
        assert {seen.authorization for seen in hub.seen} == {f"Bearer {TOKEN}"}
        assert {seen.authorization for seen in store.seen} == {None}
        assert WEIGHTS in store.files_asked_for()
    hub.seen.clear()
    hub.elsewhere = None
    prepared(into.with_name("other"))
    assert {seen.authorization for seen in hub.seen} == {None}


def test_the_hubs_own_token_is_used_where_none_is_given(
    hub: FakeHub, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: TOKEN)
    hub.gated[MODEL] = TOKEN
    assert prepared(into).made


def test_a_token_is_in_no_log_and_no_error(
    hub: FakeHub, into: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.cuts[WEIGHTS] = [5000]
    prepared(into, token=TOKEN)
    hub.failing = 500
    refused(ModelWeightsError, into.with_name("other"), MODEL, "500", token=TOKEN)
    echo = f"the server says {TOKEN}"
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", raising(OSError(echo)))
    refused(ModelWeightsError, into.with_name("other"), MODEL, "the server says …", token=TOKEN)
    assert TOKEN not in caplog.text


def raising(error: BaseException) -> Any:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    return fails


@pytest.mark.parametrize("name", ["no/such", "owner/name with blanks", "a/b/c"])
def test_a_model_that_does_not_exist_is_named(hub: FakeHub, into: Path, name: str) -> None:
    kind = ModelWeightsError if name == "no/such" else InvalidRequest
    refused(kind, into, name, repr(name), token=TOKEN)


def test_a_revision_that_does_not_exist_is_named(hub: FakeHub, into: Path) -> None:
    refused(ModelWeightsError, into, MODEL, repr(MODEL), "'v9'", "--revision", revision="v9")


def test_a_hub_that_can_not_be_reached_is_named(
    hub: FakeHub, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FakeHub()) as gone:
        pass
    monkeypatch.setenv("HF_ENDPOINT", gone.url)
    refused(ModelWeightsError, into, MODEL, gone.url, "HF_ENDPOINT")


def test_offline_is_offline(hub: FakeHub, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: True)
    refused(ModelWeightsError, into, MODEL, "HF_HUB_OFFLINE")
    assert hub.seen == []


def test_what_is_no_hub_is_named(hub: FakeHub, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", raising(ValueError("no JSON")))
    refused(ModelWeightsError, into, MODEL, hub.url, "HF_ENDPOINT")


def test_a_hub_that_tells_no_sizes_is_refused(
    hub: FakeHub, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.finetune.weights.hub_server._sibling", lambda _, name: {"rfilename": name})
    refused(ModelWeightsError, into, MODEL, "how big", "HF_ENDPOINT")


@pytest.mark.parametrize("missing", ["model.safetensors", "config.json", "tokenizer.json"])
def test_what_no_engine_could_serve_is_refused_before_it_is_downloaded(
    hub: FakeHub, into: Path, tmp_path: Path, tiny: Path, missing: str
) -> None:
    hub.models[MODEL] = shutil.copytree(tiny, tmp_path / "incomplete")
    (tmp_path / "incomplete" / missing).unlink()
    refused(ModelWeightsError, into, MODEL, missing)
    refused(ModelWeightsError, into, str(tmp_path / "incomplete"), missing)
    assert hub.files_asked_for() == []


# ---- room ----------------------------------------------------------------------------------------


def test_a_disk_that_is_too_small_is_seen_before_the_first_byte(hub: FakeHub, into: Path, tiny: Path) -> None:
    size = sum(path.stat().st_size for path in tiny.iterdir())
    said = (f"{size:,} bytes", f"{size - 1:,} bytes", str(into), "--into")
    refused(NotEnoughSpace, into, MODEL, *said, free=lambda _: size - 1)
    assert hub.files_asked_for() == []
    assert prepared(into, free=lambda _: size).made


def test_what_has_come_already_needs_no_room(hub: FakeHub, into: Path, tiny: Path) -> None:
    size = sum(path.stat().st_size for path in tiny.iterdir())
    with pytest.raises(Died):
        prepare(MODEL, None, into, progress=dies_after(size - 4000))
    there = sum(path.stat().st_size for path in (into / ".work").rglob("*") if path.is_file())
    refused(NotEnoughSpace, into, MODEL, f"{size - there:,} bytes", free=lambda _: size - there - 1)
    assert prepared(into, free=lambda _: size - there).made


def test_a_folder_that_can_not_be_written_is_named(hub: FakeHub, into: Path) -> None:
    into.write_text("a file")
    with pytest.raises(StorageError, match="--into"):
        prepare(MODEL, None, into)


def test_a_disk_that_fills_up_on_the_way_is_said_to_be_full(
    hub: FakeHub, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(28, "No space left on device")
    monkeypatch.setattr("huggingface_hub.file_download.http_get", raising(full))
    refused(StorageError, into, MODEL, "No space left", "--into")


def test_two_at_once_do_not_write_over_each_other(hub: FakeHub, into: Path) -> None:
    into.mkdir()
    with (into / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        refused(AlreadyPublishing, into, MODEL, str(into), "wait")
    assert prepared(into).made


def test_a_folder_named_current_is_not_replaced(hub: FakeHub, into: Path) -> None:
    (into / "current").mkdir(parents=True)
    with pytest.raises(StorageError, match="in the way"):
        prepare(MODEL, None, into)


# ---- deltas --------------------------------------------------------------------------------------

DELTA, BASE = "gorilla-llm/gorilla-7b-hf-delta-v0", "some/llama-7b"
TUNED = sums(llama_tensors(1), llama_tensors(2, vocabulary=7))


@pytest.fixture
def with_delta(hub: FakeHub, tmp_path: Path) -> FakeHub:
    """Gorilla's delta as it is published, two shards of pickles, and a base of safetensors."""
    hub.models[BASE] = write_model(tmp_path / "base", llama_tensors(1))
    hub.models[DELTA] = write_model(tmp_path / "delta", llama_tensors(2, vocabulary=7), "sharded bin")
    return hub


def test_a_delta_is_downloaded_with_its_base_and_applied(with_delta: FakeHub, into: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ready = prepared(into, DELTA, BASE, progress=lambda *said: told.append(said))
    assert same(read_all(into / "current"), TUNED)
    assert (into / "current/tokenizer.model").read_bytes() == b"tokenizer of delta"
    manifest = json.loads((ready.folder / MANIFEST).read_bytes())
    assert (manifest["base"], manifest["base_version"]) == (BASE, COMMIT)
    files = {path.name: sha256_of(path) for path in ready.folder.iterdir() if path.name != MANIFEST}
    assert {name: file["sha256"] for name, file in manifest["files"].items()} == files
    assert {path.name for path in into.iterdir()} == {".lock", "current", ready.folder.name}
    assert {title for title, *_ in told} == {"downloading", "applying the delta"}
    assert {oct(path.stat().st_mode & 0o777) for path in ready.folder.iterdir()} == {"0o644"}


def test_a_merged_model_is_recognised_at_once(with_delta: FakeHub, into: Path) -> None:
    prepared(into, DELTA, BASE)
    with_delta.seen.clear()
    assert not prepared(into, DELTA, BASE).made
    assert with_delta.seen == []


def test_room_is_needed_for_the_merged_copy_too(with_delta: FakeHub, into: Path) -> None:
    served = [with_delta.models[model] for model in (DELTA, BASE)]
    files = [path for folder in served for path in folder.iterdir() if path.suffix != ".py"]
    weights = [path for path in served[0].iterdir() if path.name.startswith("pytorch_model")]
    needed = sum(path.stat().st_size for path in (*files, *weights))
    refused(NotEnoughSpace, into, DELTA, f"{needed:,} bytes", base=BASE, free=lambda _: needed - 1)
    assert prepared(into, DELTA, BASE, free=lambda _: needed).made


def test_a_merge_that_died_downloads_nothing_again(with_delta: FakeHub, into: Path) -> None:
    def dies_merging(title: str, *_: int) -> None:
        if title == "applying the delta":
            raise Died

    with pytest.raises(Died):
        prepare(DELTA, BASE, into, progress=dies_merging)
    with_delta.seen.clear()
    prepared(into, DELTA, BASE)
    assert with_delta.files_asked_for() == []
    assert same(read_all(into / "current"), TUNED)


def test_a_gated_base_is_seen_before_gigabytes_of_delta_came(with_delta: FakeHub, into: Path) -> None:
    with_delta.gated[BASE] = TOKEN
    refused(ModelAccessDenied, into, DELTA, BASE, base=BASE)
    assert not any("pytorch_model-" in name for name in with_delta.files_asked_for())


def test_a_delta_without_its_base_is_refused(with_delta: FakeHub, into: Path) -> None:
    refused(InvalidRequest, into, DELTA, repr(DELTA), "--base")
    assert with_delta.seen == []


def test_a_delta_of_another_base_is_refused_and_current_stays(with_delta: FakeHub, into: Path) -> None:
    first = prepared(into)
    with pytest.raises(ModelWeightsError, match="another base"):
        prepare(DELTA, MODEL, into)
    assert (into / "current").resolve() == first.folder.resolve()


# ---- folders here --------------------------------------------------------------------------------


def test_a_folder_of_ones_own_is_served_where_it_is(into: Path, tiny: Path) -> None:
    before = sorted(tiny.iterdir())
    ready = prepared(into, str(tiny))
    assert ready.made
    assert ready.folder == tiny.resolve()
    assert same_files(into / "current", tiny)
    assert sorted(tiny.iterdir()) == before
    assert not prepared(into, str(tiny)).made


def test_a_delta_in_a_folder_is_merged_and_anew_when_it_changed(
    with_delta: FakeHub, into: Path, tmp_path: Path
) -> None:
    delta, base = str(tmp_path / "delta"), str(tmp_path / "base")
    assert prepared(into, delta, base).made
    assert same(read_all(into / "current"), TUNED)
    assert not prepared(into, delta, base).made
    shutil.rmtree(delta)
    write_model(tmp_path / "delta", llama_tensors(9))
    assert prepared(into, delta, base).made
    assert same(read_all(into / "current"), sums(llama_tensors(1), llama_tensors(9)))
    assert prepared(into, delta, BASE).made
    assert read_all(tmp_path / "base").keys() == llama_tensors(1).keys()


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/nothing"])
def test_a_folder_that_does_not_exist_is_named(into: Path, name: str) -> None:
    refused(InvalidRequest, into, name, repr(name), "no folder")


def test_a_folder_has_no_revision(into: Path, tiny: Path) -> None:
    refused(InvalidRequest, into, str(tiny), "'v1'", "--revision", revision="v1")


# ---- the command ---------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["model", "prepare", *arguments], prog_name="callsmith")
    assert TOKEN not in result.output
    return result


@pytest.mark.parametrize("options", [(), ("--model", ""), ("--model", " ", "--base", "", "--token-file", "")])
def test_without_a_model_answers_stay_grounded(into: Path, options: tuple[str, ...]) -> None:
    result = run("--into", str(into), *options)
    assert (result.exit_code, result.stdout) == (0, "no model: answers stay grounded\n")
    assert json.loads(run("--into", str(into), *options, "--json").stdout) == {"model": None}
    assert not into.exists()


def test_the_command_prepares_and_says_where_it_is(with_delta: FakeHub, into: Path, tmp_path: Path) -> None:
    with_delta.gated[BASE] = TOKEN
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    arguments = [
        *("--into", str(into), "--model", DELTA, "--base", BASE, "--token-file", str(tmp_path / "token"))
    ]
    made = run(*arguments)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith(f"made: {into / 'current'} leads to {into}/gorilla-llm--gorilla-7b-hf")
    lines = made.stderr.splitlines()
    assert lines[0].startswith("downloading: 0.0 of 0.0 MiB (")
    assert lines[-1] == "applying the delta: 0.0 of 0.0 MiB (100%)"
    again = run(*arguments, "--json")
    shown = json.loads(again.stdout)
    assert again.stderr == ""
    assert (shown["model"], shown["base"], shown["made"]) == (DELTA, BASE, False)
    assert Path(shown["current"]).resolve() == Path(shown["folder"])
    assert run(*arguments).stdout.startswith("already there: ")


def test_the_command_refuses_in_one_line(hub: FakeHub, into: Path, tmp_path: Path) -> None:
    hub.gated[MODEL] = TOKEN
    closed = run("--into", str(into), "--model", MODEL)
    assert closed.exit_code == 1
    assert "gated" in closed.stderr.splitlines()[-1]
    missing = run("--into", str(into), "--model", MODEL, "--token-file", str(tmp_path / "none"))
    assert missing.exit_code == 2
    assert str(tmp_path / "none") in missing.stderr


def test_bytes_are_told_in_lines_a_program_can_keep(capsys: pytest.CaptureFixture[str]) -> None:
    mib = 2**20
    with byte_progress() as report:
        for done in range(0, 10_241, 64):
            report("downloading", done * mib, 10_240 * mib)
        report("applying the delta", 2**29, 2**30)
    told = capsys.readouterr()
    lines = told.err.splitlines()
    assert told.out == ""
    assert len(lines) == 22
    assert lines[0] == "downloading: 0.0 of 10,240.0 MiB (0%)"
    assert lines[20] == "downloading: 10,240.0 of 10,240.0 MiB (100%)"
    assert lines[21] == "applying the delta: 512.0 of 1,024.0 MiB (50%)"


def test_bytes_are_told_in_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.setattr("service.cli.output.errors", lambda: terminal)
    with byte_progress() as report:
        report("downloading", 2**29, 10 * 2**30)
        report("downloading", 2**30, 10 * 2**30)
    assert "downloading" in screen.getvalue()
    assert "1.0/10.0 GiB" in screen.getvalue()


def test_a_token_file_holds_a_token_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "token"
    for text, token in ((f" {TOKEN}\n", TOKEN), ("", None), ("\n", None)):
        path.write_text(text)
        assert read_token(path) == token
    for data in (f"{TOKEN}\n{TOKEN}".encode(), b"\xff\xfe", f"token = {TOKEN}".encode(), "hf_é".encode()):
        path.write_bytes(data)
        with pytest.raises(ConfigurationError) as error:
            read_token(path)
        assert str(path) in str(error.value)
        assert TOKEN not in str(error.value)
    with pytest.raises(ConfigurationError, match="--token-file"):
        read_token(tmp_path)
