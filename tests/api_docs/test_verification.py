"""The verdict on a call: what is verified, what is refused, and with which reason."""

from __future__ import annotations

import pytest

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue, entry_of
from api_docs.errors import InvalidDoc
from api_docs.models import Argument, ArgumentType
from api_docs.verification import Reason, check_call, check_doc, verify
from tests.api_docs.conftest import make_doc

NET18 = "torchhub:acme/vision:net18"


@pytest.mark.parametrize(
    ("call", "reason", "argument"),
    [
        ("", Reason.NO_CALL, None),
        (" \n\t", Reason.NO_CALL, None),
        ("a model for images", Reason.NOT_A_CALL, None),
        ("torch.hub.load('acme/vision'", Reason.NOT_A_CALL, None),
        ("torch.hub.load(*names)", Reason.NOT_A_CALL, None),
        ("os.system('x')", Reason.UNKNOWN_CALLEE, None),
        ("torch.hub.Load('acme/vision', 'net18')", Reason.UNKNOWN_CALLEE, None),
        ("torch.hub.load('evil/vision', 'net18')", Reason.UNKNOWN_API, "repo_or_dir"),
        ("torch.hub.load('acme/vision', 'net19')", Reason.UNKNOWN_API, "model"),
        ("torch.hub.load('acme/vision')", Reason.UNKNOWN_API, "model"),
        ("torch.hub.load('acme/vision:main', 'net18')", Reason.UNKNOWN_API, "repo_or_dir"),
        ("torch.hub.load('acme/tagged', 'net')", Reason.UNKNOWN_API, "repo_or_dir"),
        ("torch.hub.load('acme/many', 'net', 'huge')", Reason.WRONG_IDENTITY, "model_name"),
        ("torch.hub.load('acme/many', 'net')", Reason.WRONG_IDENTITY, "model_name"),
        ("torch.hub.load('acme/vision', 'net18', source='local')", Reason.WRONG_IDENTITY, "source"),
        ("torch.hub.load('acme/vision', 'net18', weights=1)", Reason.UNKNOWN_ARGUMENT, "weights"),
        ("torch.hub.load('acme/vision', 'net18', True, True, 9, 9)", Reason.UNKNOWN_ARGUMENT, None),
        ("torch.hub.load('acme/vision', 'net18', repo_or_dir='x')", Reason.REPEATED_ARGUMENT, "repo_or_dir"),
        (
            "torch.hub.load('acme/vision', 'net18', True, pretrained=True)",
            Reason.REPEATED_ARGUMENT,
            "pretrained",
        ),
        ("torch.hub.load('acme/vision', 'net18', num_classes='ten')", Reason.WRONG_TYPE, "num_classes"),
        ("torch.hub.load('acme/vision', 'net18', pretrained=1)", Reason.WRONG_TYPE, "pretrained"),
        ("torch.hub.load('acme/vision', 'net18', progress=f())", Reason.UNSAFE_VALUE, "progress"),
        ("pipeline('fill-mask', model='acme/opinions')", Reason.UNKNOWN_API, "task"),
        ("pipeline(model='acme/opinions')", Reason.UNKNOWN_API, "task"),
        ("AutoModelForMaskedLM.from_pretrained('acme/bert', 'more')", Reason.UNKNOWN_ARGUMENT, None),
        ("PromptNet('acme/prompt', beams=5)", Reason.WRONG_IDENTITY, "beams"),
        ("PromptNet('acme/prompt')", Reason.WRONG_IDENTITY, "beams"),
        ("PromptNet('acme/prompt', 2, beams=4)", Reason.UNKNOWN_ARGUMENT, "#2"),
        ("load_from_hub('acme/player', 'other.zip')", Reason.UNKNOWN_API, "filename"),
        ("joblib.load(hf_hub_download('acme/wines', 'evil.joblib'))", Reason.UNKNOWN_API, "filename"),
    ],
)
def test_a_refusal_names_what_failed(
    handmade: Catalogue, call: str, reason: Reason, argument: str | None
) -> None:
    verdict = verify(call, handmade)
    assert (verdict.verified, verdict.reason, verdict.argument) == (False, reason, argument)
    assert verdict.rejected == call
    assert verdict.call is None
    assert len(verdict.message) > 10


