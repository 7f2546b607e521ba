"""Every source by its name, on the upstreams' real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import SourceError
from api_docs.importing import SourceName, import_docs, merged
from api_docs.models import Hub


@pytest.mark.parametrize(
    ("source", "place", "least"),
    [
        (SourceName.TORCHHUB, "upstream", 300),
        (SourceName.TFHUB, "upstream/tfhub_docs_md.tar.gz", 1_100),
        (SourceName.HUGGINGFACE, "upstream", 1_500),
        (SourceName.APIBENCH, "apibench/api", 1_700),
    ],
)
@pytest.mark.parametrize("own_words", [True, False])
def test_every_source_is_read_by_its_name(
    data: Path, source: SourceName, place: str, least: int, own_words: bool
) -> None:
    found = import_docs(source, data / place, own_words=own_words)
    assert len(found.docs) >= least
    catalogue = merged(Catalogue([]), found)
    assert len(catalogue) == len(found.docs)
    if source is not SourceName.APIBENCH:
        assert all(doc.description for doc in found.docs)


def test_one_hub_of_apibench_is_read_when_it_is_named(data: Path) -> None:
    file = data / "apibench" / "api" / "torchhub_api.jsonl"
    found = import_docs(SourceName.APIBENCH, file, hub=Hub.TORCHHUB)
    assert len(found.docs) == 94
    with pytest.raises(SourceError, match="--hub"):
        import_docs(SourceName.APIBENCH, file)
