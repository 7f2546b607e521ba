"""Warnings name what is true of a call and nothing else; a pinned call still verifies."""

from __future__ import annotations

import ast

import pytest

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.models import ApiDoc, Argument
from api_docs.snippets import pinned, render_code, warnings_for
from api_docs.verification import check_call, verify
from tests.api_docs.snippet_cases import CASES, Case

SHA = "0123456789abcdef0123456789abcdef01234567"


def entry(
    call: str, hub: str = "huggingface", domain: str = "text-classification", **fields: object
) -> Entry:
    return entry_of(
        ApiDoc.model_validate(
            {"id": f"{hub}:x", "hub": hub, "domain": domain, "name": "x", "call": call, **fields}
        )
    )


def said(call: str, hub: str = "huggingface", given: str = "", **fields: object) -> str:
    """The warnings for a call (the template, or another call of the same API), as one text."""
    subject = entry(call, hub, **fields)
    return "\n".join(warnings_for(parse_call(given or call), subject))


# --- remote code and pickles --------------------------------------------------------------------------


def test_torch_hub_runs_the_repositorys_code_and_loads_pickles() -> None:
    text = said("torch.hub.load('a/b', 'net')", "torchhub")

    assert "executes its hubconf.py, after asking once" in text
    assert "torch.hub weights are pickled" in text


@pytest.mark.parametrize(
    ("value", "how"),
    [("True", "without asking"), ("False", "after asking you"), ("None", "with a warning only")],
)
def test_trust_repo_says_whether_torch_asks(value: str, how: str) -> None:
    template = "torch.hub.load('a/b', 'net')"

    assert how in said(template, "torchhub", f"torch.hub.load('a/b', 'net', trust_repo={value})")


def test_a_network_without_weights_loads_no_pickle() -> None:
    pretrained = Argument(name="pretrained", default="False")
    call = "torch.hub.load('a/b', 'net', pretrained=False)"

    assert "pickled" not in said(call, "torchhub", arguments=(pretrained,))


def test_trust_remote_code_is_flagged_where_it_is_true_only() -> None:
    call = "AutoModel.from_pretrained('a/b')"

    assert "trust_remote_code=True executes" in said(call, given=call[:-1] + ", trust_remote_code=True)")
    assert said(call, given=call[:-1] + ", trust_remote_code=False)") == ""
    assert "loads only with trust_remote_code=True" in said(call, facts={"custom_code": "true"})


def test_custom_pipelines_yaml_objects_and_lambdas_are_remote_code() -> None:
    assert "custom_pipeline downloads" in said(
        "DiffusionPipeline.from_pretrained('a/b', custom_pipeline='c/d')"
    )
    assert "YAML" in said("EncoderClassifier.from_hparams(source='a/b')")
    assert "YAML" in said("foreign_class(source='a/b', classname='C')")
    assert "safe_mode=False" in said("keras.models.load_model('m.keras', safe_mode=False)")


@pytest.mark.parametrize("call", ["eval('1')", "os.system('ls')", "pickle.load('x')", "subprocess.run('ls')"])
def test_a_call_that_can_run_anything_is_flagged(call: str) -> None:
    assert "can run anything" in said(call)


@pytest.mark.parametrize(
    "call",
    [
        "joblib.load(hf_hub_download('a/b', 'm.joblib'))",
        "load_from_hub(repo_id='a/b', filename='c.zip')",
        "from_pretrained_fastai('a/b')",
        "SequenceTagger.load('a/b')",
        "YOLO('a.pt')",
        "yolov5.load('a/b')",
        "Pipeline.from_pretrained('pyannote/x')",
        "load_model_ensemble_and_task_from_hf_hub('facebook/x')",
    ],
)
def test_libraries_of_pickles_are_flagged(call: str) -> None:
    assert "unpickling a crafted file can run code" in said(call)


def test_what_a_doc_records_about_pickles_is_believed() -> None:
    call = "AutoModel.from_pretrained('a/b')"

    assert "pickled, not safetensors" in said(call, facts={"pickled": "true"})
    assert "pickled, not safetensors" in said(call, given=call[:-1] + ", use_safetensors=False)")
    assert "in full" in said(call, given=call[:-1] + ", weights_only=False)")
    assert said(call, facts={"pickled": "false"}) == ""
    assert said("SequenceTagger.load('a/b')", facts={"pickled": "false"}) == ""


@pytest.mark.parametrize(
    ("call", "hub"),
    [
        ("hub.load('https://tfhub.dev/google/nnlm-en-dim50/2')", "tfhub"),
        ("pipeline('text-classification', model='a/b')", "huggingface"),
        ("SentenceTransformer('a/b')", "huggingface"),
        ("timm.create_model('resnet18', pretrained=True)", "huggingface"),
        ("fasttext.load_model('cc.en.300.bin')", "huggingface"),
        ("spacy.load('en_core_web_sm')", "huggingface"),
    ],
)
def test_a_call_without_risks_has_no_warnings(call: str, hub: str) -> None:
    assert said(call, hub) == ""


