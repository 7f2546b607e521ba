from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

import finetune.dataset.making as module
from api_docs.catalogue import Catalogue, Entry
from api_docs.domains import Domain
from api_docs.errors import ConfigurationError, TrainingDataError
from api_docs.storage import write_catalogue
from finetune.dataset.conversations import Kind
from finetune.dataset.leaks import check_leaks, names_in
from finetune.dataset.making import data_settings, fewer, make_dataset
from finetune.dataset.settings import DataSettings, Mixture
from finetune.dataset.splits import Split, telling
from finetune.instructions.bank import BANK as BANK_FOLDER
from finetune.instructions.instruction import Instruction, Source
from finetune.training.config import CONFIGS
from finetune.training.rows import open_dataset
from retriever.prompt import PromptStyle
from service.cli import app
from tests.finetune.dataset.cases import some_docs
from tests.finetune.dataset.test_conversations import BANK, by_shared_words

SETTINGS = DataSettings(
    samples=120,
    validation_samples=30,
    test_samples=30,
    validation=0.1,
    test=0.2,
    echo=0.1,
    topic=0.1,
    brief=0.1,
    seed=5,
)


def made(folder: Path, settings: DataSettings = SETTINGS, **more: Any) -> dict[str, Any]:
    return make_dataset(folder, settings, some_docs(), BANK, **({"rank": by_shared_words} | more))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dataset") / "rows"
    made(path)
    return path


def rows(folder: Path, split: Split) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / f"{split.value}.jsonl").read_bytes().splitlines()]


def apis(folder: Path) -> dict[str, Split]:
    return {
        doc_id: Split(split) for doc_id, split in orjson.loads((folder / "apis.json").read_bytes()).items()
    }


def entry_of_split(folder: Path, split: Split) -> Entry:
    found = apis(folder)
    return next(
        entry for entry in some_docs().entries if found[entry.doc.id] is split and "/" in telling(entry)[0]
    )


def test_the_folder_is_one_that_training_opens(folder: Path) -> None:
    opened = open_dataset(folder)
    assert {path.name for path in folder.iterdir()} == {
        "train.jsonl",
        "validation.jsonl",
        "test.jsonl",
        "apis.json",
        "manifest.json",
    }
    for split in Split:
        assert [(row.prompt, row.completion, row.kind, row.call) for row in opened.rows(split.value)] == [
            (row["prompt"], row["completion"], row["kind"], row["call"]) for row in rows(folder, split)
        ]


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others(folder: Path, tmp_path: Path) -> None:
    made(tmp_path / "again")
    made(tmp_path / "other", SETTINGS.model_copy(update={"seed": 6}))
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
        assert (tmp_path / "other" / path.name).read_bytes() != path.read_bytes()


def test_rows_behind_a_first_number_are_the_ones_that_more_rows_would_have_had(tmp_path: Path) -> None:
    plain = {"echo": 0.0, "topic": 0.0, "brief": 0.0}  # what comes first goes by the place, not by the number
    made(tmp_path / "all", SETTINGS.model_copy(update={**plain, "samples": 60}))
    made(tmp_path / "rest", SETTINGS.model_copy(update={**plain, "samples": 20, "first": 40}))
    every, rest = (rows(tmp_path / name, Split.TRAIN) for name in ("all", "rest"))
    assert rest
    assert rest == every[-len(rest) :]
    assert rows(tmp_path / "all", Split.TEST) == rows(tmp_path / "rest", Split.TEST)


