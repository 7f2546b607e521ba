"""All that other people recorded of TorchHub and TFHub, collected as if live: the same docs come of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from api_docs.models import ApiDoc
from api_docs.snapshot_build import described, prove
from api_docs.sources import tfhub, torchhub
from api_docs.upstreams.client import Client
from api_docs.upstreams.tfhub import TFHub
from api_docs.upstreams.torchhub import TorchHub
from tests.upstreams import github as stand_in
from tests.upstreams.github import StandInGitHub
from tests.upstreams.pypi import StandInIndex, recorded_modules
from tests.upstreams.serving import serving

TODAY = date(2026, 11, 25)


@dataclass
class World:
    """The upstreams, a folder of the collections, the files that they were made of."""

    github: StandInGitHub
    index: StandInIndex
    folder: Path
    upstream: Path

    def client(self) -> Client:
        return Client(self.folder / "cache")


@pytest.fixture(scope="module")
def world(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    upstream = data / "upstream"
    github, index = stand_in.recorded(upstream), StandInIndex()
    index.release("0.29.2", recorded_modules(upstream))
    with serving(github), serving(index):
        yield World(github, index, tmp_path_factory.mktemp("live"), upstream)


def by_id(docs: list[ApiDoc]) -> dict[str, ApiDoc]:
    return {doc.id: doc for doc in docs}


def test_torchhub_comes_to_what_its_files_come_to(world: World) -> None:
    upstream = TorchHub(world.github.addresses, world.index.url, TODAY)
    with world.client() as client:
        found = upstream.collect(client, world.folder / "torchhub")
    expected = torchhub.TorchHub(last_checked=TODAY).read(world.upstream)
    offline = {doc.id: described(doc) for doc in expected.docs}
    live = by_id(found.result.docs)
    assert live.keys() == offline.keys()
    different = [doc_id for doc_id, doc in live.items() if alive(doc) != alive(offline[doc_id])]
    assert different == []
    # Of a repository that isn't there nobody knows the number.
    assert set(found.records) == {doc_id for doc_id, doc in live.items() if doc.alive}
    prove(found.result.docs, found.result.aliases)


def alive(doc: ApiDoc) -> ApiDoc:
    """The doc without what only a live upstream knows."""
    return doc.model_copy(update={"alive": True, "last_checked": None})


def test_only_repositories_that_were_not_recorded_are_dead(world: World) -> None:
    with world.client() as client:
        found = TorchHub(world.github.addresses, world.index.url, TODAY).collect(
            client, world.folder / "torchhub"
        )
    dead = {doc.id.split(":")[1] for doc in found.result.docs if not doc.alive}
    assert dead == {"coderx7/simplenet_pytorch", "huggingface/transformers"} - set(world.github.repos)
    assert client.counts.unchanged > 20


def test_tfhub_comes_to_what_its_files_come_to(world: World) -> None:
    with world.client() as client:
        found = TFHub(world.github.addresses, today=TODAY).collect(client, world.folder / "tfhub")
    expected = tfhub.TFHub(last_checked=TODAY).read(world.upstream / "tfhub_docs_md.tar.gz")
    assert by_id(found.result.docs) == {doc.id: described(doc) for doc in expected.docs}
    assert len(found.records) == len(set(found.records.values())) == 1_160
    assert found.result.passed_over == expected.passed_over
    assert client.counts.requests == 2
