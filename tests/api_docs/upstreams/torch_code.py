"""A small torchvision: one classifier, one segmenter, and a quantized builder that torch.hub doesn't offer."""

from __future__ import annotations

from collections.abc import Mapping

_MODULE = '''
class {enum}(WeightsEnum):
    {weights} = Weights(
        url="https://example.org/{name}.pth",
        transforms=partial(Task, crop_size=224),
        meta={{
            "min_size": (1, 1),
            "num_params": 11_689_512,
            "_metrics": {{"{dataset}": {{"{metric}": {value}}}}},
            "_ops": 1.814,
            "_file_size": 44.661,
        }},
    )
    DEFAULT = {weights}


@register_model()
def {name}(*, weights: Optional[{enum}] = None, progress: bool = True, **kwargs: Any):
    """{name} from `a paper <https://arxiv.org/abs/1512.03385>`__.

    Args:
        weights: words
    """
    raise RuntimeError("a builder is read, and never called")
'''


def module(name: str, enum: str, weights: str, dataset: str, metric: str, value: float) -> str:
    return _MODULE.format(name=name, enum=enum, weights=weights, dataset=dataset, metric=metric, value=value)


def modules(accuracy: float = 69.758) -> Mapping[str, str]:
    """The modules below `torchvision/models`, by path."""
    return {
        "__init__.py": "from .resnet import *\n",
        "resnet.py": module(
            "resnet18", "ResNet18_Weights", "IMAGENET1K_V1", "ImageNet-1K", "acc@1", accuracy
        ),
        "segmentation/fcn.py": module(
            "fcn_resnet50",
            "FCN_ResNet50_Weights",
            "COCO_WITH_VOC_LABELS_V1",
            "COCO-val2017-VOC-labels",
            "miou",
            60.5,
        ),
        "quantization/resnet.py": module(
            "quantized_resnet18", "ResNet18_QuantizedWeights", "IMAGENET1K_V1", "ImageNet-1K", "acc@1", 69.4
        ),
    }
