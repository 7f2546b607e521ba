"""timm's configurations as records: what an image network's name and configuration say of it.

A name reads `architecture.training`, as in `vit_base_patch16_224.augreg_in21k_ft_in1k`. Of some 1,700 on
the hub a varied choice is taken, so that no task is only timm's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from api_docs.domains import Domain
from api_docs.errors import SourceError
from api_docs.sources.base import Quarantined
from api_docs.sources.hf_records import MODEL_ID, ModelRecord, Records
from api_docs.sources.known.timm_sizes import SIZES

MOST: Mapping[Domain, int] = {Domain.IMAGE_CLASSIFICATION: 590, Domain.IMAGE_FEATURE_EXTRACTION: 260}
"""How many models of each task are taken."""

_DATASETS: tuple[tuple[str, str], ...] = (
    (r"in1k|inw1k", "ImageNet-1K"),
    (r"in12k", "ImageNet-12K"),
    (r"in2[12]k|inw21k", "ImageNet-21K"),
    (r"laion2b", "LAION-2B"),
    (r"laion400m", "LAION-400M"),
    (r"laiona", "LAION-Aesthetics"),
    (r"datacomp\w*", "DataComp-1B"),
    (r"dfn\w*|dfndr\w*", "DFN-5B"),
    (r"webli", "WebLI"),
    (r"metaclip\w*", "MetaCLIP"),
    (r"yfcc\w*", "YFCC100M"),
    (r"cc12m", "CC12M"),
    (r"ig1b|seer|swag", "Instagram-1B"),
    (r"jft", "JFT-300M"),
    (r"lvd142m", "LVD-142M"),
    (r"lvd1689m", "LVD-1689M"),
    (r"sat493m", "SAT-493M"),
    (r"sa1b", "SA-1B"),
    (r"openai", "400 million picture-text pairs of OpenAI's"),
)
_METHODS: tuple[tuple[str, str], ...] = (
    (r"dist|distilled|ssld", "learned from a larger network"),
    (r"mae|mim|fcmae", "pre-trained without labels by filling hidden patches"),
    (r"dino|dinov3|lvd142m|ssl", "pre-trained without labels"),
    (r"ns", "trained with a noisy student"),
    (r"ap|adv", "robust, trained on adversarial pictures"),
    (r"sat493m", "looking at the ground from satellites"),
)
_PUBLISHERS: tuple[tuple[str, str], ...] = (
    (r"fb|seer|swag|metaclip\w*|dinov3|lvd\w+|c2|pycls", "Meta AI"),
    (r"tf|goog|webli|augreg\w*|orig|ns|ap|aa|bt|pali\w*|gemma\w*", "Google"),
    (r"ms|msft", "Microsoft"),
    (r"openai", "OpenAI"),
    (r"apple|cvnets|dfn\w*", "Apple"),
    (r"nv|nvidia", "NVIDIA"),
    (r"tv|tv2", "PyTorch"),
    (r"miil", "Alibaba"),
    (r"naver|nav", "Naver"),
    (r"paddle|ssld", "Baidu"),
    (r"bd", "ByteDance"),
    (r"sail", "Sea AI Lab"),
    (r"snap", "Snap"),
    (r"dm", "DeepMind"),
    (r"gluon", "Amazon"),
    (r"laion\w*|datacomp\w*", "LAION"),
)
_EMBEDDING_SIZES = range(1, 1_000)
"""Outputs of CLIP's image towers are vectors; 1,000 and more are classes, save CLIP's 1024, 1152 and 1280."""
_LARGE_EMBEDDINGS = frozenset({1024, 1152, 1280})


def read_timm(path: Path, most: Mapping[Domain, int] = MOST) -> Records:
    """A varied choice of the configurations with weights on the hub, by family and architecture."""
    records = Records()
    by_domain: dict[Domain, list[tuple[str, str, ModelRecord]]] = defaultdict(list)
    seen: set[str] = set()
    for raw in _configurations(path):
        model_id = str(raw.get("hub") or "")
        if not model_id or model_id in seen or str(raw.get("name", "")).startswith("test_"):
            continue
        if not MODEL_ID.fullmatch(model_id):
            records.quarantined.append(
                Quarantined(f"{path.name}, {model_id}", "no model id; expected owner/name")
            )
            continue
        seen.add(model_id)
        record = _record(model_id, raw)
        architecture = str(raw.get("name", "")).partition(".")[0]
        by_domain[Domain(record.task)].append((str(raw.get("module", "")), architecture, record))
    for domain, found in by_domain.items():
        chosen = _varied(found, most.get(domain, len(found)))
        records.found += chosen
        if len(chosen) < len(found):
            records.passed_over[f"timm model of {domain} beyond the varied choice"] += len(found) - len(
                chosen
            )
    return records


def _varied(found: Sequence[tuple[str, str, ModelRecord]], most: int) -> list[ModelRecord]:
    """Families take turns; within one every architecture comes up before any comes up twice."""
    families: dict[str, list[ModelRecord]] = defaultdict(list)
    turns: dict[str, dict[str, list[ModelRecord]]] = defaultdict(lambda: defaultdict(list))
    for family, architecture, record in found:
        turns[family][architecture].append(record)
    for family, architectures in turns.items():
        for turn in range(max(map(len, architectures.values()))):
            families[family] += [same[turn] for same in architectures.values() if turn < len(same)]
    chosen = [
        queue[turn]
        for turn in range(max(map(len, families.values()), default=0))
        for queue in families.values()
        if turn < len(queue)
    ]
    return chosen[:most]


def _record(model_id: str, raw: Mapping[str, object]) -> ModelRecord:
    architecture, _, training = str(raw.get("name", "")).partition(".")
    tokens = training.split("_")
    outputs = raw.get("num_classes", 1000)
    classes = outputs if isinstance(outputs, int) else 1000
    embeds = classes == 0 or classes in _EMBEDDING_SIZES or classes in _LARGE_EMBEDDINGS
    parameters, features = SIZES.get(architecture, (0, 0))
    domain = Domain.IMAGE_FEATURE_EXTRACTION if embeds else Domain.IMAGE_CLASSIFICATION
    size = raw.get("input_size")
    return ModelRecord(
        id=model_id,
        task=domain.value,
        label=domain.value,
        library="timm",
        architecture=architecture.replace("_", " "),
        datasets=_training_data(tokens),
        license=str(raw.get("license") or "").replace("unknown", ""),
        parameters=parameters,
        input_size=size[-1] if isinstance(size, list) and size else 224,
        dimensions=(classes or features) if embeds else 0,
        num_classes=0 if embeds else classes,
        publisher=_first(_PUBLISHERS, tokens),
        uses=_uses(tokens, embeds=embeds, parameters=parameters),
        sources=("timm",),
    )


def _training_data(tokens: Sequence[str]) -> tuple[str, ...]:
    """Data sets in the order in which the network saw them."""
    named = [name for token in tokens for pattern, name in _DATASETS if re.fullmatch(pattern, token)]
    return tuple(dict.fromkeys(named))


def _uses(tokens: Sequence[str], *, embeds: bool, parameters: int) -> tuple[str, ...]:
    uses = [
        "vectors for image search, clustering and training on one's own pictures"
        if embeds
        else "recognising what a photo shows"
    ]
    if 0 < parameters < 8_000_000:
        uses.append("running on phones and small devices")
    uses += [use for pattern, use in _METHODS if any(re.fullmatch(pattern, token) for token in tokens)]
    return tuple(dict.fromkeys(uses))


def _first(table: Sequence[tuple[str, str]], tokens: Sequence[str]) -> str:
    found = (name for token in tokens for pattern, name in table if re.fullmatch(pattern, token))
    return next(found, "")


def _configurations(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        loaded = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as exc:
        raise SourceError(f"can't read {str(path)!r}: {exc}; fetch it again") from exc
    if not isinstance(loaded, list):
        raise SourceError(f"{str(path)!r} holds {type(loaded).__name__}; expected a list of configurations")
    return (raw for raw in loaded if isinstance(raw, Mapping))
