"""What every source shares: files read without unpacking, docs kept once, everything else set aside."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

import pytest

from api_docs.domains import Domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.models import ApiDoc, Argument
from api_docs.sources.base import Collector, read_texts


def doc(doc_id: str, call: str, *arguments: Argument) -> ApiDoc:
    domain = Domain.IMAGE_CLASSIFICATION
    return ApiDoc(id=doc_id, hub="tfhub", domain=domain, name=doc_id, call=call, arguments=arguments)


def markdown(file: PurePosixPath) -> bool:
    return file.suffix == ".md"


def archive_of(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        for file in sorted(folder.rglob("*")):
            archive.add(file, file.relative_to(folder).as_posix(), recursive=False)
    return target


def test_an_archive_and_its_unpacked_folder_read_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "b.md").write_bytes(b"second\r\nline")
    (folder / "a.md").write_text("first", encoding="utf-8")
    (folder / "other.txt").write_text("not wanted", encoding="utf-8")
    archive = archive_of(folder, tmp_path / "packed.tar.gz")

    unpacked, packed = read_texts(folder, markdown), read_texts(archive, markdown)

    assert unpacked == packed
    assert dict(packed.texts) == {"a.md": "first", "docs/b.md": "second\nline"}


def test_a_file_that_is_no_text_is_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("fine", encoding="utf-8")
    (tmp_path / "bad.md").write_bytes(b"\xff\xfe\x00")

    files = read_texts(tmp_path, markdown)

    assert dict(files.texts) == {"good.md": "fine"}
    assert [(bad.record, "UTF-8" in bad.reason) for bad in files.quarantined] == [("bad.md", True)]


@pytest.mark.parametrize("name", ["missing", "torn.tar.gz"])
def test_an_upstream_that_cant_be_read_names_the_path_and_the_fix(tmp_path: Path, name: str) -> None:
    (tmp_path / "torn.tar.gz").write_bytes(b"\x1f\x8b not an archive")

    with pytest.raises(SourceError) as caught:
        read_texts(tmp_path / name, markdown)

    assert name in str(caught.value)
    assert "expected" in str(caught.value)


def test_a_doc_that_loads_the_same_as_another_is_set_aside() -> None:
    collector = Collector()
    collector.add(doc("tfhub:a", "hub.load('https://tfhub.dev/x/y/1')"))
    collector.add(doc("tfhub:b", 'hub.load("https://tfhub.dev/x/y/1")'))

    result = collector.result()

    assert [kept.id for kept in result.docs] == ["tfhub:a"]
    assert [(bad.record, "'tfhub:a'" in bad.reason) for bad in result.quarantined] == [("tfhub:b", True)]


def test_a_doc_whose_own_call_does_not_verify_is_set_aside() -> None:
    collector = Collector()
    needed = Argument(name="language", required=True)
    collector.add(doc("tfhub:a", "hub.load('https://tfhub.dev/x/y/1')", needed))
    collector.add(doc("tfhub:b", "hub.load("))

    result = collector.result()

    assert result.docs == []
    assert [bad.record for bad in result.quarantined] == ["tfhub:a", "tfhub:b"]


def test_a_guard_sets_a_broken_record_aside_and_lets_a_broken_upstream_pass() -> None:
    collector = Collector()
    with collector.guard("record 1"):
        raise InvalidDoc("no name")
    with collector.guard("record 2"):
        doc("huggingface:wrong-hub", "hub.load('x')")
    with pytest.raises(SourceError), collector.guard("record 3"):
        raise SourceError("the whole file is gone")

    assert [bad.record for bad in collector.result().quarantined] == ["record 1", "record 2"]


def test_aliases_lead_only_to_docs_that_were_kept() -> None:
    collector = Collector()
    collector.add(doc("tfhub:new", "hub.load('https://tfhub.dev/x/y/1')"))
    collector.alias("tfhub:old", "tfhub:new")
    collector.alias("tfhub:new", "tfhub:new")
    collector.alias("tfhub:older", "tfhub:gone")

    assert collector.result().aliases == {"tfhub:old": "tfhub:new"}
