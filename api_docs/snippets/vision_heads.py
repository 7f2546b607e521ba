"""How transformers' classes for images and video are used."""

from __future__ import annotations

import re

from api_docs.snippets.inputs import IMAGE
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code
from api_docs.snippets.text_heads import run

_PROCESSOR = ("import torch", "from transformers import AutoImageProcessor")
_HEIGHT_WIDTH = "image.size[::-1]"


def processed(subject: Subject, options: str = "", image: Code = IMAGE, name: str = "image") -> Code:
    """An image and the tensors that the model's own processor makes of it, in the model's precision."""
    return code(
        image,
        f"processor = AutoImageProcessor.from_pretrained({subject.companion})",
        f"inputs = processor({name}, {options}return_tensors='pt').to(model.device, model.dtype)",
        imports=_PROCESSOR,
    )


def classify(subject: Subject) -> Use:
    """A picture's class."""
    return Use(
        code(
            processed(subject),
            run("scores", "model(**inputs).logits[0].softmax(dim=-1)"),
            "print(model.config.id2label[scores.argmax().item()], scores.max().item())",
        )
    )


def detect(subject: Subject) -> Use:
    """Boxes around objects."""
    return Use(
        code(
            processed(subject),
            run("outputs"),
            "found = processor.post_process_object_detection(",
            f"    outputs, threshold=0.5, target_sizes=[{_HEIGHT_WIDTH}]",
            ")[0]",
            "names = [model.config.id2label[label.item()] for label in found['labels']]",
            "print(list(zip(names, found['boxes'].tolist(), found['scores'].tolist())))",
        )
    )


def segment(subject: Subject) -> Use:
    """A class for every pixel."""
    return Use(
        code(
            processed(subject),
            run("outputs"),
            "mask = processor.post_process_semantic_segmentation(",
            f"    outputs, target_sizes=[{_HEIGHT_WIDTH}]",
            ")[0]",
            "print(mask.shape, [model.config.id2label[label] for label in mask.unique().tolist()])",
        )
    )


def segment_things(subject: Subject) -> Use:
    """Every object and every surface as a segment of its own."""
    return Use(
        code(
            processed(subject),
            run("outputs"),
            "found = processor.post_process_panoptic_segmentation(",
            f"    outputs, target_sizes=[{_HEIGHT_WIDTH}]",
            ")[0]",
            "print(found['segmentation'].shape, found['segments_info'])",
        )
    )


def segment_by_task(subject: Subject) -> Use:
    """OneFormer is told which kind of segmentation to do."""
    return Use(
        code(
            IMAGE,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "inputs = processor(",
            "    images=image, task_inputs=['semantic'], return_tensors='pt'",
            ").to(model.device, model.dtype)",
            run("outputs"),
            "mask = processor.post_process_semantic_segmentation(",
            f"    outputs, target_sizes=[{_HEIGHT_WIDTH}]",
            ")[0]",
            "print(mask.shape, [model.config.id2label[label] for label in mask.unique().tolist()])",
            imports=("from transformers import AutoProcessor",),
        )
    )


def segment_by_text(subject: Subject) -> Use:
    """CLIPSeg marks what words describe."""
    return Use(
        code(
            IMAGE,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "words = ['a wall', 'a dog']",
            "inputs = processor(",
            "    text=words, images=[image] * len(words), padding=True, return_tensors='pt'",
            ").to(model.device)",
            run("masks", "model(**inputs).logits.sigmoid()"),
            "print(masks.shape)  # one mask for each of the words",
            imports=("from transformers import AutoProcessor",),
        )
    )


def depth(subject: Subject) -> Use:
    """How far away every pixel is."""
    return Use(
        code(
            processed(subject),
            run("depth", "model(**inputs).predicted_depth[0]"),
            "print(depth.shape, depth.min().item(), depth.max().item())",
        )
    )


def restore(subject: Subject) -> Use:
    """A larger or cleaner picture."""
    return Use(
        code(
            processed(subject),
            run("picture", "model(**inputs).reconstruction"),
            "print(picture.shape)",
        )
    )


def generate_mask(subject: Subject) -> Use:
    """The mask of what lies at a point."""
    return Use(
        code(
            IMAGE,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "point = [[[320, 240]]]  # x and y of a pixel of what is wanted",
            "inputs = processor(image, input_points=point, return_tensors='pt').to(model.device)",
            run("outputs"),
            "print(outputs.pred_masks.shape, outputs.iou_scores)",
            imports=("from transformers import AutoProcessor",),
        )
    )


def keypoints(subject: Subject) -> Use:
    """Points that can be found again in other pictures."""
    return Use(
        code(
            processed(subject),
            run("outputs"),
            f"found = processor.post_process_keypoint_detection(outputs, [{_HEIGHT_WIDTH}])[0]",
            "print(found['keypoints'].shape)",
        )
    )


def match_keypoints(subject: Subject) -> Use:
    """Which points of two pictures are the same."""
    return Use(
        code(
            processed(subject, name="[image, image.rotate(5)]"),
            run("outputs"),
            f"sizes = [[{_HEIGHT_WIDTH}, {_HEIGHT_WIDTH}]]",
            "print(processor.post_process_keypoint_matching(outputs, sizes)[0])",
        )
    )


