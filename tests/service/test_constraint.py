from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.models import ApiDoc, Hub
from api_docs.response import parse_response
from api_docs.verification import verify
from retriever.prompt import framework_of
from service.generators.arguments import carry
from service.generators.base import Constraint
from service.generators.constraint import MAX_FURTHER, constraint_from
from service.generators.slots import slots_of, with_value
from service.schemas import GenerateRequest
from tests.service.grammar import ODD, Grammar
from tests.service.grounded_cases import CASES, DOCS, Case
from tests.support import snapshot_catalogue

CATALOGUE = Catalogue(DOCS.values())


def answer(
    call: str,
    domain: str = "image-classification",
    provider: str = "PyTorch",
    explanation: str = "It fits.",
) -> str:
    head = f"<<<domain>>>: {domain}\n<<<api_call>>>: {call}\n"
    return f"{head}<<<api_provider>>>: {provider}\n<<<explanation>>>: {explanation}"


def grammar_of(*entries: Entry) -> Grammar:
    return Grammar(constraint_from(entries))


def grammar(*doc_ids: str) -> Grammar:
    return grammar_of(*map(CATALOGUE.entry, doc_ids))


RESNET = "torchhub:pytorch/vision:resnet50"
EVERY = grammar(*DOCS)


@pytest.mark.parametrize(
    "call",
    [
        "torch.hub.load('pytorch/vision', 'resnet50', weights='IMAGENET1K_V1')",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=None, num_classes=10)",
        "torch.hub.load('pytorch/vision', 'resnet50', weights='IMAGENET1K_V2', progress=False)",
    ],
)
def test_the_calls_of_a_doc_may_be_written(call: str) -> None:
    assert grammar(RESNET).accepts(answer(call))
    assert verify(call, CATALOGUE).verified


@pytest.mark.parametrize(
    "call",
    [
        "torch.hub.load('pytorch/vision', 'resnet51', weights=None)",
        "torch.hub.load('elsewhere/vision', 'resnet50', weights=None)",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=None, trust_repo=True)",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=None, num_classes='ten')",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=None, num_classes=010)",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=None, num_classes=1, num_classes=2)",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=open('x'))",
        "os.system('true')",
        "",
    ],
)
def test_other_calls_may_not(call: str) -> None:
    assert not grammar(RESNET).accepts(answer(call))


@pytest.mark.parametrize("doc_id", sorted(DOCS))
def test_every_template_may_be_written(doc_id: str) -> None:
    assert EVERY.accepts(answer(CATALOGUE.entry(doc_id).call.render()))


def check_whole_and_cut_off(text: str, catalogue: Catalogue, cut: int) -> None:
    """An answer gives a call that verifies, and the same one when it is cut off behind it."""
    call = parse_response(text).call
    assert call is not None
    verdict = verify(call, catalogue)
    assert verdict.verified, verdict.message
    line = text.index("\n<<<api_provider>>>")
    assert call in text[:line]
    assert parse_response(text[: line + cut % (len(text) - line)]).call == call


@given(st.integers(0), st.integers(0))
@settings(max_examples=200)
def test_every_answer_that_the_grammar_allows_verifies(seed: int, cut: int) -> None:
    check_whole_and_cut_off(EVERY.written(random.Random(seed).randrange), CATALOGUE, cut)  # noqa: S311


@pytest.mark.parametrize("hub", list(Hub))
@given(seed=st.integers(0), cut=st.integers(0))
@settings(max_examples=100)
def test_every_answer_about_docs_of_the_snapshot_verifies(hub: Hub, seed: int, cut: int) -> None:
    catalogue, rng = snapshot_catalogue(), random.Random(seed)  # noqa: S311
    hub_entries = [entry for entry in catalogue.entries if entry.doc.hub == hub]
    text = grammar_of(*rng.sample(hub_entries, 3)).written(rng.randrange)
    check_whole_and_cut_off(text, catalogue, cut)


