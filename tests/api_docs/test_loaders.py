"""The table of loaders against the libraries that are installed, and how arguments find their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch.hub
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer, SparseEncoder

from api_docs.call import parse_call
from api_docs.loaders import GENERIC, LOADERS, bind, loader_of
from api_docs.models import Argument

INSTALLED: dict[str, Callable[..., Any]] = {
    "torch.hub.load": torch.hub.load,
    "pipeline": transformers.pipeline,
    "AutoModel.from_pretrained": transformers.PreTrainedModel.from_pretrained,
    "SentenceTransformer": SentenceTransformer,
    "SparseEncoder": SparseEncoder,
    "CrossEncoder": CrossEncoder,
}


@pytest.mark.parametrize("callee", INSTALLED)
def test_a_row_agrees_with_the_installed_signature(callee: str) -> None:
    """Names, order and kind of every parameter; forwarded ones are checked where the library names them."""
    loader = loader_of(callee)
    signature = inspect.signature(INSTALLED[callee]).parameters
    positional = [
        name
        for name, p in signature.items()
        if p.kind is p.POSITIONAL_OR_KEYWORD and name not in ("self", "cls")
    ]
    assert list(loader.positions) == positional[: len(loader.positions)]
    takes_more = any(p.kind is p.VAR_KEYWORD for p in signature.values())
    assert takes_more or set(loader.parameters) <= set(signature)


@pytest.mark.parametrize("callee", INSTALLED)
def test_the_defaults_of_a_row_are_the_installed_ones(callee: str) -> None:
    signature = inspect.signature(INSTALLED[callee]).parameters
    for name, parameter in loader_of(callee).parameters.items():
        if name not in signature:
            continue
        installed = signature[name].default
        assert parameter.default == (None if installed is inspect.Parameter.empty else repr(installed)) or (
            # these classes take no model at all to be built from parts, which no API of a hub does
            name == "model_name_or_path" and installed is None
        )


@pytest.mark.parametrize(
    ("callee", "name"),
    [
        ("torch.hub.load", "torch.hub.load"),
        ("hub.KerasLayer", "hub.KerasLayer"),
        ("AutoModelForCausalLM.from_pretrained", "from_pretrained"),
        ("models.bert.BertModel.from_pretrained", "from_pretrained"),
        ("StableDiffusionPipeline.from_pretrained", "diffusers.from_pretrained"),
        ("Pipeline.from_pretrained", "pyannote.from_pretrained"),
        ("nemo_asr.models.EncDecCTCModel.from_pretrained", "nemo.from_pretrained"),
        ("from_pretrained_keras", "from_pretrained_keras"),
        ("EncoderClassifier.from_hparams", "from_hparams"),
        ("TextClassifier.load", "SequenceTagger.load"),
        ("yolov5.load", "ultralytics"),
        ("YOLOv8", "ultralytics"),
        ("load", "call"),
        ("xtorch.hub.load", "call"),
        ("torch.hub.load.x", "call"),
        ("", "call"),
    ],
)
def test_a_callee_finds_its_row(callee: str, name: str) -> None:
    assert loader_of(callee).name == name


def test_every_row_names_its_identity_among_its_parameters_and_closes_them_with_the_default_first() -> None:
    for loader in LOADERS:
        assert loader.identity
        assert set(loader.identity) <= set(loader.parameters)
        assert len(loader.parameters) == len(loader.positional) + len(loader.keyword)
        for parameter in loader.parameters.values():
            assert not parameter.closed or parameter.closed[0] == parameter.default


def test_positional_and_keyword_arguments_get_the_same_names() -> None:
    documented = (Argument(name="**more"), Argument(name="size"), Argument(name="classes"))
    loader = loader_of("torch.hub.load")
    one = bind(parse_call("torch.hub.load('r', 'm', 'small', 10)"), loader, documented)
    other = bind(
        parse_call("torch.hub.load(model='m', classes=10, size='small', repo_or_dir='r')"), loader, documented
    )
    assert (
        one.values
        == other.values
        == {"repo_or_dir": "'r'", "model": "'m'", "size": "'small'", "classes": "10"}
    )
    assert one.surplus == other.surplus == ()


def test_only_torch_hub_hands_positional_arguments_on_to_the_model() -> None:
    documented = (Argument(name="size"),)
    for loader in LOADERS:
        names = ", ".join(repr(name) for name in (*loader.positions, "more"))
        bound = bind(parse_call(f"f({names})"), loader, documented)
        assert bound.surplus == (() if loader.name == "torch.hub.load" else ("'more'",))


def test_an_argument_that_is_given_twice_is_told() -> None:
    loader = loader_of("pipeline")
    assert bind(parse_call("pipeline('t', task='u')"), loader).repeated == ("task",)
    assert bind(parse_call("pipeline(model='a', model='b')"), loader).repeated == ("model",)


def test_without_a_signature_positional_arguments_go_by_their_place() -> None:
    bound = bind(parse_call("Net('a', 'b', size=1)"), GENERIC, (Argument(name="size"),))
    assert bound.values == {"#1": "'a'", "#2": "'b'", "size": "1"}
    assert bound.repeated == ()


def test_the_value_of_a_parameter_is_found_by_place_or_name() -> None:
    loader = loader_of("pipeline")
    assert loader.value_of(parse_call("pipeline('t', 'm')"), "model") == "'m'"
    assert loader.value_of(parse_call("pipeline('t', model='m')"), "model") == "'m'"
    assert loader.value_of(parse_call("pipeline('t')"), "model") is None
