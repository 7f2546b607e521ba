"""The tables behind descriptions: what upstream's short names mean, and that no row is shadowed."""

from __future__ import annotations

import pytest

from api_docs.domains import Domain
from api_docs.lexicon.architectures import EVERY, Architecture, architecture_of
from api_docs.lexicon.datasets import DATASETS, dataset_of
from api_docs.lexicon.languages import language_name, language_names, languages_of_name
from api_docs.lexicon.topics import topics_of


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("imagenet-1k", "ImageNet-1K"),
        ("ILSVRC-2012", "ImageNet-1K"),
        ("ImageNet-21k", "ImageNet-21K"),
        ("squad_v2", "SQuAD 2.0"),
        ("squad", "SQuAD"),
        ("mozilla-foundation/common_voice_8_0", "Common Voice"),
        ("keremberke/pothole-segmentation", "Potholes"),
        ("abhishek/autotrain-data-iris-train", "Iris"),
        ("cnn_dailymail", "CNN/DailyMail"),
    ],
)
def test_a_data_set_is_known_by_every_spelling(spelling: str, name: str) -> None:
    found = dataset_of(spelling)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("name", ["", "my-own-data", "train.csv", "coc", "a/b"])
def test_an_unknown_data_set_is_nothing_else(name: str) -> None:
    assert dataset_of(name) is None


def test_every_data_set_says_what_it_holds() -> None:
    assert all(dataset.holds and not dataset.holds.endswith(".") for dataset in DATASETS.values())


@pytest.mark.parametrize("family", EVERY, ids=lambda family: family.name)
def test_a_family_named_in_full_is_found_whatever_stands_before_it_in_the_table(family: Architecture) -> None:
    assert architecture_of(f"{family.name} base") is family


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("google/vit-base-patch16-224", "Vision Transformer"),
        ("MobileNet V2, depth multiplier 1.40", "MobileNetV2"),
        ("SSD300 with a ResNet-50 backbone", "SSD"),
        ("wide_resnet50_2", "Wide ResNet"),
        ("cspresnet50", "CSPNet"),
        ("distilbert-base-uncased", "DistilBERT"),
        ("facebook/wav2vec2-large-xlsr-53", "XLS-R"),
        ("lllyasviel/sd-controlnet-canny", "ControlNet"),
    ],
)
def test_a_family_is_told_from_names(text: str, name: str) -> None:
    found = architecture_of(text)
    assert found is not None
    assert found.name == name


def test_an_unknown_family_is_none() -> None:
    assert architecture_of("acme/thing-9000") is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("de", "German"),
        ("pt-BR", "Portuguese"),
        ("zh_cn", "Chinese"),
        ("False", "Norwegian"),
        ("Swahili", "Swahili"),
    ],
)
def test_codes_and_names_of_languages_become_names(code: str, name: str) -> None:
    assert language_name(code) == name


def test_what_is_no_language_is_left_out() -> None:
    assert language_names(["en", "xx1", "pytorch", "en", "fr"]) == ("English", "French")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("bert-base-german-cased", ("de",)),
        ("opus-mt-en-zh", ("en", "zh")),
        ("camembert-ner", ("fr",)),
        ("gemma-2-2b-it", ()),
        ("lang-id-voxlingua107", ()),
        ("resnet-50", ()),
        ("bert-base-multilingual-cased", ("multilingual",)),
    ],
)
def test_names_of_models_tell_languages(name: str, codes: tuple[str, ...]) -> None:
    assert languages_of_name(name) == codes


@pytest.mark.parametrize(
    ("domain", "name", "word"),
    [
        (Domain.OBJECT_DETECTION, "yolov8m-hard-hat-detection", "helmets"),
        (Domain.TOKEN_CLASSIFICATION, "bert-restore-punctuation", "punctuation"),
        (Domain.AUDIO_CLASSIFICATION, "wav2vec2-speech-emotion-recognition", "emotion"),
        (Domain.REINFORCEMENT_LEARNING, "ppo-LunarLander-v2", "spacecraft"),
        (Domain.TABULAR_REGRESSION, "california_housing", "house prices"),
        (Domain.IMAGE_TO_IMAGE, "sd-controlnet-depth", "depth map"),
    ],
)
def test_a_name_tells_what_a_model_is_for(domain: Domain, name: str, word: str) -> None:
    assert any(word in use for use in topics_of(domain, [name]))


def test_data_sets_are_asked_only_where_names_say_nothing() -> None:
    assert topics_of(Domain.TEXT_CLASSIFICATION, ["toxic-bert"], ["imdb"]) == (
        "spotting toxic, hateful or insulting comments",
    )
    assert topics_of(Domain.TEXT_CLASSIFICATION, ["net-7"], ["nothing", "imdb", "twitter"]) == (
        "telling positive from negative opinions in reviews and comments",
    )
