"""The bench of the page: what it asks for is there, and counted; how long it takes is no test's business."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from api_docs.catalogue import Catalogue
from evaluation import playground
from retriever.index import build_index
from retriever.searcher import Searcher
from service.app import create_app
from service.changes import publications
from service.routes.playground import FOLDER
from service.runtime import Runtime
from service.settings import Settings
from tests.retriever.conftest import WordEncoder, small_docs
from tests.service.live import served

ROUNDS = 5


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(small_docs())


def test_the_whole_page_is_the_sum_of_its_files() -> None:
    found = playground.weights()
    files = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert {name: one["bytes"] for name, one in found.items() if name != "whole page"} == files
    assert found["whole page"]["bytes"] == sum(files.values())


def test_every_night_is_a_publication_with_details(tmp_path: Path, catalogue: Catalogue) -> None:
    settings = Settings(var=tmp_path)
    playground.publish_nights(settings, catalogue)
    found = publications(settings)
    assert found.total == len(found.items) == 30
    assert all(one.detailed for one in found.items)


def test_everything_that_the_page_asks_for_is_answered(tmp_path: Path, catalogue: Catalogue) -> None:
    settings, encoder = Settings(var=tmp_path), WordEncoder()
    playground.publish_nights(settings, catalogue)
    searcher = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    with served(create_app(Runtime(settings, searcher))) as url:
        found = playground.answer_times(url, psutil.Process(), catalogue, ROUNDS)
    assert found["browse, every page"]["requests"] == 1
    assert found["what a night changed"]["requests"] == 30
    assert {"an answer", "status", "its history", "a plot"} <= set(found)
    assert all(one["median_ms"] <= one["slowest_ms"] for one in found.values())
