from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_docs.catalogue import Catalogue, entry_of
from api_docs.models import ApiDoc
from api_docs.response import parse_response
from api_docs.verification import verify
from retriever.prompt import framework_of
from service.generators.arguments import carry
from service.generators.base import Constraint
from service.generators.constraint import constraint_from
from service.generators.slots import slots_of, with_value
from tests.service.grounded_cases import CASES, DOCS, Case

CATALOGUE = Catalogue(DOCS.values())
_TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)"|(?P<kept>\[(?:[^\]\\]|\\.)*\]|[|?+*()]|\{\d+,\d+\})|(?P<rule>\w+)|\s+'
)


def pattern_of(constraint: Constraint) -> re.Pattern[str]:
    """The grammar as a regular expression: it is regular, so every rule can be written out in place."""
    lines = (constraint.grammar or "").strip().splitlines()
    rules = dict(line.split(" ::= ", 1) for line in lines)
    return re.compile(written_out("root", rules))


def written_out(name: str, rules: dict[str, str]) -> str:
    found, rest = "", rules[name]
    while rest:
        token = _TOKEN.match(rest)
        assert token is not None, rest
        if token["text"] is not None:
            found += f"(?:{re.escape(unescaped(token['text']))})"
        elif token["rule"]:
            found += f"(?:{written_out(token['rule'], rules)})"
        elif token["kept"]:
            found += "(?:" if token["kept"] == "(" else token["kept"]
        rest = rest[token.end() :]
    return found


def unescaped(text: str) -> str:
    """As xgrammar and llama.cpp read a terminal."""
    hexadecimal = re.sub(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})", lambda m: chr(int(m[1] or m[2], 16)), text)
    return re.sub(r'\\(["\\])', r"\1", hexadecimal).replace("\\n", "\n")


def answer(call: str, domain: str = "image-classification", provider: str = "PyTorch") -> str:
    head = f"<<<domain>>>: {domain}\n<<<api_call>>>: {call}\n"
    return f"{head}<<<api_provider>>>: {provider}\n<<<explanation>>>: It fits."


def entries(*doc_ids: str) -> Constraint:
    return constraint_from([CATALOGUE.entry(doc_id) for doc_id in doc_ids])


RESNET = "torchhub:pytorch/vision:resnet50"
EVERY = pattern_of(entries(*DOCS))


@pytest.mark.parametrize(
    "call",
    [
        "torch.hub.load('pytorch/vision', 'resnet50', weights='IMAGENET1K_V1')",
        "torch.hub.load('pytorch/vision', 'resnet50', weights=None, num_classes=10)",
        "torch.hub.load('pytorch/vision', 'resnet50', weights='IMAGENET1K_V2', progress=False)",
    ],
)
def test_the_calls_of_a_doc_may_be_written(call: str) -> None:
    assert pattern_of(entries(RESNET)).fullmatch(answer(call))
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
    assert not pattern_of(entries(RESNET)).fullmatch(answer(call))


@pytest.mark.parametrize("doc_id", sorted(DOCS))
def test_every_template_may_be_written(doc_id: str) -> None:
    assert EVERY.fullmatch(answer(CATALOGUE.entry(doc_id).call.render()))


@given(st.from_regex(EVERY, fullmatch=True))
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=200)
def test_every_answer_that_the_grammar_allows_verifies(text: str) -> None:
    call = parse_response(text).call
    assert call is not None
    verdict = verify(call, CATALOGUE)
    assert verdict.verified, verdict.message


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
    assert (pattern_of(constraint_from([entry])).fullmatch(text) is None) == shut


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
    grammar = constraint_from([entry])
    assert (grammar.grammar or "").isascii()
    assert pattern_of(grammar).fullmatch(text)


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


def test_without_docs_there_is_no_constraint() -> None:
    with pytest.raises(ValueError, match="without a constraint"):
        constraint_from([])


def test_a_constraint_is_exactly_one_thing() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Constraint()
    with pytest.raises(ValueError, match="exactly one"):
        Constraint(grammar='root ::= "a"', choice=("a",))
