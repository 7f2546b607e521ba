"""Changes of APIs as the adaptation makes them, how they are asked for, and what answers are worth."""

# ruff: noqa: S311 - draws that can be repeated, no secrets

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.models import ApiDoc, Hub
from api_docs.verification import check_call, check_doc
from evaluation.refresh.changes import MAKERS, ArgumentChange, Change, Kind, says
from evaluation.refresh.choosing import CLEARLY, NARROW, Answer, Case, choose, leads_to
from evaluation.refresh.judging import judge, row_of
from evaluation.refresh.listings import Hubs
from evaluation.refresh.wording import Facts, wordings
from tests.retriever.conftest import make_doc
from tests.support import snapshot_catalogue

WHERE = {
    Kind.MODEL: set(Hub),
    Kind.ENTRYPOINT: set(Hub),
    Kind.REPOSITORY: set(Hub),
    Kind.VERSION: {Hub.TFHUB},
    Kind.ARGUMENT: {Hub.TORCHHUB},
}
"""The hubs that each kind applies to."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return snapshot_catalogue()


def changes(kind: Kind, catalogue: Catalogue, every: int = 11) -> Iterator[tuple[Entry, Change]]:
    draw = random.Random(1)
    for entry in catalogue.entries[::every]:
        if (change := MAKERS[kind](entry, catalogue, draw)) is not None:
            yield entry, change


def one(kind: Kind, entry: Entry, catalogue: Catalogue, seed: int = 1) -> Change:
    found = MAKERS[kind](entry, catalogue, random.Random(seed))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_applies_to_its_hubs(kind: Kind, catalogue: Catalogue) -> None:
    assert {change.after.hub for _, change in changes(kind, catalogue)} == WHERE[kind]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.MODEL])
def test_what_docs_become_verifies_and_is_another_call(kind: Kind, catalogue: Catalogue) -> None:
    for entry, change in changes(kind, catalogue):
        assert change.before == entry.doc
        assert change.docs[entry.doc.id] == change.after
        for doc in change.docs.values():
            check_doc(doc)
        assert change.after.call != entry.doc.call or change.argument is not None
        if change.argument is None:
            assert check_call(entry.call, entry_of(change.after)) is not None


def test_a_change_names_what_is_not_to_be_said(catalogue: Catalogue) -> None:
    """The oracle is the call: whatever of its identifying values is other than before."""
    for kind in (Kind.ENTRYPOINT, Kind.REPOSITORY, Kind.VERSION):
        for entry, change in changes(kind, catalogue):
            after = entry_of(change.after)
            differ = {
                value.strip("'")
                for name in entry.identifying.keys() | after.identifying.keys()
                if (entry.identifying.get(name)) != (after.identifying.get(name))
                for value in filter(None, (entry.identifying.get(name), after.identifying.get(name)))
            }
            callees = {entry.call.callee, after.call.callee}
            for value in callees if len(callees) == 2 else differ:
                assert says(f"Use {value} for this.", change), (value, change.unsaid)


def test_all_entrypoints_of_a_repository_move_together(catalogue: Catalogue) -> None:
    entry = catalogue.entry("torchhub:pytorch/vision:resnet50")
    moved = one(Kind.REPOSITORY, entry, catalogue).docs
    there = {doc.id for doc in catalogue.docs if doc.id.startswith("torchhub:pytorch/vision:")}
    assert moved.keys() == there
    repositories = {entry_of(doc).identifying["repo_or_dir"] for doc in moved.values()}
    assert len(repositories) == 1
    assert repositories.isdisjoint({"'pytorch/vision'"})
    assert not there & {doc.id for doc in moved.values()}


def test_all_that_an_entrypoint_loads_is_renamed_with_it(catalogue: Catalogue) -> None:
    entry = next(
        e for e in catalogue.entries if e.doc.id.startswith("torchhub:snakers4/silero-models:silero_tts:")
    )
    renamed = one(Kind.ENTRYPOINT, entry, catalogue).docs
    assert len(renamed) > 10
    assert all(":silero_tts:" in old for old in renamed)
    assert not any(":silero_tts:" in doc.id for doc in renamed.values())
    assert len({doc.id for doc in renamed.values()}) == len(renamed)


def test_a_version_goes_up_and_the_doc_keeps_its_id(catalogue: Catalogue) -> None:
    for entry, change in changes(Kind.VERSION, catalogue):
        old, new = (parse_call(doc.call).positional[0].strip("'") for doc in (entry.doc, change.after))
        assert old.rpartition("/")[0] == new.rpartition("/")[0]
        assert int(new.rpartition("/")[2]) > int(old.rpartition("/")[2])
        assert change.after.id == entry.doc.id
        assert change.after.source_revision == new.rpartition("/")[2]


def test_an_argument_is_renamed_or_gone_in_call_and_documentation(catalogue: Catalogue) -> None:
    seen = set()
    for entry, change in changes(Kind.ARGUMENT, catalogue, every=1):
        argument = change.argument
        assert argument is not None
        documented = {one.name for one in change.after.arguments}
        given, earlier = dict(parse_call(change.after.call).keywords), dict(entry.call.keywords)
        assert argument.name not in documented | given.keys()
        if argument.now is not None:
            assert argument.now in documented
            assert given.get(argument.now) == earlier.get(argument.name)
        assert (argument.name in earlier) == (not argument.statement)
        seen.add((argument.now is None, bool(argument.statement)))
    assert seen == {(gone, stated) for gone in (True, False) for stated in (True, False)}


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ("Sort photos with ResNet 50", "resnet50"),
        ("Sort photos with a res-net of 50 layers", None),
        ("Use go for it", "go"),
        ("Let it go on", "go"),
        ("I forgot it", None),
    ],
)
def test_names_are_found_however_they_are_written(instruction: str, said: str | None) -> None:
    doc = make_doc(
        "torchhub", "o/r:resnet50", "image-classification", "", "torch.hub.load('o/r', 'resnet50')"
    )
    change = Change(Kind.ENTRYPOINT, doc, {}, frozenset({"resnet50", "go"}))
    assert says(instruction, change) == said


def test_instructions_get_longer_and_end_with_the_statement(catalogue: Catalogue) -> None:
    doc = catalogue.doc("torchhub:pytorch/vision:resnet50")
    for named in (False, True):
        given = list(wordings(doc, random.Random(1), named=named, statement="Run it on the GPU."))
        found = [one.text for one in given]
        assert len(set(found)) == len(found) > 2
        assert all(one.endswith("Run it on the GPU.") for one in found)
        assert [len(one) for one in found] == sorted(len(one) for one in found)
        assert any("resnet50" in one for one in found) == named
        assert all(one.told < other.told for one, other in pairwise(given))


def test_facts_are_of_one_doc_alone_where_no_other_has_them_all(catalogue: Catalogue) -> None:
    """The oracle: an instruction of a doc is true of another one if that one could have been asked for so."""
    docs = catalogue.docs[::40]
    facts = Facts(docs)
    everything = {doc.id: [*wordings(doc, random.Random(1), named=True)][-1].told for doc in docs}
    seen = set()
    for doc in docs:
        for one in wordings(doc, random.Random(1)):
            others = [other for other, told in everything.items() if other != doc.id and one.told <= told]
            alone = facts.only_of(doc, one.told)
            assert not (alone and others)
            seen.add(alone)
    assert seen == {True, False}


# ---- choosing and judging ----------------------------------------------------------------------------------

BEFORE = make_doc(
    "torchhub",
    "o/r:birds",
    "image-classification",
    "",
    "torch.hub.load('o/r', 'birds', size='small')",
    arguments=[{"name": "size", "type": "str"}, {"name": "num_classes", "type": "int"}],
    facts={"uses": ["telling birds apart"]},
)
OTHER = make_doc("torchhub", "o/r:fish", "image-classification", "", "torch.hub.load('o/r', 'fish')")
AFTER = make_doc(
    "torchhub",
    "o/r:fowl",
    "image-classification",
    "",
    "torch.hub.load('o/r', 'fowl', size='small')",
    arguments=[{"name": "size", "type": "str"}, {"name": "num_classes", "type": "int"}],
)
RENAMED = Change(Kind.ENTRYPOINT, AFTER, {BEFORE.id: AFTER}, frozenset({"birds", "fowl"}), BEFORE)
VERSION = "0" * 12


def answered(doc: ApiDoc, call: str | None = None, version: str = VERSION) -> Answer:
    return Answer("verified", call or doc.call, doc.id, version)


def judged(
    change: Change, before: Answer, after: Answer, now: list[ApiDoc]
) -> tuple[str, bool | None, bool | None]:
    former = {before.call: change.after.id} if before.call and change.argument is None else {}
    published = Catalogue(now, former_calls=former)
    found = judge(Case(change, "Tell what flies there"), before, after, published, VERSION)
    assert found.row()["followed"] == (not found.missed)
    return found.missed, found.old_call_refused, found.names_the_new


def test_an_answer_that_follows_is_the_changed_docs_call() -> None:
    assert judged(RENAMED, answered(BEFORE), answered(AFTER), [AFTER, OTHER]) == ("", True, True)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (answered(BEFORE), answered(OTHER), "torchhub:o/r:fish answered"),
        (answered(BEFORE), answered(BEFORE), "torchhub:o/r:birds answered"),
        (answered(BEFORE), Answer("no_match", None, None, VERSION), "the answer is no_match"),
        (answered(BEFORE), answered(AFTER, version="1" * 12), "version '111111111111' answered"),
        (answered(OTHER), answered(AFTER), "before the change"),
    ],
)
def test_an_answer_that_does_not_follow_is_told_with_the_reason(
    before: Answer, after: Answer, why: str
) -> None:
    assert why in judged(RENAMED, before, after, [AFTER, OTHER])[0]


def test_an_old_call_that_still_verifies_is_no_success() -> None:
    _, refused, names = judged(RENAMED, answered(BEFORE), answered(AFTER), [BEFORE, AFTER])
    assert (refused, names) == (False, False)


def test_a_verdict_that_leads_elsewhere_does_not_name_the_new_call() -> None:
    published = Catalogue([AFTER, OTHER], former_calls={BEFORE.call: OTHER.id})
    found = judge(Case(RENAMED, "x"), answered(BEFORE), answered(AFTER), published, VERSION)
    assert (found.old_call_refused, found.names_the_new) == (True, False)


def argument_change(now: str | None, statement: str = "") -> Change:
    arguments = [{"name": now, "type": "str"}] if now else []
    call = f"torch.hub.load('o/r', 'birds', {now}='small')" if now else "torch.hub.load('o/r', 'birds')"
    after = make_doc("torchhub", "o/r:birds", "image-classification", "", call, arguments=arguments)
    return Change(
        Kind.ARGUMENT, after, {BEFORE.id: after}, frozenset(), BEFORE, ArgumentChange("size", now, statement)
    )


def test_a_renamed_argument_has_to_keep_its_value() -> None:
    change = argument_change("scale")
    now = [change.after]
    assert judged(change, answered(BEFORE), answered(change.after), now) == ("", True, True)
    wrong = answered(change.after, "torch.hub.load('o/r', 'birds', scale='large')")
    assert "scale" in judged(change, answered(BEFORE), wrong, now)[0]


def test_a_removed_argument_has_to_be_gone() -> None:
    change = argument_change(None)
    assert judged(change, answered(BEFORE), answered(change.after), [change.after]) == ("", True, True)


def test_a_new_model_must_not_have_been_known() -> None:
    change = Change(Kind.MODEL, AFTER, {AFTER.id: AFTER}, frozenset())
    assert judged(change, answered(OTHER), answered(AFTER), [AFTER, OTHER]) == ("", None, None)
    assert "known before" in judged(change, answered(AFTER), answered(AFTER), [AFTER, OTHER])[0]


def test_an_answer_leads_to_an_argument_only_where_it_gives_it() -> None:
    change = argument_change("scale")
    assert leads_to(answered(BEFORE), change)
    assert not leads_to(answered(BEFORE, "torch.hub.load('o/r', 'birds')"), change)
    assert not leads_to(answered(OTHER), change)


def test_cases_count_by_hub_and_by_what_they_came_to() -> None:
    published = Catalogue([AFTER, OTHER], former_calls={BEFORE.call: AFTER.id})
    case = Case(RENAMED, "x")
    found = [
        judge(case, answered(BEFORE), answered(doc), published, VERSION) for doc in (AFTER, AFTER, OTHER)
    ]
    assert row_of("another entrypoint", found, 7) == {
        "change": "another entrypoint",
        "changes": 3,
        "torchhub": 3,
        "tfhub": 0,
        "huggingface": 0,
        "docs passed over": 7,
        "followed": 2,
        "calls of before": 3,
        "refused now": 3,
        "verdict names the new one": 3,
    }


def useful(hub: str, name: str, use: str, call: str, **more: object) -> ApiDoc:
    return make_doc(hub, name, "image-classification", "", call, facts={"uses": [use]}, **more)


SHELF = Catalogue(
    [
        *(
            useful(
                "torchhub",
                f"o/r{number}:{thing}",
                f"telling {thing} apart",
                f"torch.hub.load('o/r{number}', '{thing}', weights='small')",
                arguments=[{"name": name} for name in ("num_classes", "pretrained", "weights")],
            )
            for number, thing in enumerate(("larch", "beech"))
        ),
        useful("tfhub", "g/one", "naming shells", "hub.load('https://tfhub.dev/g/one/1')"),
        useful("tfhub", "g/two", "naming coins", "hub.load('https://tfhub.dev/g/two/3')"),
        useful(
            "huggingface", "acme/x1", "sorting stamps", "pipeline('image-classification', model='acme/x1')"
        ),
        useful("huggingface", "acme/x2", "sorting maps", "pipeline('image-classification', model='acme/x2')"),
    ]
)


def knows(instruction: str) -> Answer:
    """The doc whose use is named, with its arguments; the entrypoints of torch.hub are names of things."""
    for doc in SHELF.docs:
        if str(doc.facts["uses"][0]) in instruction:  # type: ignore[index]
            classes = ", num_classes=12" if "classes" in instruction else ""
            return replace(answered(doc, doc.call.removesuffix(")") + classes + ")"), lead=1.0)
    return Answer("no_match", None, None, VERSION)


@pytest.mark.parametrize(
    ("kind", "hubs"),
    [
        (Kind.ENTRYPOINT, ["tfhub", "huggingface", "tfhub", "huggingface"]),
        (Kind.REPOSITORY, ["torchhub", "tfhub", "huggingface", "torchhub", "tfhub", "huggingface"]),
        (Kind.VERSION, ["tfhub", "tfhub"]),
        (Kind.ARGUMENT, ["torchhub", "torchhub"]),
    ],
)
def test_changes_are_chosen_from_the_hubs_in_turn_and_asked_for_without_saying_them(
    kind: Kind, hubs: list[str]
) -> None:
    chosen = choose(kind, SHELF, knows, 6, random.Random(1), lambda *_: None)
    assert [case.change.after.hub for case in chosen.cases] == hubs
    assert len({case.change.asked.id for case in chosen.cases}) == len(hubs)
    for case in chosen.cases:
        assert says(case.instruction, case.change) is None
        assert leads_to(knows(case.instruction), case.change)


def test_docs_to_which_no_instruction_leads_are_passed_over() -> None:
    chosen = choose(Kind.ENTRYPOINT, SHELF, knows, 6, random.Random(1), lambda *_: None)
    # What the two of torch.hub are for can't be said without their entrypoints.
    assert chosen.passed_over == 2


def test_docs_that_are_asked_for_narrowly_are_counted_apart() -> None:
    def hesitates(instruction: str) -> Answer:
        found = knows(instruction)
        return replace(found, lead=CLEARLY if found.doc_id in ("tfhub:g/one", "tfhub:g/two") else CLEARLY / 2)

    chosen = choose(Kind.REPOSITORY, SHELF, hesitates, 2 * NARROW, random.Random(1), lambda *_: None)
    assert {case.change.asked.id for case in chosen.cases} == {"tfhub:g/one", "tfhub:g/two"}
    assert [case.lead for case in chosen.narrow] == [CLEARLY / 2] * 2
    assert chosen.passed_over == 2


def test_the_instruction_that_leads_most_clearly_is_taken() -> None:
    def ask(instruction: str) -> Answer:
        return replace(knows(instruction), lead=100.0 / len(instruction))

    def longest(instruction: str) -> Answer:
        return replace(knows(instruction), lead=float(len(instruction)))

    shorter, longer = (
        choose(Kind.ARGUMENT, SHELF, one, 1, random.Random(1), lambda *_: None).cases[0]
        for one in (ask, longest)
    )
    assert shorter.change == longer.change
    assert len(shorter.instruction) < len(longer.instruction)
    assert longer.lead == len(longer.instruction)


def test_no_more_changes_are_chosen_than_are_asked_for() -> None:
    assert len(choose(Kind.REPOSITORY, SHELF, knows, 4, random.Random(1), lambda *_: None).cases) == 4


def test_hubs_keep_the_keys_of_records_whose_docs_are_renamed_twice() -> None:
    hubs = Hubs([BEFORE, OTHER])
    later = make_doc(
        "torchhub", "o/r:raptors", "image-classification", "", "torch.hub.load('o/r', 'raptors')"
    )
    hubs.change([RENAMED])
    hubs.change([Change(Kind.ENTRYPOINT, later, {AFTER.id: later}, frozenset(), AFTER)])
    new = make_doc("tfhub", "g/y", "audio-classification", "", "hub.load('https://tfhub.dev/g/y/1')")
    hubs.change([Change(Kind.MODEL, new, {new.id: new}, frozenset())])
    listed = {one.hub: ({doc.id for doc in one.docs}, one.records) for one in hubs.listings()}
    assert listed["torchhub"] == ({later.id, OTHER.id}, {later.id: BEFORE.id, OTHER.id: OTHER.id})
    assert listed["tfhub"] == ({new.id}, {new.id: new.id})
    assert listed["huggingface"] == (set(), {})