def test_the_manifest_counts_what_the_files_hold(folder: Path) -> None:
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    assert DataSettings.model_validate(manifest["settings"]) == SETTINGS
    assert manifest["seed"] == 5
    assert manifest["catalogue"]["version"] == some_docs().version
    for name, told in manifest["files"].items():
        assert told["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    for split in Split:
        found, told = rows(folder, split), manifest["rows"][split.value]
        assert told["rows"] == len(found)
        for name in ("kind", "layout", "domain", "source"):
            counts: dict[str, int] = {}
            for row in found:
                counts[row[name]] = counts.get(row[name], 0) + 1
            assert told[f"by_{name}"] == counts
        assert told["stated"] == sum(bool(row["stated"]) for row in found)
        assert told["most_characters"]["prompt"] == max(len(row["prompt"]) for row in found)
    assert sum(manifest["apis"].values()) == len(some_docs())
    assert manifest["leak_check"]["rows"] == sum(len(rows(folder, split)) for split in Split)
    assert manifest["instructions"]["bank"]["rows"] == len(BANK)


def test_every_row_calls_an_api_of_its_split_and_every_kind_occurs(folder: Path) -> None:
    splits = apis(folder)
    for split in Split:
        assert {splits[row["doc_id"]] for row in rows(folder, split) if row["doc_id"]} == {split}
    assert {row["kind"] for row in rows(folder, Split.TRAIN)} == {kind.value for kind in Kind} - {"none"}


def test_what_the_model_is_tried_on_is_nowhere_in_what_it_is_taught_with(folder: Path) -> None:
    splits = apis(folder)
    text = "\n".join(row["prompt"] + row["completion"] for row in rows(folder, Split.TRAIN))
    for entry in some_docs().entries:
        if splits[entry.doc.id] is not Split.TRAIN:
            assert entry.call.render() not in text
            for name in telling(entry):
                assert f"'{name}'" not in text
                assert f"/{name}'" not in text
    taught, tried = (
        {row["instruction"] for row in rows(folder, split)} for split in (Split.TRAIN, Split.TEST)
    )
    assert taught.isdisjoint(tried)


# --- the leak check, against leaks that are planted ---------------------------------------------------------


def planted(folder: Path, into: Path, split: Split, **fields: str) -> Path:
    """A copy of the dataset with one row more."""
    into.mkdir()
    for path in folder.iterdir():
        (into / path.name).write_bytes(path.read_bytes())
    row = rows(folder, split)[0] | fields
    with (into / f"{split.value}.jsonl").open("ab") as file:
        file.write(orjson.dumps(row) + b"\n")
    return into


def leaks(folder: Path) -> str:
    with pytest.raises(TrainingDataError) as caught:
        check_leaks(folder, some_docs(), apis(folder))
    return str(caught.value)


def test_a_dataset_without_leaks_passes(folder: Path) -> None:
    checked = check_leaks(folder, some_docs(), apis(folder))
    assert checked["rows"] > 150
    assert checked["names"] > 300


@pytest.mark.parametrize("split", [Split.TEST, Split.VALIDATION])
@pytest.mark.parametrize("field", ["prompt", "completion"])
def test_the_name_of_an_api_that_is_kept_apart_is_found_in_a_text(
    folder: Path, tmp_path: Path, split: Split, field: str
) -> None:
    entry = entry_of_split(folder, split)
    row = rows(folder, Split.TRAIN)[0]
    said = leaks(
        planted(folder, tmp_path / "x", Split.TRAIN, **{field: f"{row[field]} {entry.call.render()}"})
    )
    assert f"train.jsonl, line {len(rows(folder, Split.TRAIN)) + 1}" in said
    assert repr(telling(entry)[0]) in said
    assert split.value in said


def test_another_version_of_a_model_that_is_kept_apart_is_a_leak_too(folder: Path, tmp_path: Path) -> None:
    splits = apis(folder)
    entry = next(
        one for one in some_docs().entries if one.doc.hub == "tfhub" and splits[one.doc.id] is Split.TEST
    )
    handle = f"'https://tfhub.dev/{telling(entry)[0]}/99'"
    assert "train.jsonl" in leaks(planted(folder, tmp_path / "x", Split.TRAIN, prompt=f"hub.load({handle})"))


def test_a_target_of_another_split_is_a_leak(folder: Path, tmp_path: Path) -> None:
    foreign = entry_of_split(folder, Split.TRAIN).doc.id
    assert repr(foreign) in leaks(planted(folder, tmp_path / "x", Split.TEST, doc_id=foreign))
    assert "'no/such'" in leaks(planted(folder, tmp_path / "y", Split.TRAIN, doc_id="no/such"))


def test_an_instruction_of_two_splits_is_a_leak_however_it_is_written(folder: Path, tmp_path: Path) -> None:
    asked = rows(folder, Split.TRAIN)[3]["instruction"]
    said = leaks(planted(folder, tmp_path / "x", Split.TEST, instruction=f"  {asked.upper()} !"))
    assert "instruction" in said
    assert "train" in said


def test_what_is_taught_may_be_shown_when_the_model_is_tried(folder: Path, tmp_path: Path) -> None:
    call = entry_of_split(folder, Split.TRAIN).call.render()
    shown = planted(folder, tmp_path / "x", Split.TEST, prompt=call)
    assert check_leaks(shown, some_docs(), apis(folder))


def test_a_leak_is_an_error_and_nothing_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_shown", lambda _split, alive, _splits: alive)
    with pytest.raises(
        TrainingDataError, match=r"the dataset leaks: train.jsonl, line \d+.*Nothing was published"
    ):
        made(tmp_path / "rows")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("torch.hub.load('pytorch/vision', 'resnet50')", {"pytorch/vision", "resnet50"}),
        ("hub.load('https://tfhub.dev/google/yamnet/1')", {"google/yamnet"}),
        ('"name": "resnet50", "model": 1', {"resnet50"}),
        ("it's resnet50, isn't it", set()),
        ("built on openai/whisper-tiny.", {"openai/whisper-tiny"}),
        ("'hf_hub:timm/vit.a1'", {"timm/vit.a1"}),
    ],
)
def test_what_could_be_a_name_is_in_quotes_or_has_an_owner(text: str, names: set[str]) -> None:
    assert set(names_in(text)) == names


