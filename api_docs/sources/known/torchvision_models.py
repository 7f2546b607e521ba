"""What is known of torchvision's model families; their figures come from the registry."""

from __future__ import annotations

from api_docs.sources.known.images import MOBILE, OBJECTS, classifier
from api_docs.sources.known.model import Family

_SIZED = "backbone for detection and segmentation"
_ACCURATE = (*OBJECTS, "high accuracy", "fine-tuning on your own classes")
_CLASSIC = (*OBJECTS, "baseline and backbone for fine-tuning")


def _segmenter(pattern: str, architecture: str, *uses: str) -> Family:
    return Family(
        pattern,
        "semantic segmentation",
        architecture,
        ("COCO with VOC labels",),
        (
            "labelling every pixel of a photo as person, car, animal or background",
            "cutting out objects",
            *uses,
        ),
        num_classes=21,
    )


def _video(pattern: str, architecture: str) -> Family:
    return Family(
        pattern,
        "video classification",
        architecture,
        ("Kinetics-400",),
        ("recognising human actions and sports in video clips",),
        num_classes=400,
    )


def _flow(pattern: str, architecture: str, *uses: str) -> Family:
    return Family(
        pattern,
        "optical flow",
        architecture,
        uses=("estimating how every pixel moves between two frames of a video", "motion analysis", *uses),
    )


TORCHVISION_FAMILIES: tuple[Family, ...] = (
    classifier("alexnet", "AlexNet", uses=_CLASSIC),
    classifier(r"convnext_(\w+)", "ConvNeXt {0}", uses=_ACCURATE),
    classifier(r"densenet(\d+)", "DenseNet-{0}", uses=_CLASSIC),
    classifier(r"efficientnet_(b\d)", "EfficientNet-{0:u}", uses=_ACCURATE),
    classifier(r"efficientnet_v2_(\w)", "EfficientNetV2-{0:u}", uses=_ACCURATE),
    classifier("googlenet", "GoogLeNet, Inception v1", uses=_CLASSIC),
    classifier("inception_v3", "Inception v3", uses=_CLASSIC, input_size=299),
    classifier(r"maxvit_(\w)", "MaxViT-{0:u}", uses=_ACCURATE),
    classifier(r"mnasnet(\d)_(\d+)", "MNASNet {0}.{1}", uses=(*OBJECTS, *MOBILE)),
    classifier("mobilenet_v2", "MobileNet V2", uses=(*OBJECTS, *MOBILE)),
    classifier(r"mobilenet_v3_(\w+)", "MobileNet V3 {0}", uses=(*OBJECTS, *MOBILE)),
    classifier(r"regnet_x_(\d+)(mf|gf)", "RegNetX {0}{1:u}"),
    classifier(r"regnet_x_(\d)_(\d)gf", "RegNetX {0}.{1}GF"),
    classifier(r"regnet_y_(\d+)(mf|gf)", "RegNetY {0}{1:u}"),
    classifier(r"regnet_y_(\d)_(\d)gf", "RegNetY {0}.{1}GF"),
    classifier(r"resnet(\d+)", "ResNet-{0}", uses=(*_CLASSIC, _SIZED)),
    classifier(r"resnext(\d+)_(\w+)", "ResNeXt-{0} {1}", uses=(*_CLASSIC, _SIZED)),
    classifier(r"wide_resnet(\d+)_(\d)", "Wide ResNet-{0}-{1}", uses=_CLASSIC),
    classifier(r"shufflenet_v2_x(\d)_(\d)", "ShuffleNet V2 x{0}.{1}", uses=(*OBJECTS, *MOBILE)),
    classifier(r"squeezenet1_(\d)", "SqueezeNet 1.{0}", uses=(*OBJECTS, *MOBILE, "very few parameters")),
    classifier(r"swin_([tsb])", "Swin Transformer {0:u}", uses=_ACCURATE),
    classifier(r"swin_v2_([tsb])", "Swin Transformer V2 {0:u}", uses=_ACCURATE),
    classifier(r"vgg(\d+)", "VGG-{0}", uses=(*_CLASSIC, "features for style transfer")),
    classifier(r"vgg(\d+)_bn", "VGG-{0} with batch normalisation", uses=_CLASSIC),
    classifier(r"vit_([blh])_(\d+)", "Vision Transformer ViT-{0:u}/{1}", uses=_ACCURATE),
    _segmenter(r"deeplabv3_(resnet\d+)", "DeepLabV3 with a {0} backbone"),
    _segmenter("deeplabv3_mobilenet_v3_large", "DeepLabV3 with a MobileNet V3 backbone", *MOBILE),
    _segmenter(r"fcn_(resnet\d+)", "FCN with a {0} backbone"),
    _segmenter("lraspp_mobilenet_v3_large", "Lite R-ASPP with a MobileNet V3 backbone", *MOBILE),
    _video(r"mvit_v(\d)_(\w)", "MViT V{0}-{1:u}, a multiscale vision transformer"),
    _video("r3d_18", "R3D-18, a 3D ResNet"),
    _video("mc3_18", "MC3-18, a ResNet of mixed 3D and 2D convolutions"),
    _video("r2plus1d_18", "R(2+1)D-18"),
    _video("s3d", "S3D, separable 3D convolutions"),
    _video(r"swin3d_([tsb])", "Video Swin Transformer {0:u}"),
    _flow("raft_large", "RAFT large"),
    _flow("raft_small", "RAFT small", "fast, few parameters"),
)
"""Every builder that torch.hub offers belongs to one. Segmentation figures are on 21 classes."""
