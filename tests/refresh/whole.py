"""All that other people recorded of the three hubs, refreshed by the real command through the stand-ins.

`make refresh-whole` runs it, with the real embedding model, some minutes long; it needs CALLSMITH_DATA. With
RESULTS naming a folder, what was found is written there as `whole.json`.
"""

# ruff: noqa: S603 - the command is ours

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluation import records
from evaluation.served import own_var
from service.settings import load_settings
from tests.refresh.three_hubs import ThreeHubs, recorded, served
from tests.support import snapshot_catalogue

COLLECTED = {"huggingface": "collected", "tfhub": "collected", "torchhub": "collected"}
SHARE = 0.95
"""Of the models that Hugging Face's stand-in has, which have to be listed or set aside with a reason; others
are gated, or known by their former name."""


@pytest.fixture(scope="module")
def hubs() -> Iterator[ThreeHubs]:
    folder = os.environ.get("CALLSMITH_DATA", "")
    if not folder:
        pytest.fail("CALLSMITH_DATA is unset: it names the folder with the upstreams' files")
    with served(recorded(Path(folder, "upstream"))) as found:
        yield found


@pytest.fixture(scope="module")
def nights(hubs: ThreeHubs, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The reports of three nights: one from the snapshot, one that accepts what shrank, one without news.

    Nobody recorded torchvision's wheel, whose registry the snapshot has 64 models of: TorchHub has shrunk.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
    # With the index of the snapshot, where there is one: embedding all of it is not what is shown here.
    known = own_var(load_settings().var, tmp_path_factory.mktemp("whole") / "var")
    ours = {"CALLSMITH_VAR": str(known), "CALLSMITH_HF_MODELS": "5000"}
    environment = others | ours | hubs.environment()
    command = [sys.executable, "-m", "service.cli", "docs", "refresh", "--json"]
    found = []
    for more in ((), ("--accept-shrink", "torchhub"), ()):
        hubs.forget()
        ended = subprocess.run(
            [*command, *more], env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{ended.stderr[-3_000:]}\n{ended.stdout[-3_000:]}"
        found.append(json.loads(ended.stdout))
    if results := os.environ.get("RESULTS"):
        rows = {
            name: _shown(night)
            for name, night in zip(("first", "accepted", "without_news"), found, strict=True)
        }
        records.write(Path(results), "whole", records.described("make refresh-whole", rows))
    return found


def _shown(night: dict[str, Any]) -> dict[str, Any]:
    """What a result tells of a report."""
    changes = night["changes"]
    return {
        "result": night["result"],
        "seconds": night["seconds"],
        "timing": night["timing"],
        "docs": night["docs"],
        "embedded": night["embedded"],
        "changes": {name: len(changes[name]) for name in ("added", "changed", "renamed", "removed")},
        "canaries": {name: night["canaries"][name] for name in ("asked", "before", "after")}
        if night["canaries"]
        else None,
        "sources": {
            one["hub"]: {
                "outcome": one["outcome"],
                "listed": one["listed"],
                "complete": one["complete"],
                "set_aside": len(one["quarantined"]),
                "seconds": one["seconds"],
                **one["requests"],
            }
            for one in night["sources"]
        },
    }


def test_every_hub_is_collected_and_what_it_has_is_published(
    hubs: ThreeHubs, nights: list[dict[str, Any]]
) -> None:
    first = nights[0]
    assert first["result"] == "published"
    assert all(gate["passed"] for gate in first["gates"])
    found = {one["hub"]: one for one in first["sources"]}
    assert {hub: one["outcome"] for hub, one in found.items()} == COLLECTED | {"torchhub": "shrunk"}
    models = found["huggingface"]
    assert models["listed"] + len(models["quarantined"]) >= SHARE * len(hubs.hub.models)
    assert found["tfhub"]["listed"] == snapshot_docs("tfhub")
    for hub, count in first["docs"].items():
        assert count >= snapshot_docs(hub), hub


def test_a_hub_that_shrank_keeps_its_docs_until_somebody_accepts_it(nights: list[dict[str, Any]]) -> None:
    first, accepted, _ = nights
    listed = next(one["listed"] for one in first["sources"] if one["hub"] == "torchhub")
    assert listed < 0.9 * snapshot_docs("torchhub")
    assert first["docs"]["torchhub"] == snapshot_docs("torchhub")
    assert accepted["docs"]["torchhub"] == listed
    assert {one["hub"]: one["outcome"] for one in accepted["sources"]} == COLLECTED


def test_the_next_night_has_no_news_and_fetches_none(hubs: ThreeHubs, nights: list[dict[str, Any]]) -> None:
    last = nights[2]
    assert (last["result"], last["embedded"]) == ("unchanged", 0)
    assert last["changes"] == {**last["changes"], "added": [], "removed": [], "renamed": {}, "changed": []}
    # Models that the listing doesn't have are looked up one by one, for they may be gone; no card is fetched.
    assert not [request.path for request in hubs.hub.seen if request.path.endswith("README.md")]
    of_code = {one["hub"]: one["requests"]["bytes"] for one in last["sources"] if one["hub"] != "huggingface"}
    first = {one["hub"]: one["requests"]["bytes"] for one in nights[0]["sources"]}
    assert all(count < 0.05 * first[hub] for hub, count in of_code.items())


def snapshot_docs(hub: str) -> int:
    return sum(doc.hub == hub for doc in snapshot_catalogue().docs)
