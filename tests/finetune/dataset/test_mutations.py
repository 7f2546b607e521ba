from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from api_docs.call import Call
from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.models import ApiDoc
from api_docs.verification import verify
from finetune.dataset.mutations import Kind, Mutation, Names, mutate
from finetune.dataset.splits import telling
from tests.finetune.dataset.cases import names, seeded, some_docs
from tests.retriever.conftest import make_doc
from tests.support import snapshot_catalogue

SEEDS = range(3)


def changed(entry: Entry, seed: object) -> Mutation:
    found = mutate(entry, names(), seeded(f"{seed} {entry.doc.id}"))
    assert found is not None, entry.doc.id
    return found


def mutations() -> list[tuple[Entry, Mutation]]:
    return [(entry, changed(entry, seed)) for entry in some_docs().entries for seed in SEEDS]


def test_every_changed_call_verifies_and_the_one_from_before_does_not() -> None:
    for before, mutation in mutations():
        now = Catalogue([mutation.entry.doc])
        verdict = verify(mutation.entry.call.render(), now)
        assert verdict.verified, (before.doc.id, verdict.message)
        assert verdict.doc_id == mutation.entry.doc.id
        assert not verify(before.call.render(), now).verified, (before.doc.id, mutation.entry.doc.call)


def test_no_changed_call_is_a_call_of_the_catalogue() -> None:
    whole = snapshot_catalogue()
    for before, mutation in mutations():
        assert not verify(mutation.entry.call.render(), whole).verified, (
            before.doc.id,
            mutation.entry.doc.call,
        )


def test_a_changed_doc_says_the_new_name_wherever_it_said_the_old_one() -> None:
    for before, mutation in mutations():
        gone = set(telling(before)) - set(telling(mutation.entry))
        said = json.dumps(
            mutation.entry.doc.model_dump(include={"call", "source_url", "example"}), default=str
        )
        for name in gone:
            if len(name) > 3:
                assert f"'{name}'" not in said, (before.doc.id, said)
                assert not re.search(rf"/{re.escape(name)}(?![\w.-])", said), (before.doc.id, said)
                assert name not in mutation.entry.doc.id.split(":"), before.doc.id


def test_the_arguments_of_a_changed_call_are_those_that_the_doc_documents() -> None:
    for before, mutation in mutations():
        entry = mutation.entry
        documented = {argument.name for argument in entry.doc.arguments}
        known = documented | entry.loader.parameters.keys() | dict(before.call.keywords).keys()
        assert dict(entry.call.keywords).keys() <= known, entry.doc.call
        assert len(documented) == len(entry.doc.arguments), entry.doc.arguments


def test_every_kind_of_change_happens() -> None:
    happened = Counter(kind for _, mutation in mutations() for kind in mutation.kinds)
    assert happened.keys() == set(Kind)
    assert min(happened.values()) >= 5, happened


def test_the_same_draw_changes_a_doc_in_the_same_way() -> None:
    for entry in some_docs().entries[::9]:
        assert changed(entry, 1).entry.doc == changed(entry, 1).entry.doc
        assert changed(entry, 1).entry.doc != changed(entry, 2).entry.doc


def test_names_that_were_made_up_vary() -> None:
    entry = snapshot_catalogue().entry("torchhub:pytorch/vision:resnet50")
    calls = {changed(entry, seed).entry.call.positional for seed in range(60)}
    assert len(calls) > 55


EXAMPLE = make_doc(
    "huggingface",
    "acme/net-5",
    "image-classification",
    "Tells birds apart; net-5 is by Acme.",
    "AutoModelForImageClassification.from_pretrained('acme/net-5')",
    example=(
        "model = AutoModelForImageClassification.from_pretrained('acme/net-5')\n"
        "processor = AutoImageProcessor.from_pretrained('acme/net-5')"
    ),
    source_url="https://huggingface.co/acme/net-5",
    facts={"publisher": "Acme", "library": "transformers"},
)


def test_example_name_id_and_text_change_with_the_call() -> None:
    for seed in range(60):
        mutation = changed(entry_of(EXAMPLE), seed)
        doc = mutation.entry.doc
        (name,) = telling(mutation.entry)
        assert doc.id == f"huggingface:{name}"
        assert doc.name == name
        assert doc.source_url == f"https://huggingface.co/{name}"
        if Kind.LOADER in mutation.kinds:
            assert doc.example == ""
        else:
            assert doc.example == EXAMPLE.example.replace(EXAMPLE.call, doc.call).replace("acme/net-5", name)
        owner, _, model = name.partition("/")
        assert doc.description == EXAMPLE.description.replace("net-5", model).replace(
            "Acme", owner_of(doc, owner)
        )


def owner_of(doc: ApiDoc, owner: str) -> str:
    """The publisher changes with the owner, and stays with him."""
    publisher = str(doc.facts["publisher"])
    assert publisher == ("Acme" if owner == "acme" else owner)
    return publisher


