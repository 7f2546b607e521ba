"""Which words give a model away, and which everyday words don't."""

from __future__ import annotations

import pytest

from api_docs.models import ApiDoc
from finetune.instructions.names import Names
from tests.retriever.conftest import make_doc
from tests.support import snapshot_catalogue


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(snapshot_catalogue().docs)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Run bert over my mails", ("bert",)),
        ("use a RoBERTa or GPT-2 for this", ("RoBERTa", "GPT-2")),
        ("fine-tune resnet50 on beetles", ("resnet50",)),
        ("count sheep with YOLOv8, please", ("YOLOv8",)),
        ("something like Stable Diffusion for my shop", ("Stable Diffusion",)),
        ("translate with opus-mt-ca-es", ("opus-mt-ca-es",)),
        ("load Helsinki-NLP/opus-mt-ca-es", ("Helsinki-NLP/opus-mt-ca-es",)),
        ("please use Whisper on the tapes", ("Whisper",)),
        ("Whisper large for the tapes", ("Whisper large",)),
        ("match pictures with CLIP", ("CLIP",)),
        ("try Google's sentence encoder", ("Google …",)),
        ("用BERT给我的信分类", ("BERT",)),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, found: tuple[str, ...], names: Names) -> None:
    assert names.found(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Whisper it to me: who is speaking in this clip?",
        "cut a clip of my dog's bark out of the film",
        "a donut, a flamingo and a canary in one picture",
        "the baker's albert wants tapas and a camembert sandwich",
        "a TensorFlow SavedModel, or something in PyTorch from torch hub, or a transformers pipeline",
        "my photos from Google Maps and posts on Facebook",
        "an mp3 of 16 kHz, H264 video, 3D models, COVID19 leaflets",
        "once for all, tell me which bit of the coat is torn",
        "predict the price with a linear regression or a random forest",
        "Bark beetles: are they in this photo?",
        "read our menu aloud in Spanish and Catalan",
        "summarise the text, classify the image, detect the objects",
        "¿Puedes traducir los correos de mi clínica?",
    ],
)
def test_everyday_words_are_no_names(text: str, names: Names) -> None:
    assert names.found(text) == ()


def test_a_docs_own_name_is_found_piece_by_piece() -> None:
    doc = made("huggingface", "plantae/mycelia-mushroom-small", "telling mushrooms apart")
    names = Names([doc])
    assert names.own("is there a mycelia thing for my mushrooms?", doc) == ("mycelia",)
    assert names.own("which mushroom is this?", doc) == ("mushroom",)
    assert names.own("Tell small mushrooms apart", doc) == ()


def test_what_the_doc_says_of_its_task_is_no_name() -> None:
    doc = made("huggingface", "shop/invoice-reader-catalan", "reading an invoice", language=("ca",))
    assert Names([doc]).own("read my invoice in Catalan", doc) == ()


def test_whoever_made_it_is_a_name_as_a_whole_only() -> None:
    doc = made("huggingface", "white-river-labs/spotter", "finding deer")
    names = Names([doc])
    assert names.own("white deer at the river, no labs", doc) == ()
    assert names.own("the White River Labs one for deer", doc) == ("white river labs",)
    google = made("huggingface", "google/vit-leaf", "finding leaves")
    assert names.own("a leaf on Google Maps", google) == ("leaf",)


def test_words_of_texts_without_names_are_everyday_unless_a_family_has_them() -> None:
    doc = made("huggingface", "lab/leaf-bert-grumpf", "finding plants")
    names = Names([doc], everyday=["Is a leaf of my bert torn?"])
    assert names.own("a leaf, a bert, a grumpf", doc) == ("bert", "grumpf")
    assert names.found("a leaf, a bert, a grumpf") == ("bert",)


def test_a_family_that_is_also_a_word_is_a_name_for_its_own_docs() -> None:
    doc = made("huggingface", "lab/whisper-medium", "writing down speech")
    names = Names([doc], everyday=["do not whisper"])
    assert names.own("write down what they whisper", doc) == ("whisper",)
    assert names.found("load whisper-medium, and don't whisper") == ("whisper-medium",)


def test_a_name_of_ordinary_words_is_one_where_it_is_copied() -> None:
    doc = made("huggingface", "lab/medical_summarization", "medical summarization")
    assert Names([doc]).own("medical summarization of my notes", doc) == ()
    assert Names([doc]).own("run medical_summarization on my notes", doc) == ("medical_summarization",)


def test_a_doc_that_says_little_is_explained_by_its_description() -> None:
    doc = make_doc("tfhub", "lab/birdsong", "audio-classification", "Birdsong of Peru.", "hub.load('x')")
    assert Names([doc]).own("which birdsong is this?", doc) == ()


def made(hub: str, name: str, functionality: str, **facts: object) -> ApiDoc:
    call = f"pipeline('image-classification', model='{name}')"
    return make_doc(
        hub, name, "image-classification", "Does it.", call, functionality=functionality, facts=facts
    )


def test_the_description_of_no_doc_is_needed_for_the_families() -> None:
    assert Names([]).found("distilbert or wav2vec 2.0") == ("distilbert", "wav2vec 2.0")
