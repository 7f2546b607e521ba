"""The catalogue on disk: all of it or none, and every refusal names the file, the line and the fix."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from api_docs import storage
from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenCatalogue, InvalidDoc, OutdatedSchema, StorageError
from api_docs.files import publish_folder, write_file
from api_docs.models import SCHEMA_VERSION, ApiDoc
from api_docs.pacing import pausing
from api_docs.storage import MANIFEST, load_catalogue, read_doc, read_manifest, write_catalogue


def doc(name: str, hub: str = "huggingface", **more: object) -> ApiDoc:
    record = {
        "id": f"{hub}:{name}",
        "hub": hub,
        "domain": "image-classification",
        "name": name,
        "call": f"pipeline('image-classification', model='{name}')",
    }
    return ApiDoc.model_validate(record | more)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        [
            doc(
                "a/one",
                performance={"ImageNet-1K": {"acc@1": 71.5}},
                facts={"language": ("en", "de"), "parameters": 5},
            ),
            doc("a/two", alive=False, last_checked="2026-01-31"),
            doc("b/three", hub="mine", arguments=[{"name": "size", "type": "int", "default": "3"}]),
        ],
        aliases={"huggingface:a/old": "huggingface:a/one"},
    )


@pytest.fixture
def folder(tmp_path: Path, catalogue: Catalogue) -> Path:
    write_catalogue(catalogue, tmp_path / "catalogue", sources={"test": "by hand"})
    return tmp_path / "catalogue"


def test_a_catalogue_read_back_says_the_same(folder: Path, catalogue: Catalogue) -> None:
    read = load_catalogue(folder)
    assert read.docs == catalogue.docs
    assert read.version == catalogue.version
    assert read.doc("huggingface:a/old").id == "huggingface:a/one"
    assert sorted(path.name for path in folder.iterdir()) == ["huggingface.jsonl", MANIFEST, "mine.jsonl"]
    assert read_manifest(folder).sources == {"test": "by hand"}


def test_the_version_follows_what_docs_say_and_not_their_order(catalogue: Catalogue) -> None:
    assert Catalogue(reversed(catalogue.docs), catalogue.aliases).version == catalogue.version
    assert Catalogue(catalogue.docs[:2], catalogue.aliases).version != catalogue.version
    revived = [entry.model_copy(update={"alive": True}) for entry in catalogue.docs]
    assert Catalogue(revived, catalogue.aliases).version != catalogue.version


def test_a_later_look_changes_neither_content_hash_nor_version(catalogue: Catalogue) -> None:
    looked = doc("a/two", alive=False, last_checked="2026-11-21")
    assert looked.content_hash == catalogue.docs[1].content_hash
    assert (
        Catalogue([catalogue.docs[0], looked, catalogue.docs[2]], catalogue.aliases).version
        == catalogue.version
    )


RECORD = {"id": "huggingface:x", "hub": "huggingface", "domain": "translation", "name": "x", "call": "f()"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "line 2"),
        ('"text"', "line 2: expected a JSON object, found str"),
        ("{}", "line 2: id: Field required"),
        (json.dumps(RECORD | {"hub": "tfhub"}), "must start with its hub"),
        (json.dumps(RECORD | {"domain": "other"}), "domain: .*'other'"),
        (json.dumps(RECORD | {"colour": 1}), "colour"),
        (json.dumps(RECORD | {"content_hash": "0123456789abcdef"}), "altered"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(folder: Path, line: str, reason: str) -> None:
    path = folder / "huggingface.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], line, lines[1]]) + "\n", encoding="utf-8")
    with pytest.raises(BrokenCatalogue, match=f"huggingface.jsonl.*{reason}"):
        load_catalogue(folder)


def test_a_truncated_file_is_refused_whole(folder: Path) -> None:
    path = folder / "huggingface.jsonl"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(BrokenCatalogue, match=r"1 docs, expected 2"):
        load_catalogue(folder)


def test_an_edited_file_is_refused_until_it_is_imported(folder: Path) -> None:
    path = folder / "mine.jsonl"
    record = json.loads(path.read_text(encoding="utf-8"))
    record.pop("content_hash")
    path.write_text(json.dumps(record | {"description": "new words"}) + "\n", encoding="utf-8")
    with pytest.raises(BrokenCatalogue, match="not the file of its manifest.*callsmith docs import"):
        load_catalogue(folder)


def test_a_manifest_of_another_catalogue_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": "0" * 12}), encoding="utf-8")
    with pytest.raises(BrokenCatalogue, match="belongs to catalogue '000000000000'"):
        load_catalogue(folder)


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / "mine.jsonl").unlink()
    with pytest.raises(BrokenCatalogue, match="mine.jsonl"):
        load_catalogue(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}'])
def test_a_damaged_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises((BrokenCatalogue, OutdatedSchema), match="rebuild"):
        load_catalogue(folder)


def test_a_folder_without_manifest_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(BrokenCatalogue, match="callsmith docs import"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("schema", "help_"), [(SCHEMA_VERSION + 1, "upgrade"), (0, "callsmith docs build"), ("x", "docs build")]
)
def test_another_schema_is_refused_with_the_command_that_helps(
    folder: Path, schema: object, help_: str
) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"schema_version": schema}), encoding="utf-8")
    with pytest.raises(OutdatedSchema, match=help_):
        load_catalogue(folder)


def test_an_older_schema_is_migrated_record_by_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(storage.MIGRATIONS, SCHEMA_VERSION - 1, lambda old: {**old, "domain": "translation"})
    old = {"id": "mine:x", "hub": "mine", "domain": "machine translation", "name": "x", "call": "f('x')"}
    assert read_doc(old, SCHEMA_VERSION - 1).domain == "translation"
    with pytest.raises(InvalidDoc, match="machine translation"):
        read_doc(old)


def test_two_docs_with_one_id_are_refused() -> None:
    with pytest.raises(BrokenCatalogue, match="two API docs have the id 'huggingface:a/one'"):
        Catalogue([doc("a/one"), doc("a/one")])


def test_a_full_disk_leaves_the_old_catalogue(
    folder: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(StorageError, match="No space left on device"):
        write_catalogue(Catalogue([doc("a/new")]), folder)
    monkeypatch.undo()
    assert load_catalogue(folder).version == catalogue.version
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_rename_that_fails_puts_the_old_folder_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = Path.rename, []

    def second_fails(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(StorageError, match="Input/output error"):
        publish_folder(folder, lambda work: (work / "new").write_text("x") and None)
    assert len(load_catalogue(folder)) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="CALLSMITH_VAR"):
        write_file(tmp_path / "file", b"x")


def test_a_path_below_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StorageError, match="CALLSMITH_VAR"):
        write_file(tmp_path / "file" / "below", b"x")


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    write_file(tmp_path / "current", b"old")
    write_file(tmp_path / "current", b"new")
    assert (tmp_path / "current").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


# ---- with a catalogue that is known ----------------------------------------------------------------------


def test_docs_that_are_known_are_taken_over(folder: Path, catalogue: Catalogue) -> None:
    read = load_catalogue(folder, catalogue)
    assert [one is other for one, other in zip(read.entries, catalogue.entries, strict=True)] == [True] * 3
    assert read.aliases == catalogue.aliases
    assert read.created is not None


def test_what_a_catalogue_says_is_the_same_whatever_was_known(folder: Path, catalogue: Catalogue) -> None:
    """The oracle reads every doc anew."""
    known = Catalogue(
        [
            doc("a/one", description="It said something else."),
            doc("a/two", last_checked="2025-06-30"),
            doc("c/gone"),
        ],
        aliases={"mine:b/three": "huggingface:c/gone"},
    )
    read, oracle = load_catalogue(folder, known), load_catalogue(folder)
    assert (read.docs, read.version) == (oracle.docs, oracle.version)
    assert [entry.identity for entry in read.entries] == [entry.identity for entry in oracle.entries]
    assert [entry.doc for entry in read.entries] == list(read.docs)
    assert not read.doc("huggingface:a/two").alive


def test_who_reads_may_rest_between_any_two_docs(folder: Path, catalogue: Catalogue) -> None:
    rests: list[None] = []
    with pausing(lambda: rests.append(None)):
        read = load_catalogue(folder)
    assert len(rests) >= 2 * len(catalogue)
    assert read.docs == catalogue.docs


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ["huggingface:a/two"]),
        ("alive", "perhaps"),
        ("last_checked", "yesterday"),
        ("last_checked", 7.5),
        ("content_hash", "0" * 16),
    ],
)
def test_a_broken_record_of_a_known_doc_is_refused_as_any_other(
    folder: Path, catalogue: Catalogue, name: str, value: object
) -> None:
    path = folder / "huggingface.jsonl"
    first, second = path.read_bytes().splitlines()
    path.write_bytes(first + b"\n" + json.dumps(json.loads(second) | {name: value}).encode() + b"\n")
    with pytest.raises(BrokenCatalogue, match=rf"line 2: .*{name}|line 2: content hash|line 2: record"):
        load_catalogue(folder, catalogue)


def test_a_file_that_was_altered_is_refused_though_its_docs_are_known(
    folder: Path, catalogue: Catalogue
) -> None:
    path = folder / "huggingface.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"name":"a/one"', b'"name":"a/uno"'))
    with pytest.raises(BrokenCatalogue, match=r"huggingface\.jsonl' is not the file of its manifest"):
        load_catalogue(folder, catalogue)
