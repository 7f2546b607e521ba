"""TorchHub's and TFHub's real files: how many models, which calls, which facts, whose words."""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from api_docs.models import ApiDoc
from api_docs.sources.base import SourceResult
from api_docs.sources.tfhub import TFHub
from api_docs.sources.torchhub import TorchHub
from api_docs.verification import check_doc

WORDS_OF_A_SENTENCE = 8

HELPERS = (
    "nvidia_ssd_processing_utils",
    "nvidia_convnets_processing_utils",
    "nvidia_tts_utils",
    "nvidia_textprocessing_utils",
    "nvidia_tft_data_utils",
    "transforms",
    "custom",
    "tokenizer",
    "config",
    "bpe",
    "versiontuple",
    "ofa_specialized_get",
    "load_state_dict_from_url",
    "get_weight",
    "_create",
    "MODEL_REGISTRY",
    "Bottleneck",
    "Path",
)


@pytest.fixture(scope="module")
def upstream(data: Path) -> Path:
    return data / "upstream"


@pytest.fixture(scope="module")
def torchhub(upstream: Path) -> SourceResult:
    return TorchHub(last_checked=date(2024, 4, 1)).read(upstream)


@pytest.fixture(scope="module")
def tfhub(upstream: Path) -> SourceResult:
    return TFHub(last_checked=date(2024, 3, 18)).read(upstream)


@pytest.fixture(scope="module")
def both(torchhub: SourceResult, tfhub: SourceResult) -> dict[str, ApiDoc]:
    return docs_of(torchhub) | docs_of(tfhub)


def docs_of(result: SourceResult) -> dict[str, ApiDoc]:
    return {doc.id: doc for doc in result.docs}


def test_the_issue_s_numbers_are_reached(torchhub: SourceResult, tfhub: SourceResult) -> None:
    assert len(torchhub.docs) >= 300
    assert len(tfhub.docs) == 1160
    assert torchhub.quarantined == []
    assert tfhub.quarantined == []


def test_every_call_verifies_against_its_doc_and_no_two_load_the_same(
    torchhub: SourceResult, tfhub: SourceResult
) -> None:
    entries = [check_doc(doc) for doc in (*torchhub.docs, *tfhub.docs)]
    assert max(Counter(entry.identity for entry in entries).values()) == 1
    assert max(Counter(entry.doc.id for entry in entries).values()) == 1


def test_no_helper_is_among_the_models(torchhub: SourceResult) -> None:
    entrypoints = {doc.id.split(":")[2] for doc in torchhub.docs}
    assert not entrypoints & set(HELPERS)


def test_every_doc_says_what_it_does_in_what_domain_and_for_whom(
    torchhub: SourceResult, tfhub: SourceResult
) -> None:
    for doc in (*torchhub.docs, *tfhub.docs):
        assert doc.functionality, doc.id
        assert doc.facts.get("publisher"), doc.id
        assert doc.source_url, doc.id
        assert doc.last_checked is not None, doc.id
    without_uses = [doc.id for doc in (*torchhub.docs, *tfhub.docs) if not doc.facts.get("uses")]
    assert len(without_uses) <= 5


def test_deleted_models_are_known_to_be(tfhub: SourceResult) -> None:
    gone = sorted(doc.name for doc in tfhub.docs if not doc.alive)
    assert len(gone) == 16
    assert "silero/silero-stt/de" in gone
    assert "nvidia/unet/industrial/class_10" in gone


def test_no_tfhub_call_uses_what_tensorflow_2_dropped(tfhub: SourceResult) -> None:
    callees = Counter(doc.call.split("(")[0] for doc in tfhub.docs)
    assert set(callees) == {"hub.load", "hub.KerasLayer"}
    assert not [doc.id for doc in tfhub.docs if "zwnj" in doc.call or "\u200c" in doc.call]


def test_renamed_repositories_are_nowhere_in_a_call(torchhub: SourceResult) -> None:
    for old in ("pytorch/fairseq", "intel-isl/", "huawei-noah/ghostnet", "pytorch-transformers"):
        assert not [doc.id for doc in torchhub.docs if old in doc.call]
    old_id = "torchhub:intel-isl/MiDaS:DPT_Large"
    assert torchhub.aliases[old_id] == "torchhub:isl-org/MiDaS:DPT_Large"


