"""What is known of torch.hub repositories for images and video, torchvision aside."""

from __future__ import annotations

from collections.abc import Mapping

from api_docs.sources.known.images import MOBILE, OBJECTS, classifier
from api_docs.sources.known.model import Choice, Family, Repository
from api_docs.sources.known.nvidia import NVIDIA

_PYTORCHVIDEO_USES = ("recognising human actions and sports in video clips",)


def _video(pattern: str, architecture: str, year: int | None = None, *more: str) -> Family:
    return Family(
        pattern,
        "video classification",
        architecture,
        ("Kinetics-400",),
        (*_PYTORCHVIDEO_USES, *more),
        year=year,
        num_classes=400,
    )


_PYTORCHVIDEO = Repository(
    publisher="FAIR PyTorchVideo",
    license="apache-2.0",
    benchmark="Kinetics-400",
    signature="pretrained:bool=False progress:bool=True",
    requirements=("pytorchvideo",),
    families=(
        *(
            Family(
                f"{name}_r50_detection",
                "action detection in video",
                f"{architecture} R50 with a detection head",
                ("AVA",),
                ("saying what each person in a video does", "spatio-temporal action localisation"),
                num_classes=80,
            )
            for name, architecture in (("slow", "Slow"), ("slowfast", "SlowFast"))
        ),
        _video("c2d_r50", "C2D R50"),
        _video("i3d_r50", "I3D R50", 2017),
        _video("slow_r50", "Slow R50, a 3D ResNet", 2018),
        _video(r"slowfast_r(\d+)", "SlowFast R{0}", 2018),
        _video("slowfast_16x8_r101_50_50", "SlowFast 16x8 R101", 2018),
        _video("csn_r101", "CSN R101, channel-separated convolutions", 2019),
        _video("r2plus1d_r50", "R(2+1)D R50", 2017),
        _video(r"x3d_(\w+)", "X3D-{0:u}", 2020),
        _video(r"efficient_x3d_(\w+)", "Efficient X3D-{0:u}", 2020, "running on a phone's CPU"),
        _video(r"mvit_base_(16x4|32x3)", "MViT-B {0}, a multiscale vision transformer", 2021),
        classifier("mvit_base_16", "MViT-B-16, a multiscale vision transformer", year=2021),
    ),
)

_GAN_ZOO = Repository(
    publisher="Facebook AI",
    license="bsd-3-clause",
    ref="hub",
    refs={"StyleGAN": ""},  # younger than that branch
    choices=(Choice("PGAN", ("model_name",), (("celebAHQ-256",), ("celebAHQ-512",), ("DTD",), ("celeba",))),),
    families=(
        Family(
            r"celebAHQ-(\d+)",
            "face image generation",
            "Progressive GAN",
            ("CelebA-HQ",),
            ("making photos of people who don't exist", "{0} x {0} pixel portraits"),
            year=2017,
        ),
        Family(
            "celeba",
            "face image generation",
            "Progressive GAN",
            ("CelebA",),
            ("making photos of people who don't exist", "celebrity faces at low resolution"),
            year=2017,
        ),
        Family(
            "DTD",
            "texture image generation",
            "Progressive GAN",
            ("Describable Textures Dataset",),
            ("making surface textures and patterns",),
            year=2017,
        ),
        Family(
            "StyleGAN",
            "face image generation",
            "StyleGAN",
            ("Flickr-Faces-HQ",),
            ("making photos of people who don't exist", "1024 x 1024 pixel portraits"),
            year=2018,
        ),
        Family(
            "DCGAN",
            "fashion image generation",
            "DCGAN",
            ("FashionGen",),
            ("making 64 x 64 pixel pictures of clothes", "a simple GAN to learn from"),
            year=2015,
        ),
    ),
)

