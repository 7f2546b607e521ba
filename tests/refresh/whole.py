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
from tests.refresh.three_hubs import ThreeHubs, recorded, served
from tests.support import snapshot_catalogue

HUBS = ("huggingface", "tfhub", "torchhub")
SHARE = 0.9
"""Of the snapshot's docs, which were made of the same files and more, that each hub has to have."""


@pytest.fixture(scope="module")
def hubs() -> Iterator[ThreeHubs]:
    folder = os.environ.get("CALLSMITH_DATA", "")
    if not folder:
        pytest.fail("CALLSMITH_DATA is unset: it names the folder with the upstreams' files")
    with served(recorded(Path(folder, "upstream"))) as found:
        yield found


@pytest.fixture(scope="module")
def nights(hubs: ThreeHubs, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The reports of two nights: one from nothing, and one without news."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
    ours = {"CALLSMITH_VAR": str(tmp_path_factory.mktemp("whole") / "var"), "CALLSMITH_HF_MODELS": "5000"}
    environment = others | ours | hubs.environment()
    command = [sys.executable, "-m", "service.cli", "docs", "refresh", "--json"]
    found = []
    for _ in range(2):
        hubs.forget()
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{ended.stderr[-3_000:]}\n{ended.stdout[-3_000:]}"
        found.append(json.loads(ended.stdout))
    if results := os.environ.get("RESULTS"):
        rows = {name: _shown(night) for name, night in zip(("first", "without_news"), found, strict=True)}
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


def test_every_hub_is_collected_and_what_it_has_is_published(nights: list[dict[str, Any]]) -> None:
    first = nights[0]
    assert first["result"] == "published"
    assert {one["hub"]: one["outcome"] for one in first["sources"]} == dict.fromkeys(HUBS, "collected")
    assert all(gate["passed"] for gate in first["gates"])
    snapshot = snapshot_catalogue()
    for one in first["sources"]:
        there = sum(doc.hub == one["hub"] for doc in snapshot.docs)
        assert one["listed"] >= SHARE * there, one["hub"]
        assert first["docs"][one["hub"]] >= there


def test_the_next_night_has_no_news_and_fetches_none(nights: list[dict[str, Any]]) -> None:
    second = nights[1]
    assert (second["result"], second["embedded"]) == ("unchanged", 0)
    assert second["changes"] == {
        **second["changes"],
        "added": [],
        "removed": [],
        "renamed": {},
        "changed": [],
    }
    for one in second["sources"]:
        requests = one["requests"]
        assert requests["bytes"] < 0.05 * next(
            before["requests"]["bytes"] for before in nights[0]["sources"] if before["hub"] == one["hub"]
        ), one["hub"]
