"""Vectors on GPUs: the same hits as without, or a refusal that names the fix. No GPU is needed here."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from typing import Any

import faiss
import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import ConfigurationError
from retriever import dense, faiss_package
from retriever.dense import DenseIndex
from retriever.embedding import Vectors
from retriever.hits import RetrieverName
from retriever.index import build_index
from retriever.searcher import Searcher
from tests.retriever.conftest import WordEncoder


class StandInGpu:
    """What FAISS keeps of GPU indexes' limits: the best rows only, a few at most, no range search."""

    def __init__(self, index: Any, most: int) -> None:
        self.asked: list[int] = []
        self._index, self._most = index, most

    def search(self, query: Vectors, k: int) -> tuple[Vectors, Any]:
        assert 0 < k <= self._most
        self.asked.append(k)
        best, rows = self._index.search(query, k)
        return best, rows


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[StandInGpu]:
    """A FAISS that was built for GPUs and finds two of them; holds what was put there."""
    made: list[StandInGpu] = []

    class Options:
        shard = False

    def to_all_gpus(index: Any, co: Options) -> StandInGpu:
        assert co.shard, "every GPU holds its share, not all"
        made.append(StandInGpu(index, dense.SELECTED))
        return made[-1]

    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "GpuMultipleClonerOptions", Options, raising=False)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 2)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", to_all_gpus, raising=False)
    return made


@pytest.fixture
def vectors() -> Vectors:
    found = np.random.default_rng(7).standard_normal((500, 16)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def test_a_searcher_with_gpus_finds_what_one_without_finds(
    gpus: list[StandInGpu], catalogue: Catalogue, encoder: WordEncoder
) -> None:
    index = build_index(catalogue, encoder)
    without, on_gpus = Searcher(catalogue, index, encoder), Searcher(catalogue, index.on_gpus(), encoder)
    for instruction in ("bird species", "write down what is said", "dogs and sirens"):
        for retriever in (RetrieverName.HYBRID, RetrieverName.DENSE, RetrieverName.BM25):
            for hub in (None, "tfhub"):
                asked = {"k": 50, "hub": hub, "retriever": retriever}
                assert on_gpus.search(instruction, **asked) == without.search(instruction, **asked)
    assert gpus[0].asked


def test_the_best_rows_have_their_own_scores_and_others_no_less_than_theirs(
    gpus: list[StandInGpu], vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "SELECTED", 20)
    index, query = DenseIndex.build(vectors).on_gpus(), vectors[3:4]
    exact, scores = vectors @ query[0], index.best_scores(query)
    best = np.argsort(-exact)[:20]
    assert gpus[0].asked == [20]
    np.testing.assert_allclose(scores[best], exact[best], rtol=1e-5)
    assert (scores >= exact - 1e-5).all()
    assert set(np.argsort(-scores, kind="stable")[:19]) <= set(best)


def test_rows_that_another_voice_speaks_for_have_their_own_scores_too(
    gpus: list[StandInGpu], vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "SELECTED", 20)
    index, query = DenseIndex.build(vectors).on_gpus(), vectors[3:4]
    exact = vectors @ query[0]
    named = np.argsort(exact)[:20]  # the farthest of all
    others = np.zeros(len(vectors), dtype=np.float32)
    others[named] = 1
    np.testing.assert_allclose(index.best_scores(query, others)[named], exact[named], atol=1e-5)


def test_without_gpus_every_score_is_exact(vectors: Vectors) -> None:
    index = DenseIndex.build(vectors)
    np.testing.assert_allclose(index.best_scores(vectors[:1]), vectors @ vectors[0], atol=1e-5)


def test_a_faiss_for_cpus_is_refused_with_the_fix(vectors: Vectors) -> None:
    if hasattr(faiss, "StandardGpuResources"):
        pytest.skip("this FAISS was built for GPUs")
    with pytest.raises(
        ConfigurationError, match=r"faiss-cpu \d.*without GPUs.*callsmith\[gpu\].*CALLSMITH_FAISS_DEVICE"
    ):
        DenseIndex.build(vectors).on_gpus()


def test_a_machine_without_gpus_is_refused_with_the_fix(
    gpus: list[StandInGpu], vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    with pytest.raises(ConfigurationError, match="finds no GPU.*nvidia-smi.*CALLSMITH_FAISS_DEVICE"):
        DenseIndex.build(vectors).on_gpus()


def test_gpus_without_room_are_told(
    gpus: list[StandInGpu], vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise RuntimeError("StandardGpuResources: alloc fail")

    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", no_room)
    with pytest.raises(ConfigurationError, match="500 vectors.*alloc fail.*CALLSMITH_FAISS_DEVICE"):
        DenseIndex.build(vectors).on_gpus()


@pytest.mark.parametrize("installed", [{"faiss-cpu"}, {"faiss-gpu-cu12"}, set()])
def test_one_faiss_or_one_from_elsewhere_is_fine(
    monkeypatch: pytest.MonkeyPatch, installed: set[str]
) -> None:
    monkeypatch.setattr(faiss_package, "version", versions_of(installed))
    faiss_package.check_one_faiss()


def test_two_faiss_in_one_environment_are_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_package, "version", versions_of({"faiss-cpu", "faiss-gpu-cu12"}))
    with pytest.raises(ConfigurationError, match="both.*pip uninstall.*never both"):
        faiss_package.check_one_faiss()


def versions_of(installed: set[str]) -> Any:
    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return "1.15.1"

    return version