@pytest.mark.parametrize(
    "call",
    [
        "torch.hub.load('acme/vision', 'net18')",
        "torch.hub.load('acme/vision', 'net18', False, progress=False, num_classes=10, force_reload=True)",
        "torch.hub.load('acme/vision:v0.10.0', 'net18', trust_repo=True, skip_validation=True)",
        "torch.hub.load('acme/many', 'net', model_name='large', pretrained=False)",
        "torch.hub.load('acme/speech', 'stt', 'en', device=torch.device('cuda'))",
        "torch.hub.load('acme/speech', 'stt', 'en', device='cuda:0')",
        "hub.load('https://tfhub.dev/acme/net/classification/5', tags=['serve'])",
        "hub.KerasLayer('https://tfhub.dev/acme/net/feature_vector/5', True, input_shape=(224, 224, 3))",
        "AutoModelForMaskedLM.from_pretrained('acme/bert', revision='0a1b2c3', torch_dtype=torch.bfloat16)",
        "AutoModelForMaskedLM.from_pretrained('acme/bert', revision='main', attn_implementation='sdpa')",
        "pipeline('text-classification', 'acme/opinions', tokenizer='acme/opinions', device=0)",
        "SentenceTransformer('acme/sentences', device='cpu', truncate_dim=64)",
        "DiffusionPipeline.from_pretrained('acme/pictures', torch_dtype=torch.float32, variant='fp16')",
        "timm.create_model('hf_hub:acme/vit', pretrained=False, num_classes=0)",
        "open_clip.create_model_and_transforms('hf-hub:acme/clip', pretrained=None)",
        "SpeakerRecognition.from_hparams('acme/voices', run_opts={'device': 'cuda'})",
    ],
)
def test_what_docs_and_signatures_allow_is_verified(handmade: Catalogue, call: str) -> None:
    verdict = verify(call, handmade)
    assert verdict.verified, verdict.message
    assert parse_call(str(verdict.call)) == parse_call(call)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        ("AutoModelForMaskedLM.from_pretrained('acme/bert', revision='refs/pr/1')", "revision"),
        ("AutoModelForMaskedLM.from_pretrained('acme/bert', config='evil/x')", "config"),
        (
            "AutoModelForMaskedLM.from_pretrained('acme/bert', attn_implementation='evil/x')",
            "attn_implementation",
        ),
        ("pipeline('text-classification', 'acme/opinions', tokenizer='evil/x')", "tokenizer"),
        ("DiffusionPipeline.from_pretrained('acme/pictures', custom_pipeline='evil/x')", "custom_pipeline"),
        ("timm.create_model('hf_hub:acme/vit', checkpoint_path='x.pth')", "checkpoint_path"),
        ("SpeakerRecognition.from_hparams('acme/voices', hparams_file='x.yaml')", "hparams_file"),
    ],
)
def test_an_argument_cannot_bring_in_other_code_or_weights(
    handmade: Catalogue, call: str, argument: str
) -> None:
    verdict = verify(call, handmade)
    assert (verdict.reason, verdict.argument) == (Reason.WRONG_IDENTITY, argument)
    assert "leave it out" in verdict.message


@pytest.mark.parametrize("hidden", ["trust_remote_code", "revision", "custom_pipeline"])
def test_nothing_that_matters_hides_inside_further_keywords(handmade: Catalogue, hidden: str) -> None:
    call = f"pipeline('text-classification', 'acme/opinions', model_kwargs={{'a': [{{'{hidden}': True}}]}})"
    verdict = verify(call, handmade)
    assert (verdict.reason, verdict.argument) == (Reason.UNSAFE_VALUE, "model_kwargs")
    assert hidden in verdict.message


def test_what_the_template_itself_says_is_taken_as_it_stands(handmade: Catalogue) -> None:
    nested = handmade.entry("huggingface:acme/edges")
    assert check_call(nested.call, nested) is None
    swapped = nested.doc.call.replace("acme/edges", "evil/edges")
    assert verify(swapped, handmade).reason is Reason.WRONG_IDENTITY


def test_the_hits_settle_which_of_several_docs_with_one_call_answers(handmade: Catalogue) -> None:
    call = "AutoModel.from_pretrained('acme/twin')"
    assert verify(call, handmade).doc_id == "huggingface:acme/twin-a"
    hits = [NET18, "huggingface:acme/twin-b", "huggingface:acme/twin-a"]
    assert verify(call, handmade, hits).doc_id == "huggingface:acme/twin-b"


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        ("torch.hub.load('acme/vision', 'net81')", "torch.hub.load('acme/vision', 'net18', pretrained=True)"),
        (
            "torch.hub.load('acme/many', 'net', 'larg')",
            "torch.hub.load('acme/many', 'net', 'large', pretrained=True)",
        ),
        (
            "hub.KerasLayer('https://tfhub.dev/acme/net/classification/5')",
            "hub.load('https://tfhub.dev/acme/net/classification/5')",
        ),
        ("BertModel.from_pretrained('acme/bert')", "AutoModelForMaskedLM.from_pretrained('acme/bert')"),
        ("SentenceTransformer('acme/sentences'", "SentenceTransformer('acme/sentences')"),
    ],
)
def test_a_refusal_names_the_nearest_valid_call(handmade: Catalogue, call: str, nearest: str) -> None:
    assert verify(call, handmade).nearest == nearest


def test_where_nothing_is_near_the_first_hit_is_named(handmade: Catalogue) -> None:
    assert verify("something else", handmade, ["no:such", NET18]).nearest == handmade.doc(NET18).call
    assert verify("something else", handmade).nearest is None


def test_a_similar_argument_is_offered(handmade: Catalogue) -> None:
    verdict = verify("torch.hub.load('acme/vision', 'net18', pretraind=True)", handmade)
    assert "did you mean 'pretrained'?" in verdict.message


