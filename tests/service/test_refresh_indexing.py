"""What embeds a night's texts: few go through the exported model, many through the model itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import service.var
from api_docs.catalogue import Catalogue
from retriever.index import build_index, save_index
from service import var
from service.refresh import indexing
from service.refresh.indexing import index_both
from service.settings import Settings
from tests.service.publishing_cases import NamedWordEncoder
from tests.service.refresh_cases import changed, first_docs

BEFORE = Catalogue(first_docs())
AFTER = Catalogue([changed(first_docs()[0], description="Sorts photos of owls."), *first_docs()[1:]])


class Models:
    """The model and what was exported of it; `loaded` says how often each was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = Settings().embedding_model
        self.model, self.exported = NamedWordEncoder(self.name), NamedWordEncoder(self.name)
        self.loaded = {"model": 0, "exported": 0}
        monkeypatch.setattr(service.var, "load_encoder", self._load)
        monkeypatch.setattr(service.var, "open_exported", self._open)

    def _load(self, _: str) -> NamedWordEncoder:
        self.loaded["model"] += 1
        return self.model

    def _open(self, folder: Path, name: str, threads: int) -> NamedWordEncoder | None:
        assert name == self.name
        assert threads >= 1
        self.loaded["exported"] += 1
        return self.exported


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Models:
    return Models(monkeypatch)


@pytest.fixture
def settings(tmp_path: Path, models: Models) -> Settings:
    """With an index of the version before."""
    found = Settings(var=tmp_path / "var")
    index = build_index(BEFORE, NamedWordEncoder(models.name))
    save_index(index, var.index_folder(found, BEFORE), BEFORE.version, models.name)
    return found


def both(settings: Settings, **more: Any) -> indexing.Indexed:
    return index_both(settings, BEFORE, AFTER, lambda *_: None, **more)


def test_few_texts_need_no_model_but_the_exported_one(settings: Settings, models: Models) -> None:
    found = both(settings)
    assert models.loaded == {"model": 0, "exported": 1}
    assert (found.encoder, found.after.embedded, found.notes) == (models.exported, 1, ())
    whole = build_index(AFTER, NamedWordEncoder(models.name))
    np.testing.assert_array_equal(found.after.dense.vectors(), whole.dense.vectors())


def test_many_texts_are_worth_the_model(
    settings: Settings, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "FEW", 0)
    found = both(settings)
    assert models.loaded == {"model": 1, "exported": 1}
    assert (found.encoder, found.after.embedded) == (models.model, 1)


def test_without_an_index_of_the_version_before_the_model_makes_both(
    settings: Settings, models: Models, tmp_path: Path
) -> None:
    found = both(settings.model_copy(update={"var": tmp_path / "other"}))
    assert found.encoder is models.model
    assert (found.before.embedded, found.after.embedded) == (len(BEFORE), 1)
    assert "no index of the version before" in found.notes[0]


def test_where_torch_is_set_nothing_exported_is_used(settings: Settings, models: Models) -> None:
    found = both(settings.model_copy(update={"embedding_backend": "torch"}))
    assert models.loaded == {"model": 1, "exported": 0}
    assert found.encoder is models.model


def test_an_encoder_that_is_given_is_what_embeds(settings: Settings, models: Models) -> None:
    given = NamedWordEncoder(models.name)
    assert both(settings, encoder=given).encoder is given
    assert models.loaded == {"model": 0, "exported": 0}
