"""torchvision's model registry, exported as JSON: builders and the figures of their weights.

Which builders torch.hub offers follows from the folder of torchvision that they live in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from api_docs.errors import SourceError
from api_docs.models import Fact
from api_docs.sources.base import Quarantined
from api_docs.sources.markdown import paper_year

REPOSITORY = "pytorch/vision"
NOT_ON_TORCH_HUB = frozenset({"detection", "quantization"})
"""Folders of torchvision whose builders its hubconf doesn't export."""
SUMMARY_END = re.compile(r"(?<=[a-z)>`_])\.(?:\s|$)")

_METRICS = {
    "acc@1": "top-1 accuracy",
    "acc@5": "top-5 accuracy",
    "miou": "mean IoU",
    "pixel_acc": "pixel accuracy",
    "epe": "end-point error",
    "per_image_epe": "end-point error per image",
    "fl_all": "outliers",
}
_CROP = re.compile(r"(?:crop_size|resize_size)=\(?(\d+)")
_TRAINED_ON = (
    (r"IMAGENET1K_SWAG", ("Instagram hashtags", "ImageNet-1K")),
    (r"IMAGENET1K", ("ImageNet-1K",)),
    (r"KINETICS400_IMAGENET22K", ("ImageNet-22K", "Kinetics-400")),
    (r"KINETICS400", ("Kinetics-400",)),
    (r"COCO_WITH_VOC_LABELS", ("COCO with VOC labels",)),
    (r"C_T_SKHT", ("FlyingChairs", "FlyingThings3D", "Sintel", "KITTI", "HD1K")),
    (r"C_T", ("FlyingChairs", "FlyingThings3D")),
)


@dataclass(frozen=True, slots=True)
class Builder:
    """One builder on torch.hub: its kind (torchvision's folder) and the weights that it takes.

    `weights` is the name of the recommended ones, `facts` and `performance` are theirs; `others` are other
    weights by name, each with its dataset → metric → value.
    """

    name: str
    kind: str
    summary: str
    weights: str
    license: str
    facts: Mapping[str, Fact]
    performance: Mapping[str, dict[str, float]]
    year: int | None
    others: Mapping[str, dict[str, dict[str, float]]]


def read_registry(text: str) -> tuple[list[Builder], list[Quarantined], int]:
    """The builders that torch.hub offers, the records that can't be read, how many others there are.

    Raises:
        SourceError: when the text is no list of records.
    """
    try:
        records = json.loads(text)
    except ValueError as exc:
        raise SourceError(f"torchvision's registry is no JSON: {exc}; export or fetch it again") from exc
    if not isinstance(records, list):
        raise SourceError(
            f"torchvision's registry is a {type(records).__name__}; expected a list of builders"
        )
    builders: list[Builder] = []
    broken: list[Quarantined] = []
    others = 0
    for index, record in enumerate(records):
        try:
            folder = _folder(record["file"])
            if folder in NOT_ON_TORCH_HUB:
                others += 1
            else:
                builders.append(_builder(record, folder))
        except (KeyError, TypeError, AttributeError, ValueError) as exc:
            name = record.get("name") if isinstance(record, dict) else None
            reason = f"not the registry's shape: {type(exc).__name__}: {exc}"
            broken.append(Quarantined(f"{REPOSITORY}:{name or f'record {index}'}", reason))
    return builders, broken, others


def version_of(file_name: str) -> str | None:
    """The git tag of the torchvision that was exported, from a file name such as `torchvision_0.29.2_…`."""
    found = re.search(r"torchvision[_-](\d+(?:\.\d+)+)", file_name)
    return f"v{found.group(1)}" if found else None


def _folder(file: str) -> str:
    return file.split("/", maxsplit=1)[0] if "/" in file else "classification"


def _builder(record: Mapping[str, object], kind: str) -> Builder:
    weights = record["weights"]
    if not isinstance(weights, dict) or "DEFAULT" not in weights:
        raise ValueError("no weights, or none marked DEFAULT")
    chosen = weights["DEFAULT"]["alias"]
    named = {name: entry for name, entry in weights.items() if "meta" in entry}
    doc = str(record.get("doc", ""))
    return Builder(
        name=str(record["name"]),
        kind=kind,
        summary=re.sub(r"\s+", " ", SUMMARY_END.split(doc, maxsplit=1)[0]).strip(),
        weights=chosen,
        license=str(named[chosen]["meta"].get("license", "")),
        facts=_facts(chosen, named[chosen]),
        performance=_performance(named[chosen]),
        year=paper_year(doc),
        others={name: _performance(entry) for name, entry in named.items() if name != chosen},
    )


def _facts(name: str, weights: Mapping[str, object]) -> dict[str, Fact]:
    """Parameters, size in MB, GFLOPs for one input, the input's side in pixels, training data."""
    meta = weights["meta"]
    if not isinstance(meta, dict):
        raise TypeError(f"the meta of {name} is no object")
    crop = _CROP.search(str(weights.get("transforms", "")))
    smallest = [int(side) for side in meta.get("min_size", [])]
    facts: dict[str, Fact | None] = {
        "parameters": int(meta["num_params"]),
        "size_mb": float(meta["_file_size"]),
        "flops_g": float(meta["_ops"]),
        "input_size": int(crop.group(1)) if crop else None,
        "min_size": min(smallest) if smallest and min(smallest) > 1 else None,
        "datasets": next((sets for pattern, sets in _TRAINED_ON if re.match(pattern, name)), None),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _performance(weights: Mapping[str, object]) -> dict[str, dict[str, float]]:
    """Dataset → metric → value; figures that torchvision doesn't know are exported as NaN expressions."""
    meta = weights["meta"]
    metrics = meta.get("_metrics", {}) if isinstance(meta, dict) else {}
    known = {
        dataset: {
            _METRICS.get(metric, metric): float(value)
            for metric, value in values.items()
            if isinstance(value, int | float)
        }
        for dataset, values in metrics.items()
    }
    return {dataset: values for dataset, values in known.items() if values}