# What a person reads on the pages and in the registry.
TORCHHUB_CALLS = {
    "torchhub:pytorch/vision:resnet50": (
        "torch.hub.load('pytorch/vision', 'resnet50', weights='IMAGENET1K_V2')"
    ),
    "torchhub:szq0214/MEAL-V2:meal_v2:mealv2_resnest50": (
        "torch.hub.load('szq0214/MEAL-V2', 'meal_v2', 'mealv2_resnest50')"
    ),
    "torchhub:facebookresearch/pytorch_GAN_zoo:PGAN:celebAHQ-512": (
        "torch.hub.load('facebookresearch/pytorch_GAN_zoo:hub', 'PGAN', model_name='celebAHQ-512', "
        "pretrained=True)"
    ),
    "torchhub:NVIDIA/DeepLearningExamples:nvidia_tacotron2": (
        "torch.hub.load('NVIDIA/DeepLearningExamples:torchhub', 'nvidia_tacotron2', model_math='fp16')"
    ),
    "torchhub:mateuszbuda/brain-segmentation-pytorch:unet": (
        "torch.hub.load('mateuszbuda/brain-segmentation-pytorch', 'unet', in_channels=3, out_channels=1, "
        "init_features=32, pretrained=True)"
    ),
    "torchhub:snakers4/silero-models:silero_tts:en:lj_16khz": (
        "torch.hub.load('snakers4/silero-models', 'silero_tts', language='en', speaker='lj_16khz')"
    ),
    "torchhub:huggingface/transformers:modelForCausalLM:gpt2": (
        "torch.hub.load('huggingface/transformers', 'modelForCausalLM', 'gpt2')"
    ),
    "torchhub:coderx7/simplenet_pytorch:simplenetv1_5m_m1": (
        "torch.hub.load('coderx7/simplenet_pytorch:v1.0.0', 'simplenetv1_5m_m1', pretrained=True)"
    ),
}

FIGURES = (
    ("torchhub:pytorch/vision:resnet50", "ImageNet-1K", "top-1 accuracy", 80.858),
    ("torchhub:PingoLH/Pytorch-HarDNet:hardnet85", "ImageNet-1K", "top-1 error", 21.96),
    ("torchhub:facebookresearch/WSL-Images:resnext101_32x48d_wsl", "ImageNet-1K", "top-1 accuracy", 85.4),
    (
        "torchhub:facebookresearch/semi-supervised-ImageNet1K-models:resnet18_swsl",
        "ImageNet-1K",
        "top-1 accuracy",
        73.4,
    ),
    ("torchhub:facebookresearch/pytorchvideo:slowfast_r101", "Kinetics-400", "top-5 accuracy", 93.27),
    ("torchhub:hustvl/YOLOP:yolop", "BDD100K", "mean IoU", 91.5),
    ("torchhub:datvuthanh/HybridNets:hybridnets", "BDD100K", "mAP at IoU 0.5", 77.3),
    ("torchhub:szq0214/MEAL-V2:meal_v2:mealv2_resnest50_380x380", "ImageNet-1K", "top-5 accuracy", 95.81),
    ("torchhub:mit-han-lab/ProxylessNAS:proxyless_gpu", "ImageNet-1K", "top-1 error", 24.9),
    ("torchhub:ultralytics/yolov5:yolov5x6", "COCO val2017", "mAP", 55.0),
    ("torchhub:mit-han-lab/once-for-all:resnet50D_MAC_4_1B", "ImageNet-1K", "top-1 accuracy", 79.8),
    ("tfhub:tensorflow/efficientdet/d0", "COCO 2017", "mAP", 33.6),
    ("tfhub:google/compare_gan/model_10_lsun_bedroom_resnet19", "LSUN Bedroom", "FID", 40.36),
    ("tfhub:google/edgetpu/vision/deeplab-edgetpu/fused_argmax/m", "ADE20K", "mean IoU", 59.79),
    ("tfhub:rishit-dagli/faster-rcnn-cppe5", "CPPE 5", "AP", 44.0),
)