def test_a_new_loading_function_brings_its_library_along() -> None:
    catalogue = snapshot_catalogue()
    libraries = {
        entry.call.callee: {
            str(other.doc.facts.get("library")) for other in catalogue.with_callee(entry.call.callee)
        }
        for entry in catalogue.entries
    }
    entry = next(one for one in catalogue.entries if one.call.callee == "timm.create_model")
    seen = 0
    for seed in range(80):
        mutation = changed(entry, seed)
        if Kind.LOADER in mutation.kinds:
            seen += 1
            callee = mutation.entry.call.callee
            assert callee != "timm.create_model"
            assert str(mutation.entry.doc.facts.get("library")) in libraries[callee]
    assert seen >= 5


ARGUMENTS = make_doc(
    "torchhub",
    "acme/nets:net_a",
    "image-classification",
    "Tells birds apart.",
    "torch.hub.load('acme/nets', 'net_a', depth=3)",
    arguments=[
        {"name": "depth", "type": "int", "default": "2"},
        {"name": "num_classes", "type": "int", "default": "1000"},
    ],
    example="torch.hub.load('acme/nets', 'net_a', depth=3)",
)


@pytest.mark.parametrize("kind", [Kind.RENAMED, Kind.REMOVED, Kind.ADDED, Kind.DEFAULT])
def test_a_change_of_an_argument_shows_in_the_doc(kind: Kind) -> None:
    before = {argument["name"]: argument for argument in ARGUMENTS.model_dump()["arguments"]}
    seen = 0
    for seed in range(200):
        mutation = changed(entry_of(ARGUMENTS), seed)
        if mutation.kinds[0] is not kind or len(set(mutation.kinds) & ARGUMENT_KINDS) > 1:
            continue
        seen += 1
        after = {argument["name"]: argument for argument in mutation.entry.doc.model_dump()["arguments"]}
        given = dict(mutation.entry.call.keywords)
        gone, new = before.keys() - after.keys(), after.keys() - before.keys()
        if kind is Kind.RENAMED:
            assert (len(gone), len(new)) == (1, 1)
            assert after[new.pop()] | {"name": ""} == before[next(iter(gone))] | {"name": ""}
            assert ("depth" in given) is ("depth" not in gone)
        elif kind is Kind.REMOVED:
            assert (len(gone), len(new)) == (1, 0)
            assert given == ({} if gone == {"depth"} else {"depth": "3"})
        elif kind is Kind.ADDED:
            assert (len(gone), len(new)) == (0, 1)
            assert given.keys() - new == {"depth"}
        else:
            assert not gone
            assert not new
            assert (given, after) != ({"depth": "3"}, before)
        assert mutation.entry.doc.example in (mutation.entry.doc.call, "")
    assert seen >= 5


ARGUMENT_KINDS = {Kind.RENAMED, Kind.REMOVED, Kind.ADDED, Kind.DEFAULT}


def test_what_chooses_the_model_beside_the_entrypoint_changes_too() -> None:
    doc = make_doc(
        "torchhub",
        "a/b:meal:meal_resnest50",
        "image-classification",
        "Tells birds apart.",
        "torch.hub.load('a/b', 'meal', 'meal_resnest50')",
        arguments=[{"name": "model_name", "type": "str", "required": True}],
    )
    calls = [changed(entry_of(doc), seed).entry.call for seed in range(40)]
    assert any(call.positional[2] != "'meal_resnest50'" for call in calls)
    assert all(isinstance(call, Call) and len(call.positional) == 3 for call in calls)


def test_a_language_stays_the_language_that_the_doc_speaks_of() -> None:
    entry = snapshot_catalogue().entry("torchhub:snakers4/silero-models:silero_tts:ba:aigul_v2")
    for seed in range(40):
        given = dict(changed(entry, seed).entry.call.keywords)
        assert given["language"] == "'ba'"


def test_what_is_asked_something_stays_as_it_is() -> None:
    doc = make_doc(
        "shop",
        "orders",
        "web-api",
        "Lists orders.",
        "requests.request('GET', 'https://api.example.com/orders', params={'page': 1})",
        arguments=[{"name": "page", "type": "int", "place": "params"}],
    )
    assert mutate(entry_of(doc), names(), seeded(1)) is None


def test_a_catalogue_that_documents_no_argument_still_gives_new_ones() -> None:
    doc = make_doc(
        "torchhub", "a/b:net", "image-classification", "Tells birds apart.", "torch.hub.load('a/b', 'net')"
    )
    poor = Names(Catalogue([doc]))
    kinds = Counter()
    for seed in range(60):
        mutation = mutate(entry_of(doc), poor, seeded(seed))
        assert mutation is not None
        kinds.update(mutation.kinds)
    assert kinds[Kind.ADDED] > 0


def test_parts_that_are_made_up_make_no_name_of_the_catalogue_together() -> None:
    docs = [
        make_doc(
            "tfhub",
            f"acme/net/d{number}",
            "image-classification",
            "Tells birds apart.",
            f"hub.load('https://tfhub.dev/acme/net/d{number}/1')",
        )
        for number in range(9)
    ]
    whole = Catalogue(docs)
    real = {name for entry in whole.entries for name in telling(entry)}
    made = [mutate(entry_of(docs[0]), Names(whole), seeded(seed)) for seed in range(300)]
    found = {name for mutation in made if mutation for name in telling(mutation.entry)}
    assert len(found) > 100
    assert not found & real
