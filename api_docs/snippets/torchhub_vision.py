"""What the entrypoints of torch.hub repositories for images and video return, and how that is used.

Keyed by the repository's name in lower case, present and former names alike. A recipe gives None where
the use by domain is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from api_docs.snippets.inputs import IMAGE, clip
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code
from api_docs.snippets.torchhub_tensors import (
    BATCH,
    FRAMES,
    IMPORT_TORCH,
    image_batch,
    picture_tensor,
    repository_of,
)


def _midas(subject: Subject) -> Use:
    name = subject.text("model")
    transform = _MIDAS_TRANSFORMS.get(name, "dpt_transform")
    return Use(
        code(
            IMAGE,
            f"transforms = torch.hub.load({repository_of(subject)}, 'transforms')",
            f"batch = transforms.{transform}(np.array(image))",
            "model.eval()",
            "with torch.no_grad():",
            "    depth = model(batch)[0]  # the larger, the nearer",
            "print(depth.shape, depth.min().item(), depth.max().item())",
            imports=("import numpy as np", *IMPORT_TORCH),
        ),
        requirements=("timm", "opencv-python"),
    )


_MIDAS_TRANSFORMS = {
    "MiDaS": "default_transform",
    "MiDaS_small": "small_transform",
    "DPT_BEiT_L_512": "beit512_transform",
    "DPT_SwinV2_L_384": "swin384_transform",
    "DPT_SwinV2_B_384": "swin384_transform",
    "DPT_Swin_L_384": "swin384_transform",
    "DPT_SwinV2_T_256": "swin256_transform",
    "DPT_LeViT_224": "levit_transform",
}


def _yolov5(subject: Subject) -> Use:
    if subject.given("autoshape") == "False":
        return Use(
            code(
                picture_tensor(640, 640),
                "model.eval()",
                "with torch.no_grad():",
                "    found = model(picture.unsqueeze(0))",
                "print(found[0].shape)",
            )
        )
    return Use(
        code(
            IMAGE,
            "found = model([image])",
            "print(found.pandas().xyxy[0])  # boxes in pixels, confidence and class of every object",
        ),
        requirements=("ultralytics", "pandas", "opencv-python"),
    )


def _road_scene(height: int, width: int, target: str) -> Recipe:
    """Panoptic driving networks: a tuple of detections and segmentations of one size of picture."""
    return always(
        Use(
            code(
                picture_tensor(height, width),
                "model.eval()",
                "with torch.no_grad():",
                f"    {target} = model(picture.unsqueeze(0))",
                "print(drivable.shape)",
            )
        )
    )


_brain = always(
    Use(
        code(
            picture_tensor(256, 256),
            "batch = ((picture - picture.mean()) / (picture.std() + 1e-6)).unsqueeze(0)",
            "model.eval()",
            "with torch.no_grad():",
            "    mask = model(batch)[0, 0] > 0.5  # pixels of the abnormality",
            "print(mask.shape, mask.sum().item())",
        )
    )
)


_ntsnet = always(
    Use(
        code(
            image_batch(448),
            "model.eval()",
            "with torch.no_grad():",
            f"    _, _, _, logits, *_ = model({BATCH})",
            "print('kind of bird:', model.bird_classes[logits.argmax().item()])",
        )
    )
)


def _once_for_all(subject: Subject) -> Use | None:
    if subject.text("model").startswith("ofa_supernet"):
        return None
    return Use(
        code(
            image_batch(224),
            "model.eval()",
            "with torch.no_grad():",
            f"    probabilities = model({BATCH})[0].softmax(dim=0)",
            "print('class', probabilities.argmax().item(), 'best at', image_size, 'pixels')",
        ),
        target="model, image_size",
    )


def _pytorchvideo(subject: Subject) -> Use | None:
    name = subject.text("model")
    if name == "mvit_base_16":
        return None
    frames, size = _VIDEO_SHAPES.get(name, (8, 224))
    batch: Code = code(clip(frames, size), FRAMES)
    arguments = "frames"
    if name.startswith("slowfast"):
        # the slow pathway sees every fourth frame
        batch = code(batch, "pathways = [frames[:, :, ::4], frames]")
        arguments = "pathways"
    if name.endswith("_detection"):
        batch = code(
            batch,
            "# one person: index in the batch, then left, top, right and bottom in pixels",
            "boxes = torch.tensor([[0.0, 20.0, 20.0, 200.0, 200.0]])",
        )
        arguments += ", boxes"
    return Use(
        code(
            batch,
            "model.eval()",
            "with torch.no_grad():",
            f"    scores = model({arguments})",
            "print('class', scores.argmax().item())",
        )
    )


_VIDEO_SHAPES = {
    "csn_r101": (32, 224),
    "efficient_x3d_s": (13, 160),
    "efficient_x3d_xs": (4, 160),
    "mvit_base_16x4": (16, 224),
    "mvit_base_32x3": (32, 224),
    "r2plus1d_r50": (16, 224),
    "slow_r50_detection": (4, 224),
    "slowfast_16x8_r101_50_50": (64, 224),
    "slowfast_r101": (32, 224),
    "slowfast_r50": (32, 224),
    "slowfast_r50_detection": (32, 224),
    "x3d_l": (16, 312),
    "x3d_m": (16, 256),
    "x3d_s": (13, 182),
    "x3d_xs": (4, 182),
}
"""Frames in a clip and pixels a side."""


_gan_zoo = always(
    Use(
        code(
            "noise, _ = model.buildNoiseData(4)",
            "with torch.no_grad():",
            "    images = model.test(noise)",
            "print(images.shape)",
            imports=IMPORT_TORCH,
        )
    )
)


def _vision(subject: Subject) -> Use | None:
    """torchvision: optical flow takes two frames; everything else is used as its domain says."""
    if not subject.text("model").startswith("raft"):
        return None
    return Use(
        code(
            picture_tensor(256, 256),
            "frames = (picture * 2 - 1).unsqueeze(0)",
            "model.eval()",
            "with torch.no_grad():",
            "    flow = model(frames, frames.roll(4, dims=-1))[-1]  # the last refinement is the best",
            "print(flow.shape)  # batch, (x, y), height, width",
        )
    )


REPOSITORIES: Mapping[str, Callable[[Subject], Use | None]] = {
    "datvuthanh/hybridnets": _road_scene(640, 384, "_, boxes, classes, anchors, drivable"),
    "facebookresearch/pytorch_gan_zoo": _gan_zoo,
    "facebookresearch/pytorchvideo": _pytorchvideo,
    "hustvl/yolop": _road_scene(640, 640, "objects, drivable, lanes"),
    "intel-isl/midas": _midas,
    "isl-org/midas": _midas,
    "mateuszbuda/brain-segmentation-pytorch": _brain,
    "mit-han-lab/once-for-all": _once_for_all,
    "nicolalandro/ntsnet-cub200": _ntsnet,
    "pytorch/vision": _vision,
    "ultralytics/yolov5": _yolov5,
}