FACTS = (
    ("torchhub:pytorch/vision:resnet50", "parameters", 25_557_032),
    ("torchhub:pytorch/vision:vit_b_16", "flops_g", 17.564),
    ("torchhub:ultralytics/yolov5:yolov5n", "parameters", 1_900_000),
    ("torchhub:huawei-noah/Efficient-AI-Backbones:ghostnet_1x", "flops_g", 0.142),
    ("torchhub:facebookresearch/fairseq:transformer.wmt19.de-en", "language", ("de", "en")),
    ("tfhub:google/universal-sentence-encoder", "dimensions", 512),
    ("tfhub:google/nnlm-en-dim128", "dimensions", 128),
    ("tfhub:google/imagenet/mobilenet_v2_100_224/feature_vector", "input_size", 224),
    ("tfhub:google/imagenet/mobilenet_v2_100_224/feature_vector", "dimensions", 1280),
    ("tfhub:google/LEALLA/LEALLA-base", "parameters", 107_000_000),
    ("tfhub:google/aiy/vision/classifier/birds_V1", "num_classes", 964),
    ("tfhub:google/wiki40b-lm-de", "parameters", 141_400_000),
    ("tfhub:google/HRNet/ade20k-hrnetv2-w48", "num_classes", 150),
    ("tfhub:google/movenet/singlepose/lightning", "input_size", 192),
    ("tfhub:sayakpaul/convnext_base_1k_224", "input_size", 224),
    ("tfhub:google/bit/m-r101x1", "dimensions", 2048),
)


@pytest.mark.parametrize(("doc_id", "call"), TORCHHUB_CALLS.items())
def test_a_call_is_the_one_that_upstream_shows(torchhub: SourceResult, doc_id: str, call: str) -> None:
    assert docs_of(torchhub)[doc_id].call == call


@pytest.mark.parametrize(("doc_id", "dataset", "metric", "value"), FIGURES)
def test_a_figure_is_upstream_s(
    both: dict[str, ApiDoc], doc_id: str, dataset: str, metric: str, value: float
) -> None:
    assert both[doc_id].performance[dataset][metric] == value


@pytest.mark.parametrize(("doc_id", "name", "value"), FACTS)
def test_a_fact_is_upstream_s(both: dict[str, ApiDoc], doc_id: str, name: str, value: object) -> None:
    assert both[doc_id].facts[name] == value


# --- whose words -------------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def sequences(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {
        tuple(found[start : start + WORDS_OF_A_SENTENCE])
        for start in range(len(found) - WORDS_OF_A_SENTENCE + 1)
    }


def own_texts(doc: ApiDoc) -> list[str]:
    """Everything in a doc that could be a sentence; names, calls and links are facts."""
    facts = [
        part for fact in doc.facts.values() for part in (fact if isinstance(fact, tuple) else [str(fact)])
    ]
    arguments = [argument.description for argument in doc.arguments]
    return [doc.functionality, doc.description, doc.example, *facts, *arguments]


def upstream_sequences(path: Path) -> set[tuple[str, ...]]:
    if path.suffix == ".json":
        return sequences(path.read_text(encoding="utf-8").replace("\\n", " "))
    found: set[tuple[str, ...]] = set()
    with tarfile.open(path) as files:
        for member in files:
            handle = files.extractfile(member) if member.name.endswith((".md", ".py")) else None
            if handle is not None:
                found |= sequences(handle.read().decode("utf-8", errors="replace"))
    return found


@pytest.mark.parametrize("pattern", ["pytorch_hub_md.tar.gz", "tfhub_docs_md.tar.gz", "torchvision_*.json"])
def test_no_sentence_of_upstream_s_survives_in_own_words(
    upstream: Path, both: dict[str, ApiDoc], pattern: str
) -> None:
    (file,) = upstream.glob(pattern)
    theirs = upstream_sequences(file)
    for doc in both.values():
        for text in own_texts(doc):
            assert not sequences(text) & theirs, (doc.id, text)


def test_an_importer_keeps_upstream_s_first_words(upstream: Path) -> None:
    kept = docs_of(TorchHub(own_words=False).read(upstream))["torchhub:isl-org/MiDaS:MiDaS"]
    assert "relative depth" in kept.description
    assert "torch.hub.load" in kept.example