# --- settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"style": "chat"}, "style is 'chat'"),
        ({"test": 0.6, "validation": 0.4}, "leave no APIs to train with"),
        ({"mixture": {"right": -1}}, "data.mixture.right is -1"),
        ({"mixture": dict.fromkeys(Mixture.model_fields, 0)}, "every weight of the mixture is 0"),
        ({"mixtures": {}}, "data.mixtures is {}"),
        ({"retriever": False}, "retriever is false"),
        ({"samples": "many"}, "data.samples is 'many'"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused_with_the_value(stated: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match="mend the config") as caught:
        data_settings(stated)
    assert said in str(caught.value)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_config_that_ships_says_something_about_data_that_is_understood(path: Path) -> None:
    stated = tomllib.loads(path.read_text())["data"]
    assert data_settings(stated).style in (PromptStyle.GORILLA, PromptStyle.COMPACT)


def test_fewer_rows_to_train_with_are_at_most_as_many_to_test() -> None:
    settings = fewer(DataSettings(test_samples=10), 50)
    assert (settings.samples, settings.validation_samples, settings.test_samples) == (50, 50, 10)
    assert fewer(settings, None) is settings


def test_a_retriever_that_the_settings_want_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="none was given"):
        made(tmp_path / "x", rank=None)


def test_a_split_without_apis_is_an_error_that_names_the_fix(tmp_path: Path) -> None:
    few = Catalogue(some_docs().docs[:1])
    with pytest.raises(TrainingDataError, match="choose a greater data"):
        make_dataset(tmp_path / "x", SETTINGS, few, BANK, rank=by_shared_words)


def test_rows_that_can_not_be_made_are_an_error_that_says_why(tmp_path: Path) -> None:
    docs = [doc for doc in some_docs().docs if doc.domain is Domain.TRANSLATION]
    settings = SETTINGS.model_copy(
        update={
            "mixture": Mixture(right=0, retrieved=0, distractors=1, same_domain=0, wrong=0),
            "validation_samples": 0,
            "test_samples": 0,
            "echo": 0.0,
            "topic": 0.0,
        }
    )
    with pytest.raises(TrainingDataError, match="no docs for layout distractors"):
        make_dataset(tmp_path / "x", settings, Catalogue(docs), BANK, rank=by_shared_words)


def test_hubs_and_languages_can_be_left_out(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"hubs": ("huggingface",), "languages": ("zh",)})
    made(tmp_path / "x", settings)
    found = [row for split in Split for row in rows(tmp_path / "x", split)]
    assert {row["hub"] for row in found} == {"huggingface", ""}
    assert {row["instruction"] for row in found if row["source"] == "bank"} <= {BANK[3].text}


def test_a_teachers_instruction_goes_with_its_doc_and_words_are_taken_once(
    folder: Path, tmp_path: Path
) -> None:
    tried = entry_of_split(folder, Split.TEST)
    taught = entry_of_split(folder, Split.TRAIN)
    written = [
        Instruction("The very same words.", one.doc.domain, doc_id=one.doc.id, source=Source.TEACHER)
        for one in (tried, taught)
    ]
    make_dataset(tmp_path / "x", SETTINGS, some_docs(), written, rank=by_shared_words)
    found = {
        row["doc_id"]
        for split in Split
        for row in rows(tmp_path / "x", split)
        if row["source"] == "teacher" and row["doc_id"]
    }
    assert found == {tried.doc.id}


def test_rows_in_gorillas_style_have_its_prompt_and_its_four_lines(tmp_path: Path) -> None:
    settings = fewer(SETTINGS.model_copy(update={"style": PromptStyle.GORILLA}), 40)
    made(tmp_path / "x", settings)
    for row in rows(tmp_path / "x", Split.TRAIN):
        assert row["prompt"].startswith("###USER: ")
        assert row["prompt"].endswith("###ASSISTANT: ")
        assert row["completion"].startswith("<<<domain>>>: ")


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_makes_a_folder_from_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_catalogue(some_docs(), tmp_path / "catalogue")
    monkeypatch.setenv("CALLSMITH_CATALOGUE", str(tmp_path / "catalogue"))
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    config = tmp_path / "mine.toml"
    toy = (CONFIGS / "toy-cpu.toml").read_text().partition("[data]")[0]
    config.write_text(f"{toy}[data]\nretriever = false\nmixture = {{right = 1, retrieved = 0}}\n")
    out = tmp_path / "rows"
    ran = CliRunner().invoke(
        app, ["finetune", "dataset", "--config", str(config), "--out", str(out), "--samples", "25"]
    )
    assert ran.exit_code == 0, ran.output
    assert "train: 25 rows of" in ran.stdout
    assert len(rows(out, Split.TRAIN)) == 25
    again = CliRunner().invoke(
        app,
        ["finetune", "dataset", "--config", str(config), "--out", str(out), "--samples", "9", "--json"],
    )
    assert orjson.loads(again.stdout)["rows"]["train"]["rows"] == 9


def test_the_command_refuses_what_is_held_out(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        app,
        [
            *("finetune", "dataset", "--config", "toy-cpu", "--out", str(tmp_path / "rows")),
            *("--instructions", str(BANK_FOLDER / "heldout.jsonl")),
        ],
    )
    assert ran.exit_code == 2
    assert "held out for measuring" in ran.stderr
    assert not (tmp_path / "rows").exists()