@given(seed=st.integers(0))
@settings(max_examples=100)
def test_of_two_lines_every_answer_verifies_and_no_third_is_allowed(seed: int) -> None:
    catalogue, rng = snapshot_catalogue(), random.Random(seed)  # noqa: S311
    found = Grammar(constraint_from(rng.sample(catalogue.entries, 3), two_lines=True))
    text = found.written(rng.randrange)
    assert text.count("\n") == 1
    assert not found.accepts(f"{text}\n<<<api_provider>>>: PyTorch")
    parsed = parse_response(text)
    assert parsed.call is not None
    assert verify(parsed.call, catalogue).verified
    assert parsed.domain in {entry.doc.domain.value for entry in catalogue.entries}


def test_every_template_of_the_snapshot_may_be_written_and_is_read_back() -> None:
    catalogue = snapshot_catalogue()
    for entry in catalogue.entries:
        call = entry.call.render()
        assert grammar_of(entry).accepts(call, "call"), call
        assert parse_response(answer(call, explanation="It ' \" ` (or so) = \\\\ }")).call == call


def test_the_longest_call_of_the_snapshot_fits_the_default_of_tokens_byte_by_byte() -> None:
    grammars = [grammar_of(entry) for entry in snapshot_catalogue().entries]
    head = len("<<<domain>>>: \n<<<api_call>>>: ") + max(found.longest("domain") for found in grammars)
    call = max(found.longest("call") for found in grammars)
    assert (head, call) == (83, 295)
    assert head + call < 0.75 * GenerateRequest(instruction="x").max_tokens


SHUT = {
    "features_only",
    "trust_remote_code",
    "cache_folder",
    "repo_or_dir",
    "run_opts",
    "quantization_config",
    "revision",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.instruction[:60])
def test_a_model_may_write_what_an_instruction_states_but_for_a_few_arguments(case: Case) -> None:
    entry = CATALOGUE.entry(case.doc_ids[0])
    order = list(slots_of(entry))
    changes = carry(case.instruction, entry)[1]
    call = entry.call
    for change in sorted(changes, key=lambda change: [*order, change.argument].index(change.argument)):
        call = with_value(call, entry, change.argument, change.value)
    shut = any(change.argument in SHUT for change in changes)
    text = answer(call.render(), entry.doc.domain, framework_of(entry.doc))
    assert grammar_of(entry).accepts(text) == (not shut)


def documenting(*names: str, name: str = "x", type: str = "int", default: str | None = None) -> Entry:
    """The entry of a doc with arguments of these names."""
    doc = {
        "id": f"acme:{name}",
        "hub": "acme",
        "domain": "text-generation",
        "name": name,
        "call": f"acme.load('{name}')",
        "arguments": [{"name": one, "type": type, "default": default} for one in names],
    }
    return entry_of(ApiDoc.model_validate(doc))


def chains(names: str) -> list[str]:
    """Every choice of some of these, in their order."""
    return [""] if not names else [*chains(names[1:]), *(names[0] + rest for rest in chains(names[1:]))]


def test_labels_that_are_not_ascii_or_span_lines_keep_the_grammar_whole() -> None:
    doc = ApiDoc.model_validate(
        {
            "id": "acme:x",
            "hub": "acme",
            "domain": "text-generation",
            "source_domain": 'a\n<<<api_call>>> "b" \\ 图 \U0001f600',
            "name": "x",
            "call": "acme.load('图\U0001f600\"')",
        }
    )
    entry = entry_of(doc)
    text = (
        '<<<domain>>>: a api_call "b" \\ 图 \U0001f600\n'
        f"<<<api_call>>>: {entry.call.render()}\n"
        "<<<api_provider>>>: acme\n"
        "<<<explanation>>>: x"
    )
    assert (constraint_from([entry]).grammar or "").isascii()
    assert grammar_of(entry).accepts(text)


def test_a_call_without_arguments_gets_none() -> None:
    doc = ApiDoc.model_validate(
        {
            "id": "acme:x",
            "hub": "acme",
            "domain": "text-generation",
            "name": "x",
            "call": "acme.load()",
            "arguments": [{"name": "size", "type": "int"}],
        }
    )
    assert '"acme.load(" ")"' in (constraint_from([entry_of(doc)]).grammar or "")


