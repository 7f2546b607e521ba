"""Importing the whole of APIBench: every line becomes a doc or is set aside with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_docs.catalogue import Catalogue
from api_docs.models import Hub
from api_docs.sources.apibench import FILES, read_apibench
from api_docs.verification import check_doc, verify

LINES = {Hub.TORCHHUB: 94, Hub.TFHUB: 696, Hub.HUGGINGFACE: 936}
SHELL_COMMANDS = [719, 728, 732, 894, 901, 908, 909]
"""Lines of Hugging Face's file whose `api_call` is a shell command."""


@pytest.mark.parametrize("hub", list(Hub))
def test_every_line_is_a_verified_doc_or_a_shell_command(data: Path, hub: Hub) -> None:
    result = read_apibench(data / "apibench" / "api", hub)
    expected = SHELL_COMMANDS if hub is Hub.HUGGINGFACE else []
    assert [bad.record for bad in result.quarantined] == [f"{FILES[hub]}, line {n}" for n in expected]
    assert len(result.docs) + len(result.quarantined) == LINES[hub]
    for doc in result.docs:
        check_doc(doc)


@pytest.mark.parametrize("hub", list(Hub))
def test_the_docs_make_a_catalogue_in_which_every_call_verifies(data: Path, hub: Hub) -> None:
    catalogue = Catalogue(read_apibench(data / "apibench" / "api", hub).docs)
    assert len({doc.id for doc in catalogue.docs}) == len(catalogue)
    refused = [doc.call for doc in catalogue.docs if not verify(doc.call, catalogue, [doc.id]).verified]
    assert refused == []


def test_tfhub_has_eighty_distinct_calls_at_most(data: Path) -> None:
    docs = read_apibench(data / "apibench" / "api", Hub.TFHUB).docs
    assert len({doc.call for doc in docs}) <= 80
