"""Catalogues that tests of several rooms share."""

from __future__ import annotations

from functools import cache

import pytest

from api_docs.catalogue import Catalogue
from api_docs.storage import MANIFEST, SNAPSHOT_FOLDER, load_catalogue


def snapshot_catalogue() -> Catalogue:
    """The snapshot that ships with Callsmith; the test is skipped in a checkout that has none."""
    if not (SNAPSHOT_FOLDER / MANIFEST).is_file():
        pytest.skip("this checkout has no api_docs/snapshot; `callsmith docs build` makes it")
    return _loaded()


@cache
def _loaded() -> Catalogue:
    return load_catalogue(SNAPSHOT_FOLDER)
