"""What several torch.hub recipes share: pictures and clips as tensors, the repository of a call."""

from __future__ import annotations

from api_docs.catalogue import repository
from api_docs.snippets.inputs import IMAGE
from api_docs.snippets.parts import Code, Subject, code

IMPORT_TORCH = ("import torch",)
BATCH = "preprocess(image).unsqueeze(0)"

FRAMES = code(
    "frames = torch.from_numpy(clip).permute(3, 0, 1, 2).float() / 255  # (RGB, time, height, width)",
    "frames = ((frames - 0.45) / 0.225).unsqueeze(0)",
    imports=IMPORT_TORCH,
)
"""A clip as a normalised batch of one: (1, 3, time, height, width)."""


def image_batch(size: int, *, crop: bool = True) -> Code:
    """An image and what turns it into a normalised tensor of `size` pixels a side (the shorter one)."""
    shrink = (
        (f"    transforms.Resize({size * 8 // 7}),", f"    transforms.CenterCrop({size}),")
        if crop
        else (f"    transforms.Resize({size}),",)
    )
    return code(
        IMAGE,
        "preprocess = transforms.Compose([",
        *shrink,
        "    transforms.ToTensor(),",
        "    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),",
        "])",
        imports=("import torch", "from torchvision import transforms"),
    )


def picture_tensor(height: int = 480, width: int = 640) -> Code:
    """An image as a float tensor (RGB, height, width) in [0, 1], resized to the given sides."""
    return code(
        IMAGE,
        f"picture = transforms.functional.to_tensor(image.resize(({width}, {height})))",
        imports=("import torch", "from torchvision import transforms"),
    )


def repository_of(subject: Subject) -> str:
    """Source text of the repository, at the revision of the call: its helpers must be of the same."""
    return repr(":".join(part for part in repository(subject.bound.values.get("repo_or_dir", "''")) if part))