_MIDAS = Repository(
    publisher="Intel ISL",
    license="mit",
    former=("intel-isl/MiDaS",),
    requirements=("timm", "opencv-python"),
    families=tuple(
        Family(
            pattern,
            "monocular depth estimation",
            architecture,
            (),
            (
                "estimating how far away everything in a single photo is",
                "depth maps for robots, 3D effects and augmented reality",
                *more,
            ),
            year=year,
            input_size=size,
        )
        for pattern, architecture, year, size, more in (
            ("DPT_BEiT_L_512", "MiDaS 3.1, DPT with BEiT-L", 2023, 512, ("highest quality",)),
            ("DPT_BEiT_L_384", "MiDaS 3.1, DPT with BEiT-L", 2023, 384, ()),
            ("DPT_BEiT_B_384", "MiDaS 3.1, DPT with BEiT-B", 2023, 384, ()),
            ("DPT_SwinV2_L_384", "MiDaS 3.1, DPT with Swin V2-L", 2023, 384, ()),
            ("DPT_SwinV2_B_384", "MiDaS 3.1, DPT with Swin V2-B", 2023, 384, ()),
            ("DPT_SwinV2_T_256", "MiDaS 3.1, DPT with Swin V2-T", 2023, 256, ("small and fast",)),
            ("DPT_Swin_L_384", "MiDaS 3.1, DPT with Swin-L", 2023, 384, ()),
            ("DPT_Next_ViT_L_384", "MiDaS 3.1, DPT with Next-ViT-L", 2023, 384, ()),
            ("DPT_LeViT_224", "MiDaS 3.1, DPT with LeViT", 2023, 224, ("mobile devices", "real time")),
            ("DPT_Large", "MiDaS 3.0, DPT with ViT-L/16", 2021, 384, ("most accurate of version 3.0",)),
            ("DPT_Hybrid", "MiDaS 3.0, DPT hybrid of ResNet-50 and ViT-B", 2021, 384, ()),
            ("MiDaS", "MiDaS 2.1, ResNeXt-101", 2019, 384, ()),
            ("MiDaS_small", "MiDaS 2.1 small, EfficientNet-Lite3", 2019, 256, ("mobile devices", "fast")),
        )
    ),
)

_DRIVING = ("seeing cars, drivable road and lane lines in one pass", "self-driving cars", "traffic scenes")


def _driving(name: str, architecture: str, year: int) -> Family:
    return Family(
        name,
        "traffic perception: object detection, drivable area and lane lines",
        architecture,
        ("BDD100K",),
        _DRIVING,
        year=year,
    )


_HYBRIDNETS = Repository(
    publisher="Dat Vu Thanh",
    license="mit",
    benchmark="BDD100K",
    families=(_driving("hybridnets", "HybridNets, EfficientNet-B3 backbone", 2022),),
)

_YOLOP = Repository(
    publisher="Hust Visual Learning Team",
    license="mit",
    benchmark="BDD100K",
    rows={"yolopours": "yolop"},
    requirements=("opencv-python", "yacs", "prefetch-generator"),
    families=(_driving("yolop", "YOLOP", 2021),),
)

_YOLOV5 = Repository(
    publisher="Ultralytics",
    license="agpl-3.0",
    benchmark="COCO val2017",
    families=tuple(
        Family(
            pattern,
            "object detection",
            architecture,
            ("COCO 2017",),
            (
                "finding and counting people, cars and everyday objects in photos and video frames",
                "real-time detection",
                *more,
            ),
            year=2020,
            input_size=size,
            num_classes=80,
        )
        for pattern, architecture, size, more in (
            ("yolov5n", "YOLOv5 nano", 640, MOBILE),
            ("yolov5s", "YOLOv5 small", 640, ("edge devices",)),
            ("yolov5m", "YOLOv5 medium", 640, ()),
            ("yolov5l", "YOLOv5 large", 640, ()),
            ("yolov5x", "YOLOv5 extra large", 640, ("highest accuracy",)),
            ("yolov5n6", "YOLOv5 nano P6", 1280, ("small objects in large images",)),
            ("yolov5s6", "YOLOv5 small P6", 1280, ("small objects in large images",)),
            ("yolov5m6", "YOLOv5 medium P6", 1280, ("small objects in large images",)),
            ("yolov5l6", "YOLOv5 large P6", 1280, ("small objects in large images",)),
            ("yolov5x6", "YOLOv5 extra large P6", 1280, ("small objects in large images",)),
        )
    ),
)

_BRAIN_MRI = Repository(
    publisher="Mateusz Buda",
    license="mit",
    families=(
        Family(
            "unet",
            "brain tumour segmentation in MRI",
            "U-Net with batch normalisation",
            ("TCGA lower-grade glioma MRI",),
            ("outlining abnormal tissue in brain scans", "medical imaging", "radiology"),
            year=2019,
            input_size=256,
        ),
    ),
)

_NTSNET = Repository(
    publisher="Nicola Landro",
    families=(
        Family(
            "ntsnet",
            "fine-grained image classification of birds",
            "NTS-Net",
            ("CUB-200-2011",),
            ("telling 200 bird species apart in photos", "ornithology"),
            input_size=448,
            num_classes=200,
        ),
    ),
)

