"""A small torchvision: a classifier, a segmenter, and a quantized builder that torch.hub doesn't offer."""

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


def modules(accuracy: float = 69.758) -> Mapping[str, str]:
    """The modules below `torchvision/models`, by path."""
    return {
        "__init__.py": "from .resnet import *\n",
        "resnet.py": _MODULE.format(
            name="resnet18",
            enum="ResNet18_Weights",
            weights="IMAGENET1K_V1",
            dataset="ImageNet-1K",
            metric="acc@1",
            value=accuracy,
        ),
        "segmentation/fcn.py": _MODULE.format(
            name="fcn_resnet50",
            enum="FCN_ResNet50_Weights",
            weights="COCO_WITH_VOC_LABELS_V1",
            dataset="COCO-val2017-VOC-labels",
            metric="miou",
            value=60.5,
        ),
        "quantization/resnet.py": _MODULE.format(
            name="quantized_resnet18",
            enum="ResNet18_QuantizedWeights",
            weights="IMAGENET1K_V1",
            dataset="ImageNet-1K",
            metric="acc@1",
            value=69.4,
        ),
    }