# --- access and releases ------------------------------------------------------------------------------


def test_a_dead_doc_says_when_it_was_last_looked_for() -> None:
    call = "AutoModel.from_pretrained('a/b')"

    assert "on 2026-11-20" in said(call, alive=False, last_checked="2026-11-20")
    assert "could not be found:" in said(call, alive=False)


@pytest.mark.parametrize("gate", ["true", "auto", "manual"])
def test_a_gate_is_named(gate: str) -> None:
    assert "Access is gated" in said("AutoModel.from_pretrained('a/b')", facts={"gated": gate})


def test_dropped_tasks_and_classes_name_the_release_that_has_them() -> None:
    assert "install 'transformers<5'" in said("pipeline('summarization', model='a/b')")
    assert "install 'transformers<4.42'" in said("pipeline('conversational', model='a/b')")
    assert "No release of transformers has a pipeline task 'ocr'" in said("pipeline('ocr', model='a/b')")
    assert "have no AutoModelWithLMHead" in said("AutoModelWithLMHead.from_pretrained('a/b')")
    assert "have no TFBertModel" in said("TFBertModel.from_pretrained('a/b')")
    assert "have no from_pretrained_keras" in said("from_pretrained_keras('a/b')")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_warning_is_one_plain_sentence_or_two(case: Case) -> None:
    subject = case.entry()
    sentences = warnings_for(subject.call, subject)

    assert len(set(sentences)) == len(sentences)
    assert all(text.endswith(".") and "\n" not in text and len(text) < 200 for text in sentences)


# --- pinning ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["torch.hub.load('a/b', 'net')", "torch.hub.load('a/b:main', model='net')"])
def test_a_repository_is_pinned_to_the_recorded_commit(call: str) -> None:
    subject = entry(call, "torchhub", "image-classification", source_revision=SHA)

    fixed = pinned(subject.call, subject)

    assert fixed is not None
    assert f"'a/b:{SHA}'" in fixed.render()
    assert "skip_validation=True" in fixed.render()  # torch looks for branches and tags only
    assert verify(fixed.render(), Catalogue([subject.doc])).verified


def test_a_tag_needs_no_skipped_validation() -> None:
    subject = entry("torch.hub.load('a/b', 'net')", "torchhub", source_revision="v0.10.0")

    fixed = pinned(subject.call, subject)

    assert fixed is not None
    assert fixed.render() == "torch.hub.load('a/b:v0.10.0', 'net')"


def test_helpers_of_a_pinned_repository_are_of_the_same_revision() -> None:
    subject = entry(
        "torch.hub.load('isl-org/MiDaS', 'MiDaS')", "torchhub", "depth-estimation", source_revision=SHA
    )

    code = render_code(subject.call, subject, pin_revision=True)

    assert code.count(f"'isl-org/MiDaS:{SHA}'") == 2


@pytest.mark.parametrize(
    "call",
    [
        "pipeline('text-classification', model='a/b')",
        "AutoModelForSequenceClassification.from_pretrained('a/b', revision='main')",
        "SentenceTransformer('a/b')",
        "DiffusionPipeline.from_pretrained('a/b')",
        "from_pretrained_fastai('a/b')",
    ],
)
def test_a_model_is_pinned_by_its_revision(call: str) -> None:
    subject = entry(call, source_revision=SHA)

    fixed = pinned(subject.call, subject)

    assert fixed is not None
    assert fixed.render().count("revision=") == 1
    assert f"revision='{SHA}'" in fixed.render()
    assert check_call(fixed, subject) is None
    assert f"revision='{SHA}'" in render_code(subject.call, subject, pin_revision=True)


def test_what_cant_be_pinned_says_so_in_the_code() -> None:
    note = "# The revision is not pinned: none is recorded, or this loader takes none."

    for call, fields in (
        ("AutoModel.from_pretrained('a/b')", {}),
        ("YOLO('a.pt')", {"source_revision": SHA}),
    ):
        subject = entry(call, **fields)
        assert pinned(subject.call, subject) is None
        assert note in render_code(subject.call, subject, pin_revision=True)
        assert note not in render_code(subject.call, subject)


def test_a_tfhub_address_is_a_version_already() -> None:
    subject = entry("hub.load('https://tfhub.dev/google/nnlm-en-dim50/2')", "tfhub", "feature-extraction")

    assert pinned(subject.call, subject) == subject.call


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_pinned_call_still_verifies_and_its_snippet_parses(case: Case) -> None:
    plain = case.entry()
    subject = entry_of(plain.doc.model_copy(update={"source_revision": SHA, "content_hash": ""}))

    fixed = pinned(subject.call, subject)

    assert fixed is None or check_call(fixed, subject) is None
    ast.parse(render_code(subject.call, subject, pin_revision=True))
