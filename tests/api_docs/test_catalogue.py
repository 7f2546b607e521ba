"""A catalogue finds docs by id, alias and call, and its version tells what they say."""

from __future__ import annotations

import pytest

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue, entry_of, repository
from api_docs.errors import BrokenCatalogue, NotFound, UnparseableCall
from api_docs.models import Argument
from tests.api_docs.conftest import DOCS, make_doc, selector


def test_every_doc_is_found_by_its_id_and_by_its_call(any_catalogue: Catalogue) -> None:
    for entry in any_catalogue.entries:
        assert any_catalogue.entry(entry.doc.id) is entry
        assert entry in any_catalogue.candidates(entry.call)
        assert entry in any_catalogue.with_identity(entry.identity)
        assert entry in any_catalogue.with_callee(entry.call.callee)
        assert entry in any_catalogue.same_call(entry.doc.id)


def test_the_candidates_of_a_call_are_those_that_a_scan_finds(any_catalogue: Catalogue) -> None:
    """The oracle compares the loader's identifying arguments one by one."""
    for entry in any_catalogue.entries[:300]:
        scanned = [
            other
            for other in any_catalogue.with_callee(entry.call.callee)
            if all(
                other.accepts(name, entry.loader.value_of(entry.call, name)) for name in entry.loader.identity
            )
            and other.call.positional[: not entry.loader.identity]
            == entry.call.positional[: not entry.loader.identity]
        ]
        assert list(any_catalogue.candidates(entry.call)) == scanned


def test_docs_of_one_call_are_found_together(handmade: Catalogue) -> None:
    twins = ["huggingface:acme/twin-a", "huggingface:acme/twin-b"]
    assert [entry.doc.id for entry in handmade.same_call(twins[1])] == twins


def test_a_tf_hub_handle_is_one_api_whichever_callee_loads_it() -> None:
    handle = "'https://tfhub.dev/acme/net/1'"
    load, layer = (
        entry_of(make_doc("tfhub:x", f"{callee}({handle})")) for callee in ("hub.load", "hub.KerasLayer")
    )
    assert load.identity == layer.identity


def test_an_alias_leads_to_the_doc_that_replaced_it() -> None:
    catalogue = Catalogue(DOCS, {"torchhub:old/vision:net18": "torchhub:acme/vision:net18"})
    assert catalogue.doc("torchhub:old/vision:net18").id == "torchhub:acme/vision:net18"
    assert "torchhub:old/vision:net18" not in catalogue


def test_an_unknown_id_is_told_with_the_way_to_find_ids(handmade: Catalogue) -> None:
    with pytest.raises(NotFound, match=r"'torchhub:nope'.*search"):
        handmade.doc("torchhub:nope")


def test_an_id_that_stands_twice_is_refused_by_name() -> None:
    with pytest.raises(BrokenCatalogue, match="'torchhub:acme/vision:net18'"):
        Catalogue([*DOCS, DOCS[0]])


def test_a_template_that_is_no_call_is_refused() -> None:
    with pytest.raises(UnparseableCall):
        Catalogue([make_doc("tfhub:x", "hub.load(")])


def test_the_loader_and_the_required_arguments_of_the_doc_identify_a_call() -> None:
    doc = make_doc("torchhub:a:b:c", "torch.hub.load('a', 'b', 'c', pretrained=True)", selector("kind"))
    assert entry_of(doc).identifying == {"repo_or_dir": "'a'", "model": "'b'", "kind": "'c'"}


def test_everything_that_a_template_says_identifies_a_call_of_an_unknown_loader() -> None:
    doc = make_doc("huggingface:x", "PromptNet('x', beams=4)", Argument(name="beams"))
    assert entry_of(doc).identifying == {"#1": "'x'", "beams": "4"}


def test_a_call_at_the_recorded_revision_has_the_template_as_its_candidate(handmade: Catalogue) -> None:
    call = parse_call("torch.hub.load('acme/vision:v0.10.0', 'net18')")
    assert [entry.doc.id for entry in handmade.candidates(call)] == ["torchhub:acme/vision:net18"]
    assert handmade.candidates(parse_call("torch.hub.load('acme/vision:v0.11.0', 'net18')")) == ()
    assert handmade.candidates(parse_call("torch.hub.load('acme/tagged', 'net')")) == ()


def test_the_version_follows_what_docs_say_and_not_their_order() -> None:
    version = Catalogue(DOCS).version
    assert len(version) == 12
    assert Catalogue(reversed(DOCS)).version == version
    assert Catalogue(DOCS[1:]).version != version
    assert Catalogue([DOCS[0].model_copy(update={"alive": False}), *DOCS[1:]]).version != version
    assert Catalogue(DOCS, {"torchhub:old": DOCS[0].id}).version != version


def test_hubs_are_told_in_order_of_appearance(handmade: Catalogue) -> None:
    assert handmade.hubs == ("torchhub", "tfhub", "huggingface")
    assert len(handmade) == len(DOCS)


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("hub.load('https://tfhub.dev/acme/net/clasification/5')", "tfhub:acme/net/classification/5"),
        ("the model acme/sentences of sentence transformers", "huggingface:acme/sentences"),
        ("PIPELINE('text-classification', model='ACME/OPINIONS')", "huggingface:acme/opinions"),
    ],
)
def test_what_looks_like_a_call_finds_it(handmade: Catalogue, text: str, best: str) -> None:
    assert handmade.similar(text)[0].doc.id == best


@pytest.mark.parametrize("text", ["", "ab", "…", "\ud800", "x" * 100_000])
def test_what_looks_like_nothing_finds_nothing(handmade: Catalogue, text: str) -> None:
    assert handmade.similar(text) == []


def test_the_model_that_a_call_names_is_found_under_another_callee(handmade: Catalogue) -> None:
    found = handmade.otherwise_called(parse_call("AutoModel.from_pretrained('acme/bert')"))
    assert [entry.doc.id for entry in found] == ["huggingface:acme/bert"]
    assert handmade.otherwise_called(parse_call("AutoModelForMaskedLM.from_pretrained('acme/bert')")) == []
    assert handmade.otherwise_called(parse_call("f()")) == []


@pytest.mark.parametrize(
    ("value", "parts"),
    [("'a/b:v1'", ("a/b", "v1")), ("'a/b'", ("a/b", "")), ("name", ("name", ""))],
)
def test_a_repository_has_a_name_and_may_have_a_ref(value: str, parts: tuple[str, str]) -> None:
    assert repository(value) == parts
