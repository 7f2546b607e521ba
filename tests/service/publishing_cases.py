"""Small catalogues on disk to publish, and an encoder that every process agrees on."""

from __future__ import annotations

from pathlib import Path

from api_docs.catalogue import Catalogue
from api_docs.storage import write_catalogue
from tests.retriever.conftest import WordEncoder, make_doc, small_docs

NEW = "huggingface:lindgren/rooster-call"
NEW_CALL = "pipeline('audio-classification', model='lindgren/rooster-call')"
ROOSTERS = "which rooster crows in this recording"


class NamedWordEncoder(WordEncoder):
    """Passes for the model that the settings name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def first_catalogue() -> Catalogue:
    return Catalogue(small_docs())


def second_catalogue() -> Catalogue:
    """The first with one doc more."""
    rooster = make_doc(
        "huggingface",
        "lindgren/rooster-call",
        "audio-classification",
        "Tells by its crow which rooster crows in a recording.",
        NEW_CALL,
    )
    return Catalogue([*small_docs(), rooster])


def written(catalogue: Catalogue, folder: Path) -> Path:
    write_catalogue(catalogue, folder)
    return folder
