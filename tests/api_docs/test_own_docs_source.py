from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api_docs.errors import SourceError
from api_docs.sources.own_docs import OwnDocs
from api_docs.verification import check_doc
from tests.support import snapshot_catalogue

OURS = {"id": "spectrum", "domain": "web-api", "name": "spectrum", "call": "lab.spectrum(sample='A1')"}
THEIRS = {
    "domain": "Weather",
    "api_name": "forecast",
    "api_call": "weather.forecast(city='Bern')",
    "functionality": "Forecast the weather",
    "description": "Seven days ahead.",
}


def write(folder: Path, *lines: Any, name: str = "docs.jsonl") -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / name).write_text("\n".join(texts), encoding="utf-8")
    return folder


def test_records_of_both_formats_become_docs_of_the_hub(tmp_path: Path) -> None:
    write(tmp_path, OURS, "", THEIRS)
    write(
        tmp_path,
        {**THEIRS, "domain": "Natural Language Processing Translation", "api_name": "say"},
        name="z.jsonl",
    )
    found = OwnDocs("lab").read(tmp_path)
    assert found.quarantined == []
    assert [(doc.id, doc.domain) for doc in found.docs] == [
        ("lab:spectrum", "web-api"),
        ("lab:forecast", "web-api"),
        ("lab:say", "translation"),
    ]
    assert found.docs[1].source_domain == "Weather"
    assert found.docs[1].description == "Seven days ahead."
    assert found.docs[1].source_url is None


@pytest.mark.parametrize(
    "own", [{"hub": "acme", "id": "acme:spectrum"}, {"hub": "lab", "id": "lab:spectrum"}, {}]
)
def test_a_record_of_another_hub_is_rehomed(tmp_path: Path, own: dict[str, str]) -> None:
    assert [doc.id for doc in OwnDocs("lab").read(write(tmp_path, {**OURS, **own})).docs] == ["lab:spectrum"]


def test_a_doc_of_the_snapshot_keeps_what_it_says(tmp_path: Path) -> None:
    doc = snapshot_catalogue().docs[0]
    read = OwnDocs("lab").read(write(tmp_path, doc.record())).docs[0]
    assert read.model_dump(exclude={"id", "hub", "content_hash"}) == doc.model_dump(
        exclude={"id", "hub", "content_hash"}
    )
    check_doc(read)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "expected a JSON object"),
        ({"id": "x"}, "expected a JSON object with a text 'call'"),
        ({**OURS, "id": "y", "domain": "cooking"}, "domain"),
        ({**OURS, "id": "y", "call": "no call"}, "not a Python expression"),
        ({**OURS, "id": "y", "price": 3}, "price"),
        ({**THEIRS, "api_call": "pip install x"}, "no Python call"),
        (OURS, "was read before"),
        ({**OURS, "content_hash": "0" * 16, "hub": "lab", "id": "lab:z"}, "altered"),
    ],
    ids=str,
)
def test_a_broken_line_is_set_aside_with_its_place_and_the_rest_kept(
    tmp_path: Path, line: Any, said: str
) -> None:
    found = OwnDocs("lab").read(write(tmp_path, OURS, line, THEIRS))
    assert [doc.id for doc in found.docs] == ["lab:spectrum", "lab:forecast"]
    assert [bad.record for bad in found.quarantined] == ["docs.jsonl, line 2"]
    assert said in found.quarantined[0].reason


def test_a_single_file_and_a_mark_at_its_beginning_are_read(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text("\ufeff" + json.dumps(OURS), encoding="utf-8")
    assert [doc.id for doc in OwnDocs("lab").read(file).docs] == ["lab:spectrum"]


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere.jsonl"])
def test_where_there_is_nothing_it_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"no \*\.jsonl|can't read"):
        OwnDocs("lab").read(tmp_path / name)
