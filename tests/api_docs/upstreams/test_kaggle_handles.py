"""Handles of tfhub.dev and what Kaggle calls them: which belong together, which are gone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api_docs.errors import SourceError
from api_docs.upstreams.kaggle_handles import Handles, Variation


@dataclass
class FakeKaggle:
    """Kaggle as a list of variations; `unlisted` ones are there all the same."""

    listed: list[Variation]
    unlisted: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    failing: bool = False

    def variations(self, owner: str) -> list[Variation]:
        self.asked.append(owner)
        if self.failing:
            raise SourceError("down")
        return [one for one in self.listed if one.name.startswith(f"{owner}/")]

    def has(self, name: str) -> bool:
        self.asked.append(name)
        return name in self.unlisted


def kaggle(*names: str) -> FakeKaggle:
    return FakeKaggle([Variation(name, 1) for name in names])


def remembered(path: Path) -> dict[str, str]:
    return {handle: known["variation"] for handle, known in json.loads(path.read_bytes()).items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kaggle.json"


@pytest.mark.parametrize(
    ("handle", "variation"),
    [
        ("google/yamnet", "google/yamnet/yamnet"),
        ("google/nnlm-en-dim50", "google/nnlm/en-dim50"),
        ("google/movenet/singlepose/lightning", "google/movenet/singlepose-lightning"),
        ("tensorflow/bert_en_uncased_L-12_H-768_A-12", "tensorflow/bert/bert-en-uncased-l-12-h-768-a-12"),
        ("google/imagenet/mobilenet_v2_100_224/classification", "google/mobilenet-v2/100-224-classification"),
        ("tensorflow/efficientdet/d0", "tensorflow/efficientdet/d0"),
    ],
)
def test_a_handle_is_found_by_its_words(path: Path, handle: str, variation: str) -> None:
    owner = handle.partition("/")[0]
    models = kaggle(variation, f"{owner}/other/thing", "nobody/yamnet/yamnet")
    Handles(path).update(models, [handle])
    assert remembered(path) == {handle: variation}


def test_a_text_that_names_the_handle_says_more_than_words(path: Path) -> None:
    text = "model = hub.load('https://tfhub.dev/google/elmo/3')"
    models = FakeKaggle([Variation("google/elmo/elmo", 1), Variation("google/embeddings/big", 1, text)])
    Handles(path).update(models, ["google/elmo", "google/elmo-2"])
    assert remembered(path) == {"google/elmo": "google/embeddings/big"}


def test_what_may_be_several_is_none(path: Path) -> None:
    models = kaggle("google/a/b-c", "google/b/c-a")
    Handles(path).update(models, ["google/a-b-c"])
    assert remembered(path) == {}


def test_every_publisher_is_asked_once(path: Path) -> None:
    models = kaggle("google/a/a", "google/b/b")
    notes = Handles(path).update(models, ["google/a", "google/b", "deepmind/c"])
    assert models.asked == ["deepmind", "google"]
    assert notes == ("of 3 handles Kaggle names 2 so that they are known again",)


def test_a_handle_that_was_never_found_is_not_dead(path: Path) -> None:
    handles = Handles(path)
    handles.update(kaggle(), ["google/a"])
    handles.update(kaggle(), ["google/a"])
    assert handles.dead() == set()


def test_a_handle_whose_variation_went_is_dead_until_it_is_back(path: Path) -> None:
    Handles(path).update(kaggle("google/a/a", "google/b/b"), ["google/a", "google/b"])
    for _ in range(2):
        handles = Handles(path)
        notes = handles.update(kaggle("google/b/b"), ["google/a", "google/b"])
        assert handles.dead() == Handles(path).dead() == {"google/a"}
        assert notes[-1] == "Kaggle has no longer google/a"
    handles.update(kaggle("google/a/a", "google/b/b"), ["google/a", "google/b"])
    assert handles.dead() == set()


def test_what_is_only_listed_no_more_is_not_dead(path: Path) -> None:
    Handles(path).update(kaggle("google/a/a"), ["google/a"])
    handles = Handles(path)
    models = FakeKaggle([], unlisted={"google/a/a"})
    handles.update(models, ["google/a"])
    assert handles.dead() == set()
    assert models.asked == ["google", "google/a/a"]


def test_a_variation_under_another_name_is_found_again(path: Path) -> None:
    Handles(path).update(kaggle("google/nnlm/en-dim50"), ["google/nnlm-en-dim50"])
    handles = Handles(path)
    handles.update(kaggle("google/nnlm-en/dim50"), ["google/nnlm-en-dim50"])
    assert handles.dead() == set()
    assert remembered(path) == {"google/nnlm-en-dim50": "google/nnlm-en/dim50"}


def test_a_newer_version_is_told_once(path: Path) -> None:
    Handles(path).update(kaggle("google/a/a"), ["google/a"])
    newer = FakeKaggle([Variation("google/a/a", 2)])
    assert "Kaggle has newer versions than before of google/a (2)" in Handles(path).update(
        newer, ["google/a"]
    )
    assert len(Handles(path).update(newer, ["google/a"])) == 1


def test_what_was_known_stays_while_kaggle_is_down(path: Path) -> None:
    Handles(path).update(kaggle("google/a/a"), ["google/a"])
    Handles(path).update(kaggle(), ["google/a"])
    before = path.read_bytes()
    with pytest.raises(SourceError):
        Handles(path).update(FakeKaggle([], failing=True), ["google/a"])
    assert path.read_bytes() == before
    assert Handles(path).dead() == {"google/a"}


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b'{"google/a": 1}', b'{"google/a": {"variation": "x", "version": "2"}}', b"\xff"]
)
def test_a_damaged_memory_is_made_anew(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    handles = Handles(path)
    assert handles.dead() == set()
    handles.update(kaggle("google/a/a"), ["google/a"])
    assert remembered(path) == {"google/a": "google/a/a"}
