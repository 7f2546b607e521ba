"""What a collection makes of a catalogue: renames, patience, refusals, and calls that are remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from api_docs.refresh.merging import Failed, HubMerge, Merged, Outcome, collapsed, merge
from api_docs.refresh.state import HubState, RefreshState
from api_docs.sources.base import Quarantined, SourceResult
from api_docs.upstreams.base import Collected
from api_docs.verification import verify
from tests.retriever.conftest import make_doc

HF = "huggingface"


def model(name: str, **more: object) -> ApiDoc:
    call = f"pipeline('image-classification', model='{name}')"
    return make_doc(HF, name, "image-classification", "Sorts photos.", call, **more)


def hub_doc(repository: str, entry: str, **more: object) -> ApiDoc:
    name = f"{repository}:{entry}"
    call = f"torch.hub.load('{repository}', '{entry}')"
    return make_doc("torchhub", name, "image-classification", "Sorts photos.", call, **more)


def with_call(doc: ApiDoc, call: str, **more: object) -> ApiDoc:
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | {"call": call} | more)


def collected(docs: Iterable[ApiDoc], records: Mapping[str, str] | None = None, **more: Any) -> Collected:
    parts = {name: more.pop(name) for name in ("quarantined", "aliases") if name in more}
    return Collected(SourceResult(list(docs), **parts), records=records or {}, **more)


def ten() -> list[ApiDoc]:
    return [model(f"a/m{number}") for number in range(10)]


def keys(docs: Iterable[ApiDoc]) -> dict[str, str]:
    return {doc.id: f"key of {doc.id}" for doc in docs}


def remembered(docs: Iterable[ApiDoc], **absent: int) -> RefreshState:
    return RefreshState(hubs={HF: HubState(records=keys(docs), absent=absent)})


def one(merged: Merged) -> HubMerge:
    (found,) = merged.hubs
    return found


def ids(merged: Merged) -> list[str]:
    return [doc.id for doc in merged.catalogue.docs]


# ---- sources that brought little or nothing ----------------------------------------------------------


def test_a_source_that_failed_keeps_its_docs_and_others_go_on() -> None:
    other = make_doc("tfhub", "g/x", "translation", "", "hub.load('https://tfhub.dev/g/x/1')")
    state = remembered(ten(), **{"huggingface:a/m3": 2})
    merged = merge(
        Catalogue([*ten(), other]),
        {
            HF: Failed("no answer"),
            "tfhub": collected([with_call(other, "hub.load('https://tfhub.dev/g/x/2')")]),
        },
        state,
    )
    assert [(hub.hub, hub.outcome, hub.reason) for hub in merged.hubs] == [
        (HF, Outcome.FAILED, "no answer"),
        ("tfhub", Outcome.COLLECTED, ""),
    ]
    assert [doc for doc in merged.catalogue.docs if doc.hub == HF] == ten()
    assert merged.catalogue.doc("tfhub:g/x").call.endswith("/2')")
    assert merged.state.of(HF) == state.of(HF)


@pytest.mark.parametrize(
    ("listed", "outcome"), [(9, Outcome.COLLECTED), (8, Outcome.SHRUNK), (0, Outcome.SHRUNK)]
)
def test_a_hub_may_shrink_by_a_tenth_and_no_more(listed: int, outcome: Outcome) -> None:
    merged = merge(Catalogue(ten()), {HF: collected(ten()[:listed])}, RefreshState())
    assert one(merged).outcome is outcome
    assert len(merged.catalogue) == 10
    if outcome is Outcome.SHRUNK:
        assert f"{listed} docs where there were 10" in one(merged).reason
        assert "--accept-shrink huggingface" in one(merged).reason
        assert merged.state.of(HF) == HubState()


def test_what_is_broken_does_not_count_as_listed() -> None:
    broken = [with_call(doc, "pipeline('x', modle='y')") for doc in ten()[:2]]
    merged = merge(Catalogue(ten()), {HF: collected([*broken, *ten()[2:]])}, RefreshState())
    assert one(merged).outcome is Outcome.SHRUNK
    assert len(one(merged).quarantined) == 2


def test_an_accepted_shrinking_removes_at_once_what_is_missing() -> None:
    merged = merge(Catalogue(ten()), {HF: collected(ten()[:4])}, RefreshState(), accept_shrink=[HF])
    assert ids(merged) == [doc.id for doc in ten()[:4]]
    assert one(merged).removed == tuple(doc.id for doc in ten()[4:])
    assert one(merged).outcome is Outcome.COLLECTED


def test_a_listing_that_is_not_complete_is_no_shrinking_and_takes_nothing_away() -> None:
    merged = merge(Catalogue(ten()), {HF: collected(ten()[:2], complete=False)}, RefreshState())
    assert len(merged.catalogue) == 10
    assert one(merged).state.absent == {}


def test_a_hub_that_is_new_comes_in_and_one_that_left_goes() -> None:
    pets = make_doc("pets", "list", "web-api", "Lists pets.", "requests.request('GET', 'https://p/pets')")
    there = merge(Catalogue(ten()), {"pets": collected([pets], {pets.id: "list"})}, RefreshState())
    assert pets.id in there.catalogue
    assert there.state.of("pets").records == {pets.id: "list"}
    gone = merge(there.catalogue, {}, there.state, left=["pets"])
    assert ids(gone) == [doc.id for doc in ten()]
    assert (one(gone).outcome, one(gone).removed) == (Outcome.LEFT, (pets.id,))
    assert "pets" not in gone.state.hubs


def test_hubs_that_nobody_asked_for_stay_as_they_are() -> None:
    mine = make_doc("mine", "x", "web-api", "", "mine.x()")
    state = RefreshState(hubs={"mine": HubState(records={"mine:x": "1"})})
    merged = merge(Catalogue([*ten(), mine]), {HF: collected(ten())}, state)
    assert merged.catalogue.version == Catalogue([*ten(), mine]).version
    assert merged.state.of("mine") == state.of("mine")


# ---- records that can't be docs ------------------------------------------------------------------------


def test_a_broken_record_is_set_aside_with_its_reason_and_the_rest_goes_on() -> None:
    wrong = with_call(ten()[0], "pipeline('image-classification', modle='a/m0')")
    strange = make_doc("tfhub", "x", "translation", "", "hub.load('x')")
    listed = [wrong, ten()[1], ten()[1], strange, *ten()[2:]]
    quarantined = [Quarantined("models/x.md", "no text")]
    merged = merge(Catalogue([]), {HF: collected(listed, quarantined=quarantined)}, RefreshState())
    assert ids(merged) == [doc.id for doc in ten()[1:]]
    reasons = {bad.record: bad.reason for bad in one(merged).quarantined}
    assert reasons["models/x.md"] == "no text"
    assert "modle" in reasons["huggingface:a/m0"]
    assert "listed before" in reasons["huggingface:a/m1"]
    assert "'tfhub'" in reasons["tfhub:x"]


@pytest.mark.parametrize("name", ["huggingface:a/m9", "a/m9", "key of huggingface:a/m9"])
def test_the_doc_of_a_record_that_broke_stays_however_often(name: str) -> None:
    catalogue, state = Catalogue(ten()), remembered(ten(), **{"huggingface:a/m9": 2})
    for _ in range(5):
        found = collected(ten()[:9], keys(ten()[:9]), quarantined=[Quarantined(name, "broken")])
        merged = merge(catalogue, {HF: found}, state)
        catalogue, state = merged.catalogue, merged.state
    assert "huggingface:a/m9" in catalogue
    assert state.of(HF).absent == {}


# ---- gone ------------------------------------------------------------------------------------------------


def listings(*complete: bool | None) -> list[tuple[int, dict[str, int]]]:
    """Docs and absences after each listing without the last doc; None for one that has it."""
    catalogue, state, found = Catalogue(ten()), RefreshState(), []
    for each in complete:
        docs = ten() if each is None else ten()[:9]
        merged = merge(catalogue, {HF: collected(docs, complete=each is not False)}, state)
        catalogue, state = merged.catalogue, merged.state
        found.append((len(catalogue), dict(state.of(HF).absent)))
    return found


def test_a_doc_without_successor_goes_with_the_third_complete_listing_in_a_row() -> None:
    last = "huggingface:a/m9"
    assert listings(True, True, True) == [(10, {last: 1}), (10, {last: 2}), (9, {})]
    assert listings(True, False, True, True) == [(10, {last: 1}), (10, {last: 1}), (10, {last: 2}), (9, {})]
    assert listings(True, True, None, True)[-1] == (10, {last: 1})


def test_a_doc_that_is_kept_is_as_it_was() -> None:
    dead = with_call(ten()[9], ten()[9].call, alive=False)
    merged = merge(Catalogue([*ten()[:9], dead]), {HF: collected(ten()[:9])}, RefreshState())
    assert merged.catalogue.doc(dead.id) == dead


# ---- renamed ---------------------------------------------------------------------------------------------


def test_the_same_record_under_a_new_id_is_a_rename_and_the_old_call_stops_verifying_at_once() -> None:
    old, new = ten()[9], model("b/new")
    found = collected([*ten()[:9], new], keys(ten()) | {new.id: f"key of {old.id}"})
    merged = merge(Catalogue(ten()), {HF: found}, remembered(ten()))
    catalogue = merged.catalogue
    assert one(merged).renamed == {old.id: new.id}
    assert catalogue.doc(old.id).id == new.id
    assert len(catalogue) == 10
    verdict = verify(old.call, catalogue)
    assert not verdict.verified
    assert (verdict.nearest, verdict.doc_id) == (new.call, new.id)
    assert old.id in verdict.message or new.id in verdict.message
    assert new.call in verdict.message
    assert verify(new.call, catalogue).doc_id == new.id


def test_the_source_may_say_itself_what_was_renamed() -> None:
    new = model("b/new")
    found = collected([*ten()[:9], new], aliases={"huggingface:a/m9": new.id, "huggingface:older": new.id})
    merged = merge(Catalogue(ten()), {HF: found}, RefreshState())
    assert one(merged).renamed == {"huggingface:a/m9": new.id}
    assert merged.catalogue.aliases == {"huggingface:a/m9": new.id, "huggingface:older": new.id}


def test_without_memory_a_new_id_with_the_same_call_is_a_rename() -> None:
    new = with_call(ten()[9], ten()[9].call, id="huggingface:image-classification/a/m9")
    merged = merge(Catalogue(ten()), {HF: collected([*ten()[:9], new])}, RefreshState())
    assert one(merged).renamed == {"huggingface:a/m9": new.id}
    assert merged.catalogue.former_calls == {}
    assert verify(new.call, merged.catalogue).doc_id == new.id


def test_a_name_that_another_record_takes_over_is_a_rename_too() -> None:
    """The record of m9 is called m8 now, and what m8 was is gone."""
    listed = ten()[:9]
    records = keys(listed) | {"huggingface:a/m8": "key of huggingface:a/m9"}
    merged = merge(Catalogue(ten()), {HF: collected(listed, records)}, remembered(ten()))
    assert one(merged).renamed == {"huggingface:a/m9": "huggingface:a/m8"}
    assert not verify(ten()[9].call, merged.catalogue).verified


def test_a_record_of_several_docs_is_no_rename_of_one_of_them() -> None:
    """One page makes two docs; one of them is missing, the other stays, two new ones come."""
    shared = {doc.id: "page" for doc in ten()}
    state = RefreshState(hubs={HF: HubState(records=shared)})
    merged = merge(Catalogue(ten()), {HF: collected(ten()[:9], shared)}, state)
    assert (one(merged).renamed, len(merged.catalogue)) == ({}, 10)
    new = [model("b/1"), model("b/2")]
    listed = [*ten()[:9], *new]
    merged = merge(Catalogue(ten()), {HF: collected(listed, dict.fromkeys(map(_id, listed), "page"))}, state)
    assert one(merged).renamed == {}


def _id(doc: ApiDoc) -> str:
    return doc.id


def renamed_in_turn(*names: str) -> Catalogue:
    """A catalogue whose one doc of a hub of ten bears these names, night after night."""
    catalogue, state = Catalogue([*ten()[:9], model(names[0])]), RefreshState()
    for name in names:
        doc = model(name)
        records = keys(ten()[:9]) | {doc.id: "the one"}
        merged = merge(catalogue, {HF: collected([*ten()[:9], doc], records)}, state)
        catalogue, state = merged.catalogue, merged.state
    return catalogue


def test_chains_of_renames_lead_to_the_last_name() -> None:
    catalogue = renamed_in_turn("x/1", "x/2", "x/3", "x/4")
    assert catalogue.aliases == {f"huggingface:x/{n}": "huggingface:x/4" for n in (1, 2, 3)}
    for name in ("x/1", "x/2", "x/3"):
        verdict = verify(model(name).call, catalogue)
        assert (verdict.verified, verdict.nearest) == (False, model("x/4").call)


def test_a_rename_that_is_taken_back_leaves_no_circle() -> None:
    catalogue = renamed_in_turn("x/1", "x/2", "x/1")
    assert catalogue.aliases == {"huggingface:x/2": "huggingface:x/1"}
    assert catalogue.former_calls == {model("x/2").call: "huggingface:x/1"}
    assert verify(model("x/1").call, catalogue).verified


def test_the_record_of_a_retired_id_is_remembered_for_a_rollback() -> None:
    old, new = ten()[9], model("b/new")
    records = keys(ten()[:9]) | {new.id: f"key of {old.id}"}
    after = merge(Catalogue(ten()), {HF: collected([*ten()[:9], new], records)}, remembered(ten()))
    again = merge(Catalogue(ten()), {HF: collected([*ten()[:9], new], records)}, after.state)
    assert again.catalogue.version == after.catalogue.version


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        ({"a": "b", "b": "c", "c": "x"}, {"a": "x", "b": "x", "c": "x"}),
        ({"a": "b", "b": "a"}, {}),
        ({"a": "gone"}, {}),
        ({"x": "y", "a": "x"}, {"a": "x"}),
    ],
)
def test_aliases_lead_to_what_there_is(aliases: dict[str, str], expected: dict[str, str]) -> None:
    assert collapsed(aliases, {"x", "y"}) == expected


# ---- the same doc, called otherwise --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [
        (
            "torch.hub.load('a/b', 'old_net')",
            "torch.hub.load('a/b', 'new_net')",
            "torch.hub.load('a/b', 'old_net', pretrained=True)",
        ),
        (
            "torch.hub.load('a/b', 'net')",
            "torch.hub.load('c/b', 'net')",
            "torch.hub.load('a/b', 'net')",
        ),
        (
            "torch.hub.load('a/b', 'net', model_name='one')",
            "torch.hub.load('a/b', 'net', model_name='two')",
            "torch.hub.load('a/b', 'net', model_name='one')",
        ),
        (
            "torch.hub.load('a/b', 'net', size=3)",
            "torch.hub.load('a/b', 'net', width=3)",
            "torch.hub.load('a/b', 'net', size=3)",
        ),
    ],
    ids=["entrypoint", "repository", "argument that selects", "renamed argument"],
)
def test_a_doc_that_is_called_otherwise_answers_for_its_former_call(
    before: str, after: str, asked: str
) -> None:
    def arguments(call: str) -> list[dict[str, object]]:
        name = next((name for name in ("model_name", "size", "width") if name in call), None)
        return [] if name is None else [{"name": name, "required": name == "model_name"}]

    doc = with_call(hub_doc("a/b", "net"), before, arguments=arguments(before))
    now = with_call(doc, after, arguments=arguments(after))
    others = [hub_doc("a/b", f"other_{number}") for number in range(3)]
    merged = merge(Catalogue([doc, *others]), {"torchhub": collected([now, *others])}, RefreshState())
    verdict = verify(asked, merged.catalogue)
    assert not verdict.verified
    assert (verdict.nearest, verdict.doc_id) == (after, now.id)


def test_a_new_version_of_a_handle_is_named_by_the_verdict_on_the_old_one() -> None:
    url = "https://tfhub.dev/google/yamnet/"
    doc = make_doc("tfhub", "google/yamnet", "audio-classification", "Sounds.", f"hub.load('{url}1')")
    now = with_call(doc, f"hub.load('{url}2')")
    merged = merge(Catalogue([doc]), {"tfhub": collected([now])}, RefreshState())
    verdict = verify(f"hub.load('{url}1')", merged.catalogue)
    assert (verdict.verified, verdict.nearest) == (False, now.call)
    assert now.id in verdict.message


def test_an_operation_that_moved_is_told_by_method_and_address() -> None:
    def operation(path: str, name: str = "pets") -> ApiDoc:
        call = f"requests.request('GET', 'https://p.example{path}')"
        return make_doc("pets", name, "web-api", "Lists pets.", call)

    others = [operation(f"/other/{number}", f"other{number}") for number in range(3)]
    merged = merge(
        Catalogue([operation("/pets"), *others]),
        {"pets": collected([operation("/v2/pets"), *others])},
        RefreshState(),
    )
    verdict = verify(operation("/pets").call, merged.catalogue)
    assert (verdict.verified, verdict.nearest) == (False, operation("/v2/pets").call)


def test_former_calls_go_with_their_doc_and_when_they_are_right_again() -> None:
    first, second = hub_doc("a/b", "net"), hub_doc("a/b", "other")
    moved = with_call(first, "torch.hub.load('a/b', 'net2')")
    there = merge(Catalogue([first, second]), {"torchhub": collected([moved, second])}, RefreshState())
    assert there.catalogue.former_calls == {first.call: first.id}
    back = merge(there.catalogue, {"torchhub": collected([first, second])}, there.state)
    assert back.catalogue.former_calls == {moved.call: first.id}
    gone = merge(there.catalogue, {"torchhub": collected([second])}, there.state, accept_shrink=["torchhub"])
    assert gone.catalogue.former_calls == {}


def test_a_catalogue_says_the_same_after_a_merge_with_what_it_has() -> None:
    catalogue = renamed_in_turn("x/1", "x/2")
    listed = [doc for doc in catalogue.docs if doc.hub == HF]
    merged = merge(catalogue, {HF: collected(reversed(listed))}, RefreshState())
    assert merged.catalogue.version == catalogue.version
    assert ids(merged) == [doc.id for doc in catalogue.docs]
