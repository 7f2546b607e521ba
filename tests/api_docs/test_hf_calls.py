"""The call that loads a model of the hub: by library, class, task, family, and only with present classes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import transformers
from transformers.pipelines import get_supported_tasks

from api_docs.domains import Domain
from api_docs.errors import InvalidDoc
from api_docs.loaders import loader_of
from api_docs.sources.hf_calls import AUTO_CLASSES, FAMILY_CLASSES, PIPELINE_TASKS, loading_of
from api_docs.sources.hf_records import ModelRecord
from api_docs.sources.known.huggingface import CALLS, LEFT_OUT, RENAMED, canonical_id, left_out

SNIPPETS = {
    "timm": 'import timm\n\nmodel = timm.create_model("hf_hub:owner/model-name", pretrained=True)',
    "flair": 'from flair.models import SequenceTagger\n\ntagger = SequenceTagger.load("owner/model-name")',
    "odd": "this is no Python: owner/model-name",
}


def call(model_id: str, domain: Domain, **facts: object) -> str:
    record = replace(ModelRecord(model_id, task=domain.value), **facts)  # type: ignore[arg-type]
    return loading_of(record, domain, SNIPPETS).call


def test_the_list_of_pipeline_tasks_is_transformers_own() -> None:
    assert set(get_supported_tasks()) == PIPELINE_TASKS


def test_every_transformers_class_that_we_write_exists() -> None:
    written = {*AUTO_CLASSES.values(), *(owner for _, owner in FAMILY_CLASSES)}
    for template in CALLS.values():
        callee = template.partition("(")[0]
        if callee.endswith(".from_pretrained") and loader_of(callee).library == "transformers":
            written.add(callee.removesuffix(".from_pretrained"))
    assert {name for name in written if not hasattr(transformers, name)} == set()


@pytest.mark.parametrize(
    ("model_id", "domain", "facts", "expected"),
    [
        ("a/net", Domain.IMAGE_CLASSIFICATION, {}, "pipeline('image-classification', model='a/net')"),
        ("a/opus-mt-x", Domain.TRANSLATION, {}, "AutoModelForSeq2SeqLM.from_pretrained('a/opus-mt-x')"),
        ("a/sum", Domain.SUMMARIZATION, {}, "AutoModelForSeq2SeqLM.from_pretrained('a/sum')"),
        ("a/qa", Domain.QUESTION_ANSWERING, {}, "AutoModelForQuestionAnswering.from_pretrained('a/qa')"),
        ("a/T5-QA", Domain.QUESTION_ANSWERING, {}, "AutoModelForSeq2SeqLM.from_pretrained('a/T5-QA')"),
        ("a/DialoGPT", Domain.CONVERSATIONAL, {}, "AutoModelForCausalLM.from_pretrained('a/DialoGPT')"),
        ("a/blenderbot", Domain.CONVERSATIONAL, {}, "AutoModelForSeq2SeqLM.from_pretrained('a/blenderbot')"),
        (
            "a/bert",
            Domain.FILL_MASK,
            {"model_class": "AutoModelForMaskedLM"},
            "AutoModelForMaskedLM.from_pretrained('a/bert')",
        ),
        (
            "a/bert",
            Domain.FILL_MASK,
            {"model_class": "AutoModelWithLMHead"},
            "pipeline('fill-mask', model='a/bert')",
        ),
        (
            "a/pix2struct-x",
            Domain.IMAGE_TO_TEXT,
            {},
            "Pix2StructForConditionalGeneration.from_pretrained('a/pix2struct-x')",
        ),
        (
            "timm/net.in1k",
            Domain.IMAGE_CLASSIFICATION,
            {},
            "timm.create_model('hf_hub:timm/net.in1k', pretrained=True)",
        ),
        ("a/x", Domain.TOKEN_CLASSIFICATION, {"library": "flair"}, "SequenceTagger.load('a/x')"),
        (
            "a/x",
            Domain.SENTENCE_SIMILARITY,
            {"library_tags": ("sentence-transformers",)},
            "SentenceTransformer('a/x')",
        ),
        ("cross-encoder/ms", Domain.TEXT_RANKING, {}, "CrossEncoder('cross-encoder/ms')"),
        (
            "cross-encoder/nli",
            Domain.ZERO_SHOT_CLASSIFICATION,
            {"call": "CrossEncoder('cross-encoder/nli')"},
            "pipeline('zero-shot-classification', model='cross-encoder/nli')",
        ),
        ("a/sd", Domain.TEXT_TO_IMAGE, {"library": "diffusers"}, "DiffusionPipeline.from_pretrained('a/sd')"),
        (
            "a/sd-controlnet-canny",
            Domain.IMAGE_TO_IMAGE,
            {"library": "diffusers"},
            "ControlNetModel.from_pretrained('a/sd-controlnet-canny')",
        ),
        (
            "a/cats",
            Domain.UNCONDITIONAL_IMAGE_GENERATION,
            {"model_class": "DDPMPipeline", "call": "DDPMPipeline.from_pretrained('a/cats')"},
            "DDPMPipeline.from_pretrained('a/cats')",
        ),
        (
            "a/autotrain-x",
            Domain.TABULAR_CLASSIFICATION,
            {},
            "joblib.load(hf_hub_download('a/autotrain-x', 'model.joblib'))",
        ),
        (
            "sb3/ppo-CartPole-v1",
            Domain.REINFORCEMENT_LEARNING,
            {},
            "load_from_hub(repo_id='sb3/ppo-CartPole-v1', filename='ppo-CartPole-v1.zip')",
        ),
        (
            "a/yolov8m-x",
            Domain.OBJECT_DETECTION,
            {"library": "ultralytics"},
            "YOLO(hf_hub_download('a/yolov8m-x', 'best.pt'))",
        ),
        ("a/yolov5-x", Domain.OBJECT_DETECTION, {"library": "yolov5"}, "yolov5.load('a/yolov5-x')"),
        (
            "a/sepformer-x",
            Domain.AUDIO_TO_AUDIO,
            {"library": "speechbrain"},
            "SepformerSeparation.from_hparams(source='a/sepformer-x')",
        ),
        ("a/vits", Domain.TEXT_TO_SPEECH, {"library": "espnet"}, "Text2Speech.from_pretrained('a/vits')"),
        (
            "pyannote/x-diarization",
            Domain.VOICE_ACTIVITY_DETECTION,
            {},
            "Pipeline.from_pretrained('pyannote/x-diarization')",
        ),
        (
            "keras-io/old",
            Domain.IMAGE_SEGMENTATION,
            {},
            "keras.layers.TFSMLayer(snapshot_download('keras-io/old'), call_endpoint='serving_default')",
        ),
    ],
)
def test_each_kind_of_model_has_its_call(
    model_id: str, domain: Domain, facts: dict[str, object], expected: str
) -> None:
    assert call(model_id, domain, **facts) == expected


def test_the_cards_first_code_tells_nemos_class() -> None:
    text = "```python\nm = nemo_asr.models.EncDecCTCModel.from_pretrained(model_name='a/stt')\n```"
    found = call("a/stt", Domain.AUTOMATIC_SPEECH_RECOGNITION, library="nemo", text=text)
    assert found == "nemo_asr.models.EncDecCTCModel.from_pretrained('a/stt')"


def test_the_cards_first_code_is_the_last_resort() -> None:
    text = "```python\ntok = T.from_pretrained('a/x')\nmodel = GLiNER.from_pretrained('a/x')\n```"
    assert (
        call("a/x", Domain.TOKEN_CLASSIFICATION, library="own-kit", text=text)
        == "GLiNER.from_pretrained('a/x')"
    )


@pytest.mark.parametrize("library", ["mlconsole", "odd"])
def test_what_no_present_library_loads_is_refused(library: str) -> None:
    with pytest.raises(InvalidDoc, match="no call is known that loads a/x"):
        call("a/x", Domain.TABULAR_CLASSIFICATION, library=library)


def test_pickled_weights_are_known_by_their_library() -> None:
    pickled = loading_of(ModelRecord("a/x", library="sklearn"), Domain.TABULAR_REGRESSION, {})
    safe = loading_of(ModelRecord("a/x"), Domain.FILL_MASK, {})
    assert (pickled.pickled, safe.pickled) == (True, False)
    assert safe.environment == ("transformers", "torch")


def test_renamed_models_carry_their_present_names_in_one_step() -> None:
    assert canonical_id("gpt2") == "openai-community/gpt2"
    assert canonical_id("acme/own") == "acme/own"
    assert not RENAMED.keys() & RENAMED.values()


def test_a_call_that_we_know_is_not_of_a_model_that_we_leave_out() -> None:
    assert [model_id for model_id in CALLS if left_out(model_id)] == []
    assert all(reason for reason, _ in LEFT_OUT)
