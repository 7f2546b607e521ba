"""APIBench's docs: mended calls, drifting fields, and what becomes of a broken line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api_docs.domains import Domain
from api_docs.errors import SourceError, UnparseableCall
from api_docs.models import ApiDoc, ArgumentType, Hub
from api_docs.sources.apibench import ApiBench, read_apibench
from api_docs.sources.apibench_calls import mend
from api_docs.sources.drift import arguments_of, code_of, performance_of, requirements_of, text_of
from api_docs.verification import check_doc

RECORD: dict[str, Any] = {
    "domain": "Computer Vision Depth Estimation",
    "framework": "Hugging Face Transformers",
    "functionality": "Depth Estimation",
    "api_name": "acme/depth-small",
    "api_call": "pipeline('depth-estimation', model='acme/depth-small')",
    "api_arguments": {"images": "path of a picture"},
    "python_environment_requirements": ["transformers", "torch"],
    "example_code": ["from transformers import pipeline", "depth(image)"],
    "performance": {"dataset": "NYU", "accuracy": "91.5%"},
    "description": "Tells how far things are.",
}


def read(tmp_path: Path, hub: Hub, *records: dict[str, Any] | str) -> tuple[list[ApiDoc], list[str]]:
    path = tmp_path / "docs_api.jsonl"
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = read_apibench(path, hub)
    return result.docs, [f"{bad.record}: {bad.reason}" for bad in result.quarantined]


@pytest.mark.parametrize(
    ("published", "mended"),
    [
        ("DDPMPipeline.from_pretrained('acme/cats').", "DDPMPipeline.from_pretrained('acme/cats')"),
        ("pipeline('x', model=acme/Real_V1.4)", "pipeline('x', model='acme/Real_V1.4')"),
        ("pipeline(sentiment-analysis, model='a/b')", "pipeline('sentiment-analysis', model='a/b')"),
        ("load('acme/speech_x10)", "load('acme/speech_x10')"),
        ("A.from_pretrained('a/b'), T.from_pretrained('a/b')", "A.from_pretrained('a/b')"),
        (
            "torch.hub.load(repo_or_dir='acme/nets', 'nets', model='net50', pretrained=True)",
            "torch.hub.load('acme/nets', 'nets', 'net50', pretrained=True)",
        ),
        (
            "torch.hub.load('acme/gan', model='GAN', pretrained=True, useGPU=use_gpu)",
            "torch.hub.load('acme/gan', model='GAN', pretrained=True)",
        ),
        (
            "torch.hub.load('acme/a', 'b', **{'topN': 6, 'device': 'cpu'})",
            "torch.hub.load('acme/a', 'b', topN=6, device='cpu')",
        ),
        (
            "tf.keras.Sequential([hub.KerasLayer('https://tfhub.dev/a/b/1')])",
            "hub.KerasLayer('https://tfhub.dev/a/b/1')",
        ),
        (
            "S.from_pretrained('a/b', scheduler=E.from_pretrained(a/b, subfolder=scheduler))",
            "S.from_pretrained('a/b', scheduler=E.from_pretrained('a/b', subfolder='scheduler'))",
        ),
        (
            "S.from_pretrained('a/b', vae='V.from_pretrained(a/vae-x)')",
            "S.from_pretrained('a/b', vae=V.from_pretrained('a/vae-x'))",
        ),
    ],
)
def test_calls_are_mended_where_a_person_sees_what_was_meant(published: str, mended: str) -> None:
    assert mend(published).call.render() == mended


def test_sound_calls_stay_as_they_are() -> None:
    call = "pipeline('text-classification', model='acme/mood-well-known', top_k=None)"
    assert mend(call).call.render() == call


def test_names_that_the_example_defines_are_written_out() -> None:
    example = (
        "model_id = 'https://tfhub.dev/acme/v3/1'\nmodel = tf.keras.Sequential([hub.KerasLayer(model_id)])"
    )
    call = mend("tf.keras.Sequential([hub.KerasLayer(model_id)])", example).call
    assert call.render() == "hub.KerasLayer('https://tfhub.dev/acme/v3/1')"


def test_a_call_of_the_loaded_object_becomes_the_call_that_loaded_it() -> None:
    example = "classifier = pipeline(zero-shot-classification, model=acme/labels)\nclassifier(text)"
    call = mend("classifier(text, candidate_labels)", example).call
    assert call.render() == "pipeline('zero-shot-classification', model='acme/labels')"


@pytest.mark.parametrize(
    "text", ["./run.sh --download_model mio/voice", "mlagents-load-from-hf --repo-id='a/b'"]
)
def test_shell_commands_are_no_calls(text: str) -> None:
    with pytest.raises(UnparseableCall, match="shell command"):
        mend(text)


def test_another_model_in_a_nested_loader_chooses_the_api(tmp_path: Path) -> None:
    call = (
        "StableDiffusionPipeline.from_pretrained('acme/paint', vae=AutoencoderKL.from_pretrained('acme/vae'))"
    )
    [doc], _ = read(tmp_path, Hub.HUGGINGFACE, RECORD | {"api_call": call})
    assert doc.id == "huggingface:acme/vae"
    assert check_doc(doc).identifying.keys() == {"pretrained_model_name_or_path", "vae"}


def test_the_entrypoints_own_selector_identifies_the_call(tmp_path: Path) -> None:
    record = RECORD | {
        "domain": "Classification",
        "api_call": "torch.hub.load(repo_or_dir='acme/nets', 'nets', model='net50', pretrained=True)",
        "api_arguments": ["model_name", "pretrained"],
    }
    [doc], _ = read(tmp_path, Hub.TORCHHUB, record)
    assert doc.id == "torchhub:acme/nets:nets:net50"
    assert check_doc(doc).identifying["model_name"] == "'net50'"


def test_a_doc_carries_upstreams_facts_and_the_published_call(tmp_path: Path) -> None:
    [doc], bad = read(tmp_path, Hub.HUGGINGFACE, RECORD | {"api_call": RECORD["api_call"] + "."})
    assert not bad
    assert (doc.id, doc.domain) == ("huggingface:acme/depth-small", Domain.DEPTH_ESTIMATION)
    assert doc.source_domain == RECORD["domain"]
    assert (doc.call, doc.facts["api_call"]) == (RECORD["api_call"], RECORD["api_call"] + ".")
    assert doc.description == RECORD["description"]
    assert doc.example == "from transformers import pipeline\ndepth(image)"
    assert doc.performance == {"NYU": {"accuracy": 91.5}}
    assert doc.facts["datasets"] == ("NYU",)
    assert doc.source_url == "https://huggingface.co/acme/depth-small"


def test_equal_calls_stay_apart_with_numbered_ids_in_file_order(tmp_path: Path) -> None:
    docs, _ = read(tmp_path, Hub.HUGGINGFACE, RECORD, RECORD, RECORD | {"functionality": "other"})
    assert [doc.id.removeprefix("huggingface:acme/") for doc in docs] == [
        "depth-small",
        "depth-small#2",
        "depth-small#3",
    ]


def test_broken_lines_are_quarantined_with_their_number(tmp_path: Path) -> None:
    docs, bad = read(
        tmp_path,
        Hub.HUGGINGFACE,
        RECORD,
        "{not json",
        "[]",
        RECORD | {"api_call": "./run.sh --x"},
        RECORD | {"domain": "Alchemy"},
    )
    assert len(docs) == 1
    assert [text.partition(":")[0] for text in bad] == [f"docs_api.jsonl, line {n}" for n in (2, 3, 4, 5)]
    assert "'alchemy'" in bad[3]


@pytest.mark.parametrize(
    ("functionality", "domain"),
    [
        ("Speech-To-Text", Domain.AUTOMATIC_SPEECH_RECOGNITION),
        ("Computing relative depth from a single image", Domain.DEPTH_ESTIMATION),
        ("Generative Adversarial Networks", Domain.UNCONDITIONAL_IMAGE_GENERATION),
        ("Deep Residual Networks", Domain.IMAGE_CLASSIFICATION),
    ],
)
def test_torchhubs_empty_label_is_decided_by_the_functionality(
    tmp_path: Path, functionality: str, domain: Domain
) -> None:
    record = RECORD | {
        "domain": "Classification",
        "functionality": functionality,
        "api_call": "torch.hub.load('acme/x', 'y')",
    }
    [doc], _ = read(tmp_path, Hub.TORCHHUB, record)
    assert (doc.domain, doc.source_domain) == (domain, "Classification")


def test_a_folder_stands_for_its_hubs_file_and_a_missing_one_names_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "huggingface_api.jsonl").write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    seen: list[tuple[int, int]] = []
    assert (
        len(ApiBench(Hub.HUGGINGFACE).read(tmp_path, lambda done, total: seen.append((done, total))).docs)
        == 1
    )
    assert seen == [(1, 1)]
    with pytest.raises(SourceError, match=r"torchhub_api\.jsonl"):
        ApiBench(Hub.TORCHHUB).read(tmp_path)


@pytest.mark.parametrize("nothing", [None, "", "N/A", "n/a", "Not provided", "not specified", "None", "-"])
def test_words_for_nothing_are_nothing(nothing: object) -> None:
    assert text_of(nothing) == ""
    assert performance_of({"dataset": nothing, "accuracy": nothing}) == ({}, ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tensorflow, tensorflow_hub", ("tensorflow", "tensorflow_hub")),
        ("!pip install timm", ("timm",)),
        ("pip install -U yolov5", ("yolov5",)),
        (["transformers==4.24.0", "torch"], ("transformers==4.24.0", "torch")),
        (
            {"tensorflow": ">=2.0", "torch": "1.0.0", "PIL": "Image"},
            ("tensorflow>=2.0", "torch==1.0.0", "PIL"),
        ),
        ({"packages": ["transformers", "PIL"]}, ("transformers", "PIL")),
        ({"huggingface": {"transformers": "latest"}}, ("transformers",)),
        (None, ()),
    ],
)
def test_requirements_of_every_shape(value: object, expected: tuple[str, ...]) -> None:
    assert requirements_of(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("image, question", [("image", "any"), ("question", "any")]),
        (["model_name", "pretrained=True"], [("model_name", "any"), ("pretrained", "bool")]),
        ({"pretrained": "True", "topN": 6}, [("pretrained", "bool"), ("topN", "int")]),
        ([{"name": "size", "type": "integer", "description": "edge"}], [("size", "int")]),
        ([{"text": "string"}], [("text", "str")]),
        (["URL of the model", "'quoted'"], []),
        ("N/A", []),
        (None, []),
    ],
)
def test_arguments_of_every_shape(value: object, expected: list[tuple[str, str]]) -> None:
    assert [(argument.name, argument.type.value) for argument in arguments_of(value)] == expected


def test_a_described_argument_keeps_its_default_and_type() -> None:
    [argument] = arguments_of([{"name": "size", "type": "integer", "default": 224, "description": "edge"}])
    assert (argument.type, argument.default, argument.description) == (ArgumentType.INT, "224", "edge")


@pytest.mark.parametrize(
    ("value", "figures", "datasets"),
    [
        (
            {"dataset": "ImageNet", "accuracy": {"top_1": 74.5}, "params": 32},
            {"ImageNet": {"top_1": 74.5, "params": 32}},
            ("ImageNet",),
        ),
        ({"dataset": "opus", "accuracy": {"BLEU": {"en-fr": 34}}}, {"opus": {"BLEU en-fr": 34}}, ("opus",)),
        ({"dataset": [{"name": "MMLU", "accuracy": "75.2%"}]}, {"MMLU": {"accuracy": 75.2}}, ("MMLU",)),
        ({"dataset": {"XNLI": {"accuracy": 85.5}}}, {"XNLI": {"accuracy": 85.5}}, ("XNLI",)),
        ({"dataset": ["A", "B"], "accuracy": "good"}, {"A, B": {"accuracy": "good"}}, ("A", "B")),
        (
            [{"dataset": "A", "accuracy": 1}, {"dataset": "B", "accuracy": 2}],
            {"A": {"accuracy": 1}, "B": {"accuracy": 2}},
            ("A", "B"),
        ),
        ({"dataset": "COCO", "accuracy": [{"model": "m", "IoU": 66}]}, {"COCO": {"m IoU": 66}}, ("COCO",)),
        ({"dataset": "A", "accuracy": float("nan")}, {}, ("A",)),
        ("fast", {}, ()),
    ],
)
def test_figures_of_every_shape(value: object, figures: dict[str, Any], datasets: tuple[str, ...]) -> None:
    assert performance_of(value) == (figures, datasets)


def test_example_code_of_every_shape_becomes_lines() -> None:
    assert code_of({"import": ["import a", "import b"], "run": "a.run()"}) == "import a\nimport b\na.run()"
    assert code_of({"import a": "", "a.run()": ""}) == "import a\na.run()"
    assert code_of("N/A") == code_of(None) == ""