def pose(subject: Subject) -> Use:
    """The joints of a person in a box."""
    return Use(
        code(
            "boxes = [[[0, 0, 640, 480]]]  # left, top, width and height of every person",
            processed(subject, options="boxes=boxes, "),
            run("outputs"),
            "print(processor.post_process_pose_estimation(outputs, boxes=boxes)[0])",
        )
    )


def features(subject: Subject) -> Use:
    """Vectors that describe a picture."""
    return Use(
        code(
            processed(subject),
            run("states", "model(**inputs).last_hidden_state"),
            "print(states.shape)",
        )
    )


def feature_maps(subject: Subject) -> Use:
    """A backbone's maps."""
    return Use(
        code(
            processed(subject),
            run("maps", "model(**inputs).feature_maps"),
            "print([one.shape for one in maps])",
        )
    )


def named_outputs(subject: Subject) -> Use:
    """Whatever a model gives for a picture: named tensors."""
    return Use(
        code(
            processed(subject),
            run("outputs"),
            "print({name: value.shape for name, value in outputs.items() if hasattr(value, 'shape')})",
        )
    )


_CLIP = code(
    "frames = getattr(model.config, 'num_frames', 16)",
    "# noise in place of a clip: uint8 frames as (time, height, width, RGB)",
    "clip = np.random.default_rng(0).integers(0, 256, (frames, 224, 224, 3), dtype='uint8')",
    imports=("import numpy as np",),
)


def classify_video(subject: Subject) -> Use:
    """What happens in a clip."""
    return Use(
        code(
            processed(subject, image=_CLIP, name="list(clip)"),
            run("scores", "model(**inputs).logits[0].softmax(dim=-1)"),
            "print(model.config.id2label[scores.argmax().item()], scores.max().item())",
        )
    )


def pretrained_video(subject: Subject) -> Use:
    """A masked autoencoder for video wants to know which patches are hidden."""
    return Use(
        code(
            processed(subject, image=_CLIP, name="list(clip)"),
            "patches = (model.config.image_size // model.config.patch_size) ** 2",
            "length = (frames // model.config.tubelet_size) * patches",
            "hidden = torch.arange(length).remainder(2).bool()[None]  # every second patch",
            run("outputs", "model(**inputs, bool_masked_pos=hidden)"),
            "print(outputs.logits.shape)",
        )
    )


def match_video(subject: Subject) -> Use:
    """Which of some texts fits a clip."""
    return Use(
        code(
            "frames = model.config.vision_config.num_frames",
            *_CLIP.lines[1:],
            "labels = ['someone cooking', 'a football match']",
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "inputs = processor(",
            "    text=labels, videos=list(clip), padding=True, return_tensors='pt'",
            ").to(model.device, model.dtype)",
            run("scores", "model(**inputs).logits_per_video[0].softmax(dim=-1)"),
            "print(dict(zip(labels, scores.tolist())))",
            imports=("import numpy as np", "from transformers import AutoProcessor"),
        )
    )


def video_features(subject: Subject) -> Use:
    """Vectors that describe a clip."""
    return Use(
        code(
            processed(subject, image=_CLIP, name="list(clip)"),
            run("states", "model(**inputs).last_hidden_state"),
            "print(states.shape)",
        )
    )


def segment_any(subject: Subject) -> Use:
    """Classes that serve several kinds of segmentation: DETR's gives panoptic ones."""
    return (
        segment_things(subject)
        if re.search(r"Detr|AutoModelForImageSegmentation", subject.owner)
        else segment(subject)
    )


processor_only = always(
    Use(
        code(IMAGE, "inputs = processor(image, return_tensors='pt')", "print(inputs['pixel_values'].shape)"),
        target="processor",
    )
)
"""An image processor by itself."""


HEADS: tuple[tuple[str, Recipe], ...] = (
    (r"\w*ImageProcessor(Fast|Pil)?", processor_only),
    (r"\w*ForImageClassification\w*", classify),
    (r"\w*ForObjectDetection", detect),
    (r"OneFormer\w*", segment_by_task),
    (r"CLIPSeg\w*", segment_by_text),
    (r"\w*For(Semantic|Universal|Instance|Image)?Segmentation", segment_any),
    (r"\w*ForDepthEstimation", depth),
    (r"\w*(ForImageSuperResolution|ForImageToImage)", restore),
    (r"Sam\w*Model|EdgeTam\w*|\w*ForMaskGeneration", generate_mask),
    (r"\w*ForKeypointDetection", keypoints),
    (r"\w*ForKeypointMatching", match_keypoints),
    (r"\w*ForPoseEstimation", pose),
    (r"\w*ForVideoClassification", classify_video),
    (r"VideoMAEForPreTraining", pretrained_video),
    (r"(VideoMAE|Timesformer|Vivit|VJEPA2)Model", video_features),
    (r"\w*Backbone", feature_maps),
    (r"(ViTMAE|Hiera)ForPreTraining|\w*ForMaskedImageModeling", named_outputs),
    (
        r"(ViT|DeiT|Beit|Swin|Swinv2|ConvNext|ConvNextV2|ResNet|RegNet|Dinov2|DINOv3\w*|Hiera|PvtV2|ViTMSN)Model",
        features,
    ),
)
"""Pattern of a class name → its use with images."""
