"""TFHub from live upstreams: its pages by revision, and what Kaggle says of the models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from api_docs.errors import SourceError
from api_docs.models import ApiDoc
from api_docs.snapshot_build import prove
from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.tfhub import PAGES, TFHub
from tests.api_docs.test_tfhub_source import page
from tests.api_docs.upstreams.conftest import NewClient
from tests.upstreams.github import StandInGitHub
from tests.upstreams.kaggle import StandInKaggle
from tests.upstreams.serving import Fault, serving

TODAY = date(2026, 11, 25)
README = """
Deleted from storage:

- [google/lost](https://github.com/tensorflow/tfhub.dev/blob/master/assets/docs/google/models/lost/1.md)
"""


@dataclass
class World:
    """The upstreams, and the folder of the collections."""

    folder: Path
    github: StandInGitHub = field(default_factory=StandInGitHub)
    kaggle: StandInKaggle = field(default_factory=StandInKaggle)

    def collect(self, client: Client) -> Collected:
        return TFHub(self.github.addresses, self.kaggle.url, TODAY).collect(client, self.folder)

    def publish(self, handle: str, version: int, task: str) -> None:
        path = f"assets/docs/{handle.replace('/', '/models/', 1)}/{version}.md"
        self.github.commit(PAGES, {path: page(f"{handle}/{version}", task=task)})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "tfhub")
    made.github.commit(PAGES, {"README.md": README})
    made.publish("google/yamnet", 1, "audio-event-classification")
    made.publish("google/nnlm-en-dim50", 2, "text-embedding")
    made.publish("google/lost", 1, "text-embedding")
    made.kaggle.models = {"google/yamnet": {"yamnet": 1}, "google/nnlm": {"en-dim50": 1}}
    with serving(made.github), serving(made.kaggle):
        yield made


@pytest.fixture
def new_client_with_token(new_client: NewClient, world: World) -> NewClient:
    def make(**options: object) -> Client:
        return new_client(tokens={host_of(world.kaggle.url): SecretStr(world.kaggle.token)}, **options)

    return make


def docs(found: Collected) -> dict[str, ApiDoc]:
    return {doc.name: doc for doc in found.result.docs}


def dead(found: Collected) -> set[str]:
    return {name for name, doc in docs(found).items() if not doc.alive}


def test_every_model_is_collected_under_its_handle(world: World, new_client_with_token: NewClient) -> None:
    found = world.collect(new_client_with_token())
    assert set(docs(found)) == {"google/yamnet", "google/nnlm-en-dim50", "google/lost"}
    doc = docs(found)["google/yamnet"]
    assert doc.call == "hub.load('https://tfhub.dev/google/yamnet/1')"
    assert doc.description
    assert doc.last_checked == TODAY
    assert found.records == {doc.id: doc.name for doc in found.result.docs}
    assert found.complete
    assert found.revision == world.github.repos[PAGES].refs["HEAD"]
    assert dead(found) == {"google/lost"}
    prove(found.result.docs, found.result.aliases)


def test_an_unchanged_revision_costs_one_request(world: World, new_client: NewClient) -> None:
    first = world.collect(new_client())
    world.github.forget()
    second = world.collect(new_client())
    assert second.result == first.result
    assert world.github.paths() == [f"/api/repos/{PAGES}/commits/HEAD"]


def test_a_new_version_is_the_same_record(world: World, new_client: NewClient) -> None:
    first = world.collect(new_client())
    world.publish("google/yamnet", 2, "audio-event-classification")
    second = world.collect(new_client())
    doc = docs(second)["google/yamnet"]
    assert doc.call == "hub.load('https://tfhub.dev/google/yamnet/2')"
    assert second.records == first.records


def test_a_model_that_kaggle_has_no_longer_is_dead(world: World, new_client_with_token: NewClient) -> None:
    world.collect(new_client_with_token())
    del world.kaggle.models["google/nnlm"]
    found = world.collect(new_client_with_token())
    assert dead(found) == {"google/lost", "google/nnlm-en-dim50"}
    assert "Kaggle has no longer google/nnlm-en-dim50" in found.notes


def test_what_kaggle_said_stays_while_it_is_down(world: World, new_client_with_token: NewClient) -> None:
    world.collect(new_client_with_token())
    del world.kaggle.models["google/nnlm"]
    world.collect(new_client_with_token())
    world.kaggle.faults = [("/v1/", Fault(503, stays=True))]
    found = world.collect(new_client_with_token(retries=1))
    assert dead(found) == {"google/lost", "google/nnlm-en-dim50"}
    assert found.complete
    assert any(note.startswith("Kaggle was not asked which models are left") for note in found.notes)


def test_without_credentials_for_kaggle_the_pages_are_enough(world: World, new_client: NewClient) -> None:
    found = world.collect(new_client())
    assert len(docs(found)) == 3
    assert found.complete
    assert any("Set KAGGLE_API_TOKEN" in note for note in found.notes)
    assert not world.kaggle.seen


def test_kaggle_may_ask_for_more_time_than_there_is(world: World, new_client_with_token: NewClient) -> None:
    world.kaggle.faults = [("/v1/", Fault(429, {"Retry-After": "86400"}))]
    found = world.collect(new_client_with_token())
    assert len(docs(found)) == 3
    assert any("86400 seconds" in note or "8640" in note for note in found.notes)


def test_without_its_pages_there_is_no_tfhub(world: World, new_client: NewClient) -> None:
    world.github.faults = [("/archives/", Fault(404))]
    with pytest.raises(SourceError, match=r"tfhub\.dev"):
        world.collect(new_client())