def test_what_a_doc_documents_is_listed_where_no_argument_is_similar(handmade: Catalogue) -> None:
    verdict = verify("torch.hub.load('acme/vision', 'net18', zoom=2)", handmade)
    names = [repr(argument.name) for argument in handmade.doc(NET18).arguments]
    assert names
    assert verdict.message.endswith(f"documents no argument 'zoom'; it documents {', '.join(names)}")


def test_messages_stay_short_however_long_the_call(handmade: Catalogue) -> None:
    for value in ("x" * 3_000, "-" * 500, "["):
        for call in (f"torch.hub.load('acme/vision', '{value}')", f"{value}.load('x')", value * 2_000):
            verdict = verify(call, handmade)
            assert len(verdict.message) < 700
            assert len(str(verdict.rejected)) <= 2_000


def test_a_call_of_another_callee_is_not_this_entrys(handmade: Catalogue) -> None:
    problem = check_call(parse_call("f()"), handmade.entry(NET18))
    assert problem is not None
    assert problem.reason is Reason.UNKNOWN_CALLEE


def test_an_identifying_argument_that_the_template_leaves_out_chooses_another_api() -> None:
    entry = entry_of(make_doc("huggingface:x", "pipeline('translation')"))
    assert check_call(parse_call("pipeline('translation', model=None)"), entry) is None
    problem = check_call(parse_call("pipeline('translation', model='evil/x')"), entry)
    assert problem is not None
    assert (problem.reason, problem.argument) == (Reason.WRONG_IDENTITY, "model")


def test_positional_values_that_no_parameter_takes_must_be_the_templates_own() -> None:
    entry = entry_of(make_doc("huggingface:x", "PeftModel.from_pretrained('acme/base', 'acme/adapter')"))
    reasons = {
        "PeftModel.from_pretrained('acme/base', 'acme/adapter')": None,
        "PeftModel.from_pretrained('acme/base', 'evil/adapter')": Reason.UNKNOWN_ARGUMENT,
        "PeftModel.from_pretrained('acme/base')": Reason.MISSING_ARGUMENT,
    }
    for call, reason in reasons.items():
        problem = check_call(parse_call(call), entry)
        assert (problem.reason if problem else None) is reason


def test_a_required_argument_of_an_unknown_loader_may_stand_anywhere() -> None:
    doc = make_doc("huggingface:x", "PromptNet('acme/prompt')", Argument(name="model_id", required=True))
    assert check_call(parse_call(doc.call), entry_of(doc)) is None


def test_a_doc_whose_template_holds_an_undocumented_argument_is_refused() -> None:
    with pytest.raises(InvalidDoc, match="documents no argument 'wrong'"):
        check_doc(make_doc("tfhub:x", "hub.load('https://tfhub.dev/x/y/1', wrong=1)"))


def test_a_doc_whose_template_lacks_a_required_argument_is_refused() -> None:
    with pytest.raises(InvalidDoc, match="'kind' is required"):
        check_doc(make_doc("torchhub:x", "torch.hub.load('a', 'b')", Argument(name="kind", required=True)))


VALUES = {
    ArgumentType.BOOL: "True",
    ArgumentType.INT: "-3",
    ArgumentType.FLOAT: "0.5",
    ArgumentType.STR: "'x'",
    ArgumentType.LIST: "['x']",
    ArgumentType.DICT: "{'x': 1}",
    ArgumentType.DTYPE: "torch.float16",
    ArgumentType.DEVICE: "torch.device('cpu')",
}
ALSO = {
    (ArgumentType.FLOAT, ArgumentType.INT),
    (ArgumentType.DTYPE, ArgumentType.STR),
    (ArgumentType.DEVICE, ArgumentType.STR),
    (ArgumentType.DEVICE, ArgumentType.INT),
}
"""Types whose values another type takes too: 3 is a float, 'float16' a number type, 0 and 'cpu' devices."""


@pytest.mark.parametrize("documented", list(ArgumentType))
@pytest.mark.parametrize("given_type", list(VALUES))
def test_a_value_has_the_documented_type(documented: ArgumentType, given_type: ArgumentType) -> None:
    entry = entry_of(
        make_doc("torchhub:x", "torch.hub.load('a', 'b')", Argument(name="option", type=documented))
    )
    problem = check_call(parse_call(f"torch.hub.load('a', 'b', option={VALUES[given_type]})"), entry)
    fits = documented in (given_type, ArgumentType.ANY) or (documented, given_type) in ALSO
    assert (problem is None) == fits
    assert problem is None or problem.reason is Reason.WRONG_TYPE


@pytest.mark.parametrize("documented", list(ArgumentType))
def test_none_is_taken_for_every_type(documented: ArgumentType) -> None:
    entry = entry_of(
        make_doc("torchhub:x", "torch.hub.load('a', 'b')", Argument(name="option", type=documented))
    )
    assert check_call(parse_call("torch.hub.load('a', 'b', option=None)"), entry) is None
