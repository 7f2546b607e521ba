"""Growth is measured on whole catalogues, projected on a straight line, and told as it was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from api_docs.catalogue import Catalogue
from api_docs.verification import check_doc
from evaluation.scale import (
    DIMENSIONS,
    PARTS,
    PROJECTED,
    CatalogueCost,
    RandomEncoder,
    bytes_per_doc,
    measure_catalogue,
    measure_flat,
    mixed_docs,
    projected_bytes,
    projected_search_ms,
    write,
)
from tests.support import snapshot_catalogue

ROOT = Path(__file__).parent.parent.parent
COST = CatalogueCost(1_000, 5_000_000, 700_000, 1_536_000, 200_000, 900_000, 80_000, 3_000_000, 0.5)


def test_mixed_docs_are_valid_and_every_one_has_a_call_of_its_own() -> None:
    snapshot_catalogue()
    docs = mixed_docs(300)
    catalogue = Catalogue(docs)
    for doc in docs:
        check_doc(doc)
    assert len({entry.identity for entry in catalogue.entries}) == len(docs) == 300
    assert mixed_docs(300) == docs != mixed_docs(300, seed=1)


def test_random_vectors_are_unit_vectors() -> None:
    vectors = RandomEncoder().encode(["one", "two", "three"])
    assert vectors.shape == (3, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_every_part_of_a_served_catalogue_is_weighed() -> None:
    snapshot_catalogue()
    cost = measure_catalogue(120)
    assert cost.docs == 120
    assert cost.vectors_bytes == 120 * DIMENSIONS * 4
    assert all(getattr(cost, f"{part}_bytes") > 0 for part in PARTS)
    assert cost.one_search_bytes > 0
    # The vectors lie on disk whole, and the docs beside them.
    assert cost.disk_bytes > cost.vectors_bytes


def test_flat_vectors_are_asked_both_ways() -> None:
    cost = measure_flat(500)
    assert cost.vectors_bytes == 500 * DIMENSIONS * 4
    assert cost.every_score_ms >= 0
    assert cost.best_50_ms >= 0


def test_a_projection_lies_on_the_line_through_both_measured_sizes() -> None:
    doubled = {f"{part}_bytes": 2 * getattr(COST, f"{part}_bytes") for part in PARTS}
    large = replace(COST, docs=2_000, search_ms=1.0, **doubled)
    assert projected_bytes(1_000, COST, large)["catalogue"] == 5_000_000
    assert projected_bytes(4_000, COST, large)["catalogue"] == 20_000_000
    assert bytes_per_doc(COST, large)["vectors"] == DIMENSIONS * 4
    assert projected_search_ms(4_000, COST, large) == pytest.approx(2.0)


def test_results_are_kept_as_one_file(tmp_path: Path) -> None:
    path = write({"a": 1}, tmp_path / "results")
    assert orjson.loads(path.read_bytes()) == {"a": 1}


# --- docs/scaling.md --------------------------------------------------------------------------------------


def _results(name: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((ROOT / "evaluation" / "results" / name).read_bytes())
    return found


def _page() -> str:
    return " ".join((ROOT / "docs" / "scaling.md").read_text(encoding="utf-8").split())


def _gigabytes(count: int) -> str:
    shown = count / 1e9
    return f"{shown:.2f} GB" if shown < 0.1 else f"{shown:.1f} GB" if shown < 10 else f"{shown:.0f} GB"


def _time(milliseconds: float) -> str:
    if milliseconds >= 1_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def test_the_committed_figures_are_the_projection_of_what_was_measured() -> None:
    results = _results("scale.json")
    costs = [CatalogueCost(**cost) for cost in results["catalogues"].values()]
    assert results["bytes_per_doc"] == bytes_per_doc(*costs)
    assert results["projected_bytes"] == {str(docs): projected_bytes(docs, *costs) for docs in PROJECTED}
    assert results["projected_search_ms"] == {
        str(docs): projected_search_ms(docs, *costs) for docs in PROJECTED
    }


@pytest.mark.parametrize("docs", PROJECTED)
def test_the_page_on_scaling_tells_the_memory_that_is_in_the_file(docs: int) -> None:
    results = _results("scale.json")
    held = results["projected_bytes"][str(docs)]
    parts = [
        held["catalogue"],
        held["keywords"],
        held["vectors"],
        held["searcher"] + held["look_alikes"],
        sum(held.values()),
    ]
    row = [f"{docs:,}", *map(_gigabytes, parts), _time(results["projected_search_ms"][str(docs)])]
    assert f"| {' | '.join(row)} |" in _page()


def test_the_page_on_scaling_plans_with_the_measured_requests() -> None:
    measured = _results("bench.json")["32_clients"]["requests_per_second"]
    page, pod = _page(), round(0.7 * measured)
    assert f"answers {measured:.0f} requests/s `grounded`" in page
    assert f"a pod does {pod}" in page
    for wanted in (10, 60, 500):
        pods, gpus = max(3, -(-wanted // pod)), -(-wanted // 8)
        assert f"| {wanted} | {pods} | {gpus} | {-(-gpus // 8)} |" in page


def test_the_page_on_scaling_tells_the_times_of_flat_vectors() -> None:
    times = [flat["every_score_ms"] for flat in _results("scale.json")["flat_vectors"].values()]
    page = _page()
    assert (
        f"{times[0]:.1f} ms at 10,000, {times[1]:.1f} ms at 100,000 and {times[2]:.0f} ms at a million"
        in page
    )
