"""Tests on other people's data, which is never part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder that `CALLSMITH_DATA` names; tests that need it are skipped where it is unset."""
    folder = os.environ.get("CALLSMITH_DATA", "")
    if not folder:
        pytest.skip("CALLSMITH_DATA is unset: it names the folder with APIBench and the upstreams' files")
    if not Path(folder, "apibench").is_dir():
        pytest.fail(f"CALLSMITH_DATA is {folder!r}, which has no folder apibench/")
    return Path(folder)
