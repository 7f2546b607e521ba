"""torchvision's code as a registry: what is read by `ast` of builders and their weights."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

from api_docs.sources.torchvision import read_registry
from api_docs.sources.torchvision_code import read_code

COMMON = '''
    from functools import partial

    _SIZE = (32, 32)
    _COMMON_META = {"min_size": _SIZE, "categories": _IMAGENET_CATEGORIES}
    _SWAG_META = {**_COMMON_META, "recipe": "https://example.org/swag", "license": "https://example.org/l"}


    class Small_Weights(WeightsEnum):
        IMAGENET1K_V1 = Weights(
            url="https://example.org/small-1.pth",
            transforms=partial(ImageClassification, crop_size=224),
            meta={
                **_COMMON_META,
                "num_params": 100,
                "_metrics": {"ImageNet-1K": {"acc@1": 60.5, "acc@5": float("nan")}},
                "_ops": 0.5,
                "_file_size": 1.5,
                "_docs": """Words.""",
            },
        )
        IMAGENET1K_SWAG_V1 = Weights(
            url="https://example.org/small-2.pth",
            transforms=partial(ImageClassification, crop_size=384),
            meta={
                **_SWAG_META,
                "num_params": 200,
                "_metrics": {"ImageNet-1K": {"acc@1": 70.5}},
                "_ops": 1.5,
                "_file_size": 2.5,
            },
        )
        DEFAULT = IMAGENET1K_SWAG_V1


    def _small(weights, progress, **kwargs):
        raise RuntimeError("never run")
'''
BUILDER = '''
    @register_model()
    @handle_legacy_interface(weights=("pretrained", Small_Weights.IMAGENET1K_V1))
    def small(*, weights: Optional[Small_Weights] = None, progress: bool = True, **kwargs: Any) -> Net:
        """Constructs a small one.

        Args:
            weights: words
        """
        return _small(weights, progress, **kwargs)
'''


def read(*parts: str, file: str = "small.py") -> dict[str, Any]:
    records, broken = read_code({file: "".join(textwrap.dedent(part) for part in parts)})
    assert not broken
    (record,) = records
    return record


def test_a_builder_is_read_with_the_figures_of_its_weights() -> None:
    assert read(COMMON, BUILDER) == {
        "name": "small",
        "file": "small.py",
        "weights_annotation": ["Optional[Small_Weights]"],
        "doc": "Constructs a small one.\n\nArgs:\n    weights: words",
        "weights": {
            "IMAGENET1K_V1": {
                "url": "https://example.org/small-1.pth",
                "transforms": "EXPR:partial(ImageClassification, crop_size=224)",
                "meta": {
                    "min_size": [32, 32],
                    "num_params": 100,
                    "_metrics": {"ImageNet-1K": {"acc@1": 60.5, "acc@5": "EXPR:float('nan')"}},
                    "_ops": 0.5,
                    "_file_size": 1.5,
                    "_docs": "Words.",
                },
            },
            "IMAGENET1K_SWAG_V1": {
                "url": "https://example.org/small-2.pth",
                "transforms": "EXPR:partial(ImageClassification, crop_size=384)",
                "meta": {
                    "min_size": [32, 32],
                    "recipe": "https://example.org/swag",
                    "license": "https://example.org/l",
                    "num_params": 200,
                    "_metrics": {"ImageNet-1K": {"acc@1": 70.5}},
                    "_ops": 1.5,
                    "_file_size": 2.5,
                },
            },
            "DEFAULT": {"alias": "IMAGENET1K_SWAG_V1"},
        },
    }


@pytest.mark.parametrize(
    ("decorator", "name"),
    [
        ("@register_model()", "small"),
        ("@register_model('other_name')", "other_name"),
        ("@register_model(name='other_name')", "other_name"),
        ("@torchvision.models.register_model()", "small"),
    ],
)
def test_a_builder_is_called_as_it_is_registered(decorator: str, name: str) -> None:
    assert read(COMMON, BUILDER.replace("@register_model()", decorator))["name"] == name


@pytest.mark.parametrize(
    "annotation",
    ["Small_Weights | None", "Optional['Small_Weights']", "'Small_Weights'", "models.Small_Weights"],
)
def test_weights_are_found_however_they_are_annotated(annotation: str) -> None:
    record = read(COMMON, BUILDER.replace("Optional[Small_Weights]", annotation))
    assert list(record["weights"]) == ["IMAGENET1K_V1", "IMAGENET1K_SWAG_V1", "DEFAULT"]


def test_weights_that_depend_on_an_argument_are_not_told() -> None:
    two = COMMON + COMMON.replace("Small_Weights", "Quantized_Weights")
    builder = BUILDER.replace("Optional[Small_Weights]", "Optional[Union[Quantized_Weights, Small_Weights]]")
    assert read(two, builder)["weights"] is None


def test_weights_of_another_file_are_found_and_ones_own_come_first() -> None:
    common, builder = textwrap.dedent(COMMON), textwrap.dedent(BUILDER)
    records, _ = read_code({"a.py": builder, "b.py": common})
    assert records[0]["weights"]["DEFAULT"] == {"alias": "IMAGENET1K_SWAG_V1"}
    own = common.replace("small-1.pth", "own.pth")
    records, _ = read_code({"a.py": own + builder, "b.py": common})
    assert records[0]["weights"]["IMAGENET1K_V1"]["url"].endswith("own.pth")


def test_functions_that_are_no_builders_are_none() -> None:
    assert read_code({"small.py": textwrap.dedent(COMMON)}) == ([], [])


def test_a_name_that_stands_for_itself_is_given_as_it_is_written() -> None:
    circle = COMMON.replace("_SIZE = (32, 32)", "_SIZE = _SIZE")
    assert read(circle, BUILDER)["weights"]["IMAGENET1K_V1"]["meta"]["min_size"] == "EXPR:_SIZE"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("DEFAULT = IMAGENET1K_SWAG_V1", "DEFAULT = 7", "expected Weights"),
        ("meta={\n                **_COMMON_META", "info={\n                **_COMMON_META", "has no meta"),
        ("DEFAULT = ", "DEFAULT = (", "no Python"),
    ],
)
def test_what_can_not_be_read_is_set_aside_with_its_reason(old: str, new: str, reason: str) -> None:
    text = textwrap.dedent(COMMON.replace(old, new, 1)) + textwrap.dedent(BUILDER)
    whole = textwrap.dedent(COMMON + BUILDER.replace("def small", "def other"))
    records, broken = read_code(
        {"broken.py": text.replace("Small_Weights", "Broken_Weights"), "whole.py": whole}
    )
    assert [record["name"] for record in records] == ["other"]
    (bad,) = broken
    assert bad.record.startswith("broken.py")
    assert reason in bad.reason


def test_the_records_are_what_the_registry_reads() -> None:
    builders, broken, others = read_registry(json.dumps([read(COMMON, BUILDER)]))
    assert (broken, others) == ([], 0)
    (builder,) = builders
    assert (builder.name, builder.weights, builder.license) == (
        "small",
        "IMAGENET1K_SWAG_V1",
        "https://example.org/l",
    )
    assert builder.performance == {"ImageNet-1K": {"top-1 accuracy": 70.5}}
    assert builder.others == {"IMAGENET1K_V1": {"ImageNet-1K": {"top-1 accuracy": 60.5}}}
    assert builder.facts["parameters"] == 200
    assert builder.facts["input_size"] == 384
