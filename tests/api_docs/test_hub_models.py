"""Entrypoints by code: names that only classes know, and what a definition is apart from its name."""

from __future__ import annotations

import pytest

from api_docs.sources.hub_models import read_hub_models, walks_classes
from api_docs.sources.hubconf_bodies import bodies

CLASSES = """
class Base:
    @classmethod
    def hub_models(cls):
        return {}

@register_model("transformer")
class Transformer(Base):
    @classmethod
    def hub_models(cls):
        def with_words(path):
            return {"path": path, "tokenizer": "moses"}

        return {
            "transformer.wmt14.en-fr": with_words("https://example.org/1"),
            'transformer.wmt16.en-de': "https://example.org/2",
            **cls.more(),
        }
"""


def test_names_that_only_classes_know_are_read() -> None:
    names, broken = read_hub_models({"a/transformer.py": CLASSES, "b.py": "hub_models = {'no': 1}"})
    assert names == ["transformer.wmt14.en-fr", "transformer.wmt16.en-de"]
    assert not broken


def test_a_module_that_is_no_python_is_set_aside() -> None:
    names, broken = read_hub_models({"a.py": CLASSES, "b.py": "def hub_models(:"})
    assert len(names) == 2
    assert [bad.record for bad in broken] == ["b.py"]


@pytest.mark.parametrize(
    ("hubconf", "expected"),
    [
        ("for _cls in REGISTRY.values():\n    for name in _cls.hub_models().keys(): ...", True),
        ("def hub_models(): ...", False),
    ],
)
def test_a_hubconf_that_walks_classes_is_known(hubconf: str, expected: bool) -> None:
    assert walks_classes(hubconf) is expected


def test_a_definition_is_known_under_another_name() -> None:
    old = bodies(
        'def small(pretrained=True):\n    """Loads small."""\n    return _load("small-1", pretrained)\n'
    )
    new = bodies("def tiny(pretrained=True):\n    return _load('small-1', pretrained)\n")
    assert old["small"] == new["tiny"]
    assert len(old["small"]) == 16


@pytest.mark.parametrize(
    "other",
    [
        "def small(pretrained=False):\n    return _load('small-1', pretrained)\n",
        "def small(pretrained=True):\n    return _load('small-2', pretrained)\n",
        "small = partial(_load, 'small-1')\n",
    ],
)
def test_other_definitions_are_others(other: str) -> None:
    one = "def small(pretrained=True):\n    return _load('small-1', pretrained)\n"
    assert bodies(one)["small"] != bodies(other)["small"]


def test_definitions_that_say_the_same_tell_nothing() -> None:
    hubconf = "def a():\n    return net()\ndef b():\n    return net()\ndef c():\n    return net(2)\n"
    assert list(bodies(hubconf)) == ["c"]


def test_a_hubconf_that_is_no_python_tells_nothing() -> None:
    assert bodies("def a(:") == {}
