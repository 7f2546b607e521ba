"""The Hugging Face upstream on a hub on loopback that holds what other people recorded of the real one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api_docs.sources.hf_calls import PLACEHOLDER, calls_with
from api_docs.sources.hf_records import read_snippets
from api_docs.sources.hf_tasks import facts_of, known_tasks, tasks_table
from api_docs.sources.huggingface import HuggingFace
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.huggingface import HuggingFaceHub
from api_docs.verification import check_doc
from tests.upstreams.huggingface import StandInHub, made, recorded
from tests.upstreams.serving import serving

TODAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def hub(data: Path) -> Iterator[StandInHub]:
    stand_in = recorded(data / "upstream")
    with serving(stand_in):
        yield stand_in


def collect(hub: StandInHub, folder: Path, *, most: int = 10_000, known: tuple[str, ...] = ()) -> Collected:
    hub.forget()
    with Client(folder / "cache") as client:
        upstream = HuggingFaceHub(TODAY, most=most, known=known, endpoint=hub.url)
        return upstream.collect(client, folder / "hub")


@pytest.fixture(scope="module")
def found(hub: StandInHub, tmp_path_factory: pytest.TempPathFactory) -> Collected:
    return collect(hub, tmp_path_factory.mktemp("collected"))


def test_the_whole_recorded_hub_becomes_docs_or_reasons(hub: StandInHub, found: Collected) -> None:
    told = {doc.name.lower() for doc in found.result.docs}
    told |= {bad.record.partition(",")[0].lower() for bad in found.result.quarantined}
    unlisted = {
        model.id.lower() for model in hub.models.values() if model.body["pipeline_tag"] not in known_tasks()
    }
    assert {name.lower() for name in hub.models} - told - unlisted == set()
    assert len(found.result.docs) >= 530
    for doc in found.result.docs:
        check_doc(doc)
    assert found.complete


def test_the_hubs_docs_call_what_the_recorded_files_docs_call(found: Collected, data: Path) -> None:
    """The same models by another way: what the source reads from the files is the oracle."""
    files = {
        doc.id: doc.call for doc in HuggingFace().read(data / "upstream" / "hf_jarvis_models.jsonl.gz").docs
    }
    hub = {doc.id: doc.call for doc in found.result.docs}
    shared = files.keys() & hub.keys()
    differing = {doc_id: (files[doc_id], hub[doc_id]) for doc_id in shared if files[doc_id] != hub[doc_id]}
    # The recorded exchanges know the auto class, which the list doesn't.
    assert len(shared) >= 500
    assert len(differing) <= 5, differing


def test_every_former_name_leads_to_its_model(hub: StandInHub, tmp_path: Path) -> None:
    former = tuple(sorted(name for name in hub.moved if "/" in name))[:20]
    result = collect(hub, tmp_path, most=0, known=former).result
    docs = {doc.id for doc in result.docs}
    for name in former:
        if (present := f"huggingface:{hub.moved[name]}") in docs:
            assert result.aliases[f"huggingface:{name}"] == present


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("sample_datasetcard_simple", "describes a data set"),
        ("sample_datasetcard_template", "never filled in"),
        ("sample_invalid_card_data", "expected `name: value` lines"),
        ("sample_invalid_model_index", ""),
        ("sample_no_metadata", ""),
        ("sample_simple", ""),
        ("sample_simple_model_index", ""),
        ("sample_template", "never filled in"),
        ("sample_windows_line_breaks", ""),
    ],
)
def test_sample_cards_are_read_or_set_aside_and_the_model_stays(
    data: Path, tmp_path: Path, card: str, reason: str
) -> None:
    stand_in = StandInHub()
    stand_in.add(made("acme/moods", 1))
    stand_in.models["acme/moods"].card = (data / "upstream" / "hf_cards" / f"{card}.md").read_bytes()
    with serving(stand_in):
        found = collect(stand_in, tmp_path)
    assert [doc.name for doc in found.result.docs] == ["acme/moods"]
    reasons = [bad.reason for bad in found.result.quarantined]
    assert len(reasons) == bool(reason)
    assert all(reason in told for told in reasons)


def test_the_table_of_calls_is_that_of_the_package(data: Path) -> None:
    """Other people's export of the same package is the oracle of ours."""
    exported = read_snippets(data / "upstream" / "hf_tasks_libraries.json")
    tasks = json.loads((data / "upstream" / "hf_tasks_pipelines.json").read_bytes())["PIPELINE_DATA"]
    assert set(tasks) <= set(tasks_table().tasks)
    theirs = {library: next(calls_with(code, PLACEHOLDER), None) for library, code in exported.items()}
    theirs = {library: call for library, call in theirs.items() if call and not set(call) & set("{X")}
    assert len(theirs) >= 50
    ours = {library: calls[0] for library, calls in tasks_table().calls.items()}
    missing = {library: call for library, call in theirs.items() if ours.get(library) != call}
    # A newer version may have changed a few; what it says of most is what it said.
    assert len(missing) <= len(theirs) / 20, missing
    kept = facts_of({"package": "p", "version": "1", "tasks": ["t"], "snippets": {"a": [exported["timm"]]}})
    assert kept["calls"] == {"a": list(tasks_table().calls["timm"])}


def test_recorded_requests_are_few(hub: StandInHub, found: Collected, tmp_path: Path) -> None:
    """One listing in pages, and the cards: as many requests as there are tasks with models, and models."""
    collect(hub, tmp_path)
    listings = len(hub.asked("/api/models"))
    assert listings <= len(known_tasks()) + len(hub.models) // 50
    assert len(hub.asked("/resolve/")) <= len(hub.models)
    collect(hub, tmp_path)
    assert not hub.asked("/resolve/")
    assert os.listdir(tmp_path / "hub") == ["hf_hub"]
