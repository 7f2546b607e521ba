from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.catalogue import Catalogue, entry_of
from finetune.dataset.splits import Draw, Split, bare, groups, split_apis, telling, words_of
from tests.retriever.conftest import make_doc
from tests.support import snapshot_catalogue

DRAW = Draw(7, 0.1, 0.2)


def doc(hub: str, name: str, call: str, **more: object):  # type: ignore[no-untyped-def]
    return make_doc(hub, name, "image-classification", "Says what is on photos.", call, **more)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("torch.hub.load('pytorch/vision:v0.10', 'resnet50', weights='DEFAULT')", ("resnet50",)),
        ("hub.load('https://tfhub.dev/google/yamnet/1')", ("google/yamnet",)),
        ("pipeline('text-classification', model='acme/net')", ("acme/net",)),
        ("timm.create_model('hf_hub:timm/vit', pretrained=True)", ("timm/vit",)),
        ("joblib.load(hf_hub_download('acme/trees', 'model.joblib'))", ("acme/trees",)),
        ("load_from_hub(repo_id='acme/ppo', filename='ppo.zip')", ("acme/ppo",)),
        ("spacy.load('en_core_web_sm')", ("en_core_web_sm",)),
        ("keras.layers.TFSMLayer(snapshot_download('acme/x'), call_endpoint='serve')", ("acme/x",)),
    ],
)
def test_what_tells_an_api_is_its_id_handle_or_entrypoint(call: str, names: tuple[str, ...]) -> None:
    assert telling(entry_of(doc("acme", "x", call))) == names


def test_a_bare_name_has_neither_site_nor_version() -> None:
    assert bare("https://tfhub.dev/google/imagenet/resnet/classification/5") == (
        "google/imagenet/resnet/classification"
    )
    assert bare("hf-hub:laion/clip") == "laion/clip"
    assert bare("acme/3") == "acme/3"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # loaded by either of two functions
        (
            doc("tfhub", "google/yamnet", "hub.load('https://tfhub.dev/google/yamnet/1')"),
            doc("tfhub", "google/yamnet#layer", "hub.KerasLayer('https://tfhub.dev/google/yamnet/1')"),
        ),
        # two versions
        (
            doc("tfhub", "google/yamnet", "hub.load('https://tfhub.dev/google/yamnet/1')"),
            doc("tfhub", "google/yamnet-2", "hub.load('https://tfhub.dev/google/yamnet/2')"),
        ),
        # moved to another owner
        (
            doc("huggingface", "bert-x", "AutoModel.from_pretrained('bert-x')"),
            doc("huggingface", "google-bert/bert-x", "AutoModel.from_pretrained('google-bert/bert-x')"),
        ),
        # one entrypoint of several variants
        (
            doc(
                "torchhub",
                "a/b:meal:one",
                "torch.hub.load('a/b', 'meal', 'one')",
                arguments=[{"name": "model_name", "type": "str", "required": True}],
            ),
            doc(
                "torchhub",
                "a/b:meal:two",
                "torch.hub.load('a/b', 'meal', 'two')",
                arguments=[{"name": "model_name", "type": "str", "required": True}],
            ),
        ),
        # one that says the other's name
        (
            doc("huggingface", "acme/base", "AutoModel.from_pretrained('acme/base')"),
            doc("torchhub", "a/b:load", "torch.hub.load('a/b', 'load', weights='acme/base')"),
        ),
    ],
)
def test_what_loads_the_same_or_bears_one_name_stays_together(one, other) -> None:  # type: ignore[no-untyped-def]
    stranger = doc("huggingface", "acme/other", "AutoModel.from_pretrained('acme/other')")
    assert groups(Catalogue([one, other, stranger])) == sorted([sorted([one.id, other.id]), [stranger.id]])


def test_the_split_of_an_api_follows_from_seed_and_shares_alone() -> None:
    catalogue = snapshot_catalogue()
    splits = split_apis(catalogue, DRAW)
    assert splits == split_apis(Catalogue(reversed(catalogue.docs)), DRAW)
    assert splits != split_apis(catalogue, Draw(8, 0.1, 0.2))
    shares = {split: count / len(splits) for split, count in Counter(splits.values()).items()}
    assert shares[Split.TEST] == pytest.approx(0.2, abs=0.04)
    assert shares[Split.VALIDATION] == pytest.approx(0.1, abs=0.03)
    assert splits.keys() == {one.id for one in catalogue.docs}


def test_no_group_of_the_snapshot_is_so_large_that_it_would_tip_a_split() -> None:
    sizes = sorted(map(len, groups(snapshot_catalogue())), reverse=True)
    assert sizes[0] < 60, sizes[:10]
    assert sum(sizes) == len(snapshot_catalogue())


def test_no_two_apis_of_the_snapshot_in_different_groups_are_told_by_one_name() -> None:
    catalogue = snapshot_catalogue()
    group_of = {doc_id: number for number, group in enumerate(groups(catalogue)) for doc_id in group}
    told: dict[str, set[int]] = {}
    for entry in catalogue.entries:
        for name in telling(entry):
            told.setdefault(name, set()).add(group_of[entry.doc.id])
    assert {name: found for name, found in told.items() if len(found) > 1} == {}


@given(st.text())
def test_case_blanks_and_punctuation_make_no_other_instruction(text: str) -> None:
    assert words_of(f"  {text}!! ") == words_of(text)
    assert DRAW.split_of_instruction(f"“{text}”") is DRAW.split_of_instruction(text)


def test_without_shares_everything_is_to_train_with() -> None:
    draw = Draw(0, 0.0, 0.0)
    assert {draw.split(str(number)) for number in range(100)} == {Split.TRAIN}