_MEAL = Repository(
    publisher="Carnegie Mellon University",
    choices=(
        Choice(
            "meal_v2",
            ("model_name",),
            (
                ("mealv1_resnest50",),
                ("mealv2_resnest50",),
                ("mealv2_resnest50_cutmix",),
                ("mealv2_resnest50_380x380",),
                ("mealv2_mobilenetv3_small_075",),
                ("mealv2_mobilenetv3_small_100",),
                ("mealv2_mobilenet_v3_large_100",),
                ("mealv2_efficientnet_b0",),
            ),
            positional=True,
        ),
    ),
    rows={
        "mealv1wresnet50224": "mealv1_resnest50",
        "mealv2wresnet50224": "mealv2_resnest50",
        "mealv2wresnet50380": "mealv2_resnest50_380x380",
        "mealv2cutmixwresnet50224": "mealv2_resnest50_cutmix",
        "mealv2wmobilenetv3small075224": "mealv2_mobilenetv3_small_075",
        "mealv2wmobilenetv3small10224": "mealv2_mobilenetv3_small_100",
        "mealv2wmobilenetv3large10224": "mealv2_mobilenet_v3_large_100",
        "mealv2wefficientnetb0224": "mealv2_efficientnet_b0",
    },
    families=(
        classifier("mealv1_resnest50", "ResNet-50 distilled with MEAL"),
        classifier("mealv2_resnest50", "ResNet-50 distilled with MEAL V2"),
        classifier("mealv2_resnest50_cutmix", "ResNet-50 distilled with MEAL V2 and CutMix"),
        classifier("mealv2_resnest50_380x380", "ResNet-50 distilled with MEAL V2", input_size=380),
        classifier(
            r"mealv2_mobilenet_?v3_(small|large)_(075|100)",
            "MobileNet V3 {0} distilled with MEAL V2",
            uses=(*OBJECTS, *MOBILE),
        ),
        classifier("mealv2_efficientnet_b0", "EfficientNet-B0 distilled with MEAL V2"),
    ),
)

_SEMI_SUPERVISED_ROWS = {
    f"{model.replace('_', '')}{supervision}": f"{model}_{suffix}"
    for model in (
        "resnet18",
        "resnet50",
        "resnext50_32x4d",
        "resnext101_32x4d",
        "resnext101_32x8d",
        "resnext101_32x16d",
    )
    for supervision, suffix in (("semisupervised", "ssl"), ("semiweaklysupervised", "swsl"))
}

_SEMI_SUPERVISED = Repository(
    publisher="Facebook AI",
    license="cc-by-nc-4.0",
    rows=_SEMI_SUPERVISED_ROWS,
    families=(
        classifier(r"resnet(\d+)_ssl", "ResNet-{0}, semi-supervised", datasets=("YFCC100M", "ImageNet-1K")),
        classifier(
            r"resnext(\d+)_(\w+)_ssl",
            "ResNeXt-{0} {1}, semi-supervised",
            datasets=("YFCC100M", "ImageNet-1K"),
        ),
        classifier(
            r"resnet(\d+)_swsl",
            "ResNet-{0}, semi-weakly supervised",
            datasets=("940 million hashtagged images", "ImageNet-1K"),
        ),
        classifier(
            r"resnext(\d+)_(\w+)_swsl",
            "ResNeXt-{0} {1}, semi-weakly supervised",
            datasets=("940 million hashtagged images", "ImageNet-1K"),
        ),
    ),
)

_WSL = Repository(
    publisher="Facebook AI",
    license="cc-by-nc-4.0",
    rows={f"resnext10132x{width}d": f"resnext101_32x{width}d_wsl" for width in (8, 16, 32, 48)},
    families=(
        classifier(
            r"resnext101_32x(\d+)d_wsl",
            "ResNeXt-101 32x{0}d, weakly supervised",
            datasets=("940 million hashtagged images", "ImageNet-1K"),
        ),
    ),
)

_HARDNET = Repository(
    publisher="PingoLH",
    license="mit",
    families=(
        classifier(r"hardnet(\d+)", "HarDNet-{0}"),
        classifier(
            r"hardnet(\d+)ds", "HarDNet-{0}DS, depthwise separable convolutions", uses=(*OBJECTS, *MOBILE)
        ),
    ),
)

_IBN_USES = (*OBJECTS, "robust to changes of style and lighting", "backbone for person re-identification")

_IBN = Repository(
    publisher="Xingang Pan",
    license="mit",
    signature="pretrained:bool=False",
    families=(
        classifier(r"resnet(\d+)_ibn_([ab])", "ResNet-{0}-IBN-{1}", uses=_IBN_USES, year=2018),
        classifier("resnext101_ibn_a", "ResNeXt-101-IBN-a", uses=_IBN_USES, year=2018),
        classifier("se_resnet101_ibn_a", "SE-ResNet-101-IBN-a", uses=_IBN_USES, year=2018),
    ),
)