def test_further_arguments_are_at_most_four_each_once_in_a_fixed_order() -> None:
    found = grammar_of(documenting(*"abcdef"))
    calls = {tuple(chosen) for chosen in chains("abcdef")}
    accepted = {
        chosen
        for chosen in {*calls, ("b", "a"), ("a", "a"), ("a", "b", "a")}
        if found.accepts("acme.load('x'" + "".join(f", {name}=1" for name in chosen) + ")", "call")
    }
    assert accepted == {chosen for chosen in calls if len(chosen) <= MAX_FURTHER}


def test_docs_with_equal_arguments_share_their_rules() -> None:
    one, two = documenting(*"abcdef", name="x"), documenting(*"abcdef", name="y")
    assert len(grammar_of(one, two).rules) == len(grammar_of(one).rules) + 1


def test_no_argument_is_offered_that_python_could_not_read_or_that_is_long() -> None:
    found = grammar_of(documenting("lambda", "n" * 33, "n" * 32))
    offered = {
        name for name in ("lambda", "n" * 33, "n" * 32) if found.accepts(f"acme.load('x', {name}=1)", "call")
    }
    assert offered == {"n" * 32}


@pytest.mark.parametrize(
    "default", ["'<<<a>>>'", "nn.ReLU()", "'x'*2", '"x"', "'" + "x" * 60 + "'", "{'call': 1}", "'\\n'", "("]
)
def test_a_default_that_would_not_be_read_back_is_not_offered(default: str) -> None:
    doc = documenting("a", type="int", default=default).doc
    found = grammar_of(entry_of(doc))
    assert found.accepts("acme.load('x', a=5)", "call")
    assert not found.accepts(f"acme.load('x', a={default})", "call")


def test_the_number_types_of_tensorflow_are_its_own() -> None:
    doc = ApiDoc.model_validate(
        {
            "id": "acme:x",
            "hub": "acme",
            "domain": "text-generation",
            "name": "x",
            "call": "hub.KerasLayer('x')",
        }
    )
    found = grammar_of(entry_of(doc))
    assert found.accepts("hub.KerasLayer('x', dtype=tf.float16)", "call")
    assert not found.accepts("hub.KerasLayer('x', dtype=torch.float16)", "call")


@pytest.mark.parametrize(
    ("call", "explanation"),
    [
        ("AutoTokenizer.from_pretrained('acme/x')", "as AutoModel.from_pretrained('acme/y')"),
        ("acme.load(path)", "; path='elsewhere'"),
    ],
)
def test_beside_a_call_that_gives_way_an_explanation_holds_no_code(call: str, explanation: str) -> None:
    """Such an explanation would change what the answer is taken for."""
    doc = ApiDoc.model_validate(
        {"id": "acme:x", "hub": "acme", "domain": "text-generation", "name": "x", "call": call}
    )
    text = answer(call, "text-generation", "acme", explanation)
    assert parse_response(text).call != call
    assert not grammar_of(entry_of(doc)).accepts(text)
    assert grammar_of(entry_of(doc)).accepts(
        answer(call, "text-generation", "acme", "It fits: 'x', {\"} [a]".replace("{", ""))
    )
    assert grammar(RESNET).accepts(answer(CATALOGUE.entry(RESNET).call.render(), explanation=explanation))


@given(st.text(ODD + "<{abc", min_size=1, max_size=12))
def test_an_explanation_may_hold_all_but_what_begins_a_field_or_an_object(text: str) -> None:
    assert grammar(RESNET).accepts(text, "text") == (not set(text) & set("\n<>{"))


def test_without_docs_there_is_no_constraint() -> None:
    with pytest.raises(ValueError, match="without a constraint"):
        constraint_from([])


def test_a_constraint_is_exactly_one_thing() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Constraint()
    with pytest.raises(ValueError, match="exactly one"):
        Constraint(grammar='root ::= "a"', choice=("a",))
