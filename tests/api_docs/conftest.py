"""A small catalogue with every shape of loader, made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc, Argument, ArgumentType
from tests.support import snapshot_catalogue

PRETRAINED = Argument(name="pretrained", type=ArgumentType.BOOL, default="False")
PROGRESS = Argument(name="progress", type=ArgumentType.BOOL, default="True")


def make_doc(identifier: str, call: str, *arguments: Argument, **more: Any) -> ApiDoc:
    hub, _, name = identifier.partition(":")
    domain = more.pop("domain", "image-classification")
    return ApiDoc(id=identifier, hub=hub, name=name, domain=domain, call=call, arguments=arguments, **more)


def selector(name: str) -> Argument:
    return Argument(name=name, type=ArgumentType.STR, required=True)


DOCS = (
    make_doc(
        "torchhub:acme/vision:net18",
        "torch.hub.load('acme/vision', 'net18', pretrained=True)",
        PRETRAINED,
        PROGRESS,
        Argument(name="num_classes", type=ArgumentType.INT, default="1000"),
        source_revision="v0.10.0",
    ),
    make_doc(
        "torchhub:acme/vision:net50",
        "torch.hub.load('acme/vision', 'net50', pretrained=True)",
        PRETRAINED,
        PROGRESS,
        source_revision="v0.10.0",
    ),
    make_doc("torchhub:acme/tagged:net", "torch.hub.load('acme/tagged:v2', model='net')", PRETRAINED),
    make_doc(
        "torchhub:acme/many:net:small",
        "torch.hub.load('acme/many', 'net', 'small', pretrained=True)",
        selector("model_name"),
        PRETRAINED,
    ),
    make_doc(
        "torchhub:acme/many:net:large",
        "torch.hub.load('acme/many', 'net', 'large', pretrained=True)",
        selector("model_name"),
        PRETRAINED,
    ),
    make_doc(
        "torchhub:acme/speech:stt:en",
        "torch.hub.load(repo_or_dir='acme/speech', model='stt', language='en')",
        selector("language"),
        Argument(name="device", type=ArgumentType.DEVICE, default="torch.device('cpu')"),
    ),
    make_doc("tfhub:acme/net/classification/5", "hub.load('https://tfhub.dev/acme/net/classification/5')"),
    make_doc(
        "tfhub:acme/net/feature_vector/5", "hub.KerasLayer('https://tfhub.dev/acme/net/feature_vector/5')"
    ),
    make_doc(
        "huggingface:acme/bert",
        "AutoModelForMaskedLM.from_pretrained('acme/bert')",
        domain="fill-mask",
        source_revision="0a1b2c3",
    ),
    make_doc("huggingface:acme/opinions", "pipeline('text-classification', model='acme/opinions')"),
    make_doc("huggingface:acme/speakers", "Pipeline.from_pretrained('acme/speakers')"),
    make_doc("huggingface:acme/sentences", "SentenceTransformer('acme/sentences')"),
    make_doc("huggingface:acme/ranker", "CrossEncoder('acme/ranker', max_length=512)"),
    make_doc(
        "huggingface:acme/pictures",
        "DiffusionPipeline.from_pretrained('acme/pictures', torch_dtype=torch.float16)",
    ),
    make_doc(
        "huggingface:acme/edges",
        "StableDiffusionPipeline.from_pretrained('acme/base', "
        "controlnet=ControlNetModel.from_pretrained('acme/edges'))",
        Argument(name="controlnet", required=True),
    ),
    make_doc("huggingface:acme/vit", "timm.create_model('hf_hub:acme/vit', pretrained=True)"),
    make_doc(
        "huggingface:acme/clip",
        "open_clip.create_model_and_transforms('hf-hub:acme/clip')",
    ),
    make_doc(
        "huggingface:acme/voices",
        "SpeakerRecognition.from_hparams(source='acme/voices', savedir='voices')",
    ),
    make_doc("huggingface:acme/tags", "SequenceTagger.load('acme/tags')"),
    make_doc("huggingface:acme/player", "load_from_hub(repo_id='acme/player', filename='player.zip')"),
    make_doc("huggingface:acme/wines", "joblib.load(hf_hub_download('acme/wines', 'wines.joblib'))"),
    make_doc("huggingface:acme/boxes", "YOLO('acme/boxes')"),
    make_doc("huggingface:acme/prompt", "PromptNet('acme/prompt', beams=4)"),
    make_doc("huggingface:acme/prompt-two", "PromptNet('acme/prompt-two', beams=4)"),
    # Two docs with one call: which of them answers is for the hits to settle.
    make_doc("huggingface:acme/twin-a", "AutoModel.from_pretrained('acme/twin')", domain="fill-mask"),
    make_doc("huggingface:acme/twin-b", "AutoModel.from_pretrained('acme/twin')", domain="translation"),
)


@pytest.fixture(scope="session")
def handmade() -> Catalogue:
    """About two dozen docs: every loader shape that tells something about verification."""
    return Catalogue(DOCS)


@pytest.fixture(scope="session", params=["handmade", "snapshot"])
def any_catalogue(request: pytest.FixtureRequest) -> Catalogue:
    """The small catalogue, then the shipped one."""
    return Catalogue(DOCS) if request.param == "handmade" else snapshot_catalogue()