_HUAWEI = Repository(
    publisher="Huawei Noah's Ark Lab",
    former=("huawei-noah/ghostnet",),
    doubted={"snnmlp_b": "the page says 85.59, the name of the published checkpoint 83.59"},
    rows={
        "ghostnet10x": "ghostnet_1x",
        "snnmlptiny": "snnmlp_t",
        "snnmlpsmall": "snnmlp_s",
        "snnmlpbase": "snnmlp_b",
    },
    families=(
        classifier("ghostnet_1x", "GhostNet 1.0x", uses=(*OBJECTS, *MOBILE), year=2019),
        classifier("snnmlp_(t|s|b)", "SNN-MLP, multilayer perceptron with spiking neurons", year=2022),
    ),
)

_PROXYLESS = Repository(
    publisher="MIT Han Lab",
    signature="pretrained:bool=True",
    rows={
        f"proxylessnas{target}": f"proxyless_{name}"
        for target, name in (("cpu", "cpu"), ("gpu", "gpu"), ("mobile", "mobile"), ("mobile14", "mobile_14"))
    },
    families=(
        classifier(
            r"proxyless_(cpu|gpu|mobile)(?:_14)?",
            "ProxylessNAS for {0}",
            uses=(*OBJECTS, "fast inference on a {0}"),
            year=2018,
        ),
    ),
)

_ONCE_FOR_ALL = Repository(
    publisher="MIT Han Lab",
    license="mit",
    signature="pretrained:bool=True",
    requirements=("ofa",),
    families=(
        classifier(
            r"ofa_supernet_(\w+)",
            "Once-for-All supernet {0}",
            uses=(*OBJECTS, "cutting out a subnetwork that fits a device"),
            year=2019,
            input_size=None,
        ),
        classifier(
            r"resnet50D_MAC_(\d)_(\d)B",
            "ResNet-50D specialised by Once-for-All to {0}.{1} billion multiply-adds",
            uses=(*OBJECTS, "a fixed compute budget"),
            year=2019,
            input_size=None,
        ),
    ),
)

_RESNEST = Repository(
    publisher="Hang Zhang",
    license="apache-2.0",
    signature="pretrained:bool=False",
    columns={"PyTorch": "top-1 accuracy"},
    families=(
        classifier("resnest50", "ResNeSt-50", year=2020),
        classifier("resnest101", "ResNeSt-101", year=2020, input_size=256),
        classifier("resnest200", "ResNeSt-200", year=2020, input_size=320),
        classifier("resnest269", "ResNeSt-269", year=2020, input_size=416),
        classifier(r"resnest50_fast_(\w+)", "ResNeSt-50-fast {0}", year=2020),
    ),
)

_SIMPLENET = Repository(
    publisher="Seyyed Hossein Hasanpour",
    ref="v1.0.0",
    families=(
        classifier(
            r"simplenetv1_(5m|9m)_(m[12])",
            "SimpleNetV1 {0}, variant {1}",
            uses=(*OBJECTS, *MOBILE),
            year=2016,
        ),
        classifier(
            r"simplenetv1_small_(m[12])_0(\d+)",
            "SimpleNetV1 small, variant {0}, width 0.{1}",
            uses=(*OBJECTS, *MOBILE),
            year=2016,
        ),
    ),
)

VISION: Mapping[str, Repository] = {
    "NVIDIA/DeepLearningExamples": NVIDIA,
    "PingoLH/Pytorch-HarDNet": _HARDNET,
    "XingangPan/IBN-Net": _IBN,
    "coderx7/simplenet_pytorch": _SIMPLENET,
    "datvuthanh/HybridNets": _HYBRIDNETS,
    "facebookresearch/WSL-Images": _WSL,
    "facebookresearch/pytorch_GAN_zoo": _GAN_ZOO,
    "facebookresearch/pytorchvideo": _PYTORCHVIDEO,
    "facebookresearch/semi-supervised-ImageNet1K-models": _SEMI_SUPERVISED,
    "huawei-noah/Efficient-AI-Backbones": _HUAWEI,
    "hustvl/YOLOP": _YOLOP,
    "isl-org/MiDaS": _MIDAS,
    "mateuszbuda/brain-segmentation-pytorch": _BRAIN_MRI,
    "mit-han-lab/ProxylessNAS": _PROXYLESS,
    "mit-han-lab/once-for-all": _ONCE_FOR_ALL,
    "nicolalandro/ntsnet-cub200": _NTSNET,
    "szq0214/MEAL-V2": _MEAL,
    "ultralytics/yolov5": _YOLOV5,
    "zhanghang1989/ResNeSt": _RESNEST,
}
