"""What changed between two catalogues."""

from __future__ import annotations

from datetime import date

from api_docs.catalogue import Catalogue
from api_docs.diff import FieldChange, changed_fields, diff_catalogues
from api_docs.models import ApiDoc
from api_docs.stats import stats_of
from tests.retriever.conftest import make_doc, small_docs


def changed(doc: ApiDoc, **fields: object) -> ApiDoc:
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | fields)


def test_equal_catalogues_do_not_differ() -> None:
    found = diff_catalogues(Catalogue(small_docs()), Catalogue(small_docs()))
    assert found.empty
    assert found.before == found.after


def test_added_removed_and_changed_docs_are_told_apart() -> None:
    before = small_docs()
    after = [
        changed(before[0], license="mit"),
        *before[2:],
        make_doc("tfhub", "new", "translation", "", "hub.load('x')"),
    ]
    found = diff_catalogues(Catalogue(before), Catalogue(after))
    assert found.added == ("tfhub:new",)
    assert found.removed == (before[1].id,)
    assert [doc.id for doc in found.changed] == [before[0].id]
    assert found.changed[0].fields == (FieldChange(field="license", before=None, after="mit"),)
    assert not found.empty


def test_back_and_forth_are_each_others_mirror() -> None:
    before, after = Catalogue(small_docs()[:5]), Catalogue(small_docs()[2:])
    there, back = diff_catalogues(before, after), diff_catalogues(after, before)
    assert (there.added, there.removed) == (back.removed, back.added)


def test_fields_are_compared_one_by_one() -> None:
    doc = small_docs()[0]
    other = changed(
        doc,
        performance={"ImageNet-1K": {"acc@1": 81.0, "acc@5": 95.0}},
        facts={"language": ("en",)},
        arguments=[
            {"name": "progress", "type": "bool", "default": "True"},
            {"name": "weights", "type": "str", "default": "'DEFAULT'"},
        ],
        alive=False,
    )
    found = {change.field: (change.before, change.after) for change in changed_fields(doc, other)}
    assert found["performance.ImageNet-1K.acc@1"] == (80.858, 81.0)
    assert found["performance.ImageNet-1K.acc@5"] == (None, 95.0)
    assert found["facts.language"] == (None, ["en"])
    assert found["arguments.weights.default"] == ("None", "'DEFAULT'")
    assert found["arguments.progress.type"] == (None, "bool")
    assert found["alive"] == (True, False)
    assert "arguments.weights.type" not in found


def test_when_a_doc_was_last_looked_at_is_no_change() -> None:
    doc = small_docs()[0]
    assert changed_fields(doc, changed(doc, last_checked=date(2026, 1, 1))) == ()


def test_a_new_id_with_an_alias_is_a_renaming() -> None:
    before = small_docs()
    renamed = changed(before[0], id="torchhub:pytorch/vision:resnet-50", name="ResNet-50")
    after = Catalogue([renamed, *before[1:]], {before[0].id: renamed.id})
    found = diff_catalogues(Catalogue(before), after)
    assert found.renamed == {before[0].id: renamed.id}
    assert found.added == found.removed == ()
    assert [change.field for change in found.changed[0].fields] == ["name"]


def test_a_catalogue_is_counted_by_hub() -> None:
    found = stats_of(Catalogue(small_docs(), {"tfhub:old": "tfhub:google/yamnet"}))
    assert (found.docs, found.calls, found.aliases) == (7, 6, 1)
    assert {hub: one.docs for hub, one in found.hubs.items()} == {"torchhub": 2, "tfhub": 2, "huggingface": 3}
    assert found.hubs["tfhub"].calls == 1
    assert found.hubs["huggingface"].dead == 1
    assert found.hubs["torchhub"].with_performance == 1
    assert found.hubs["huggingface"].domains == {"image-classification": 2, "automatic-speech-recognition": 1}
