"""Every doc of APIBench that becomes an API doc has a snippet that is Python, whatever the doc says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from api_docs.catalogue import entry_of
from api_docs.models import Hub
from api_docs.snippets import render_code, warnings_for
from api_docs.sources.apibench import read_apibench


@pytest.mark.parametrize("hub", list(Hub))
def test_every_apibench_doc_renders_python_that_ends_with_a_result(hub: Hub, data: Path) -> None:
    docs = read_apibench(data / "apibench" / "api", hub).docs

    assert len(docs) > 90
    for doc in docs:
        entry = entry_of(doc)
        code = render_code(entry.call, entry)
        tree = ast.parse(code)
        compile(tree, doc.id, "exec")
        calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert calls.count(entry.call.render()) == 1, doc.id
        assert ast.unparse(tree.body[-1]).startswith("print("), doc.id
        assert all(sentence.endswith(".") for sentence in warnings_for(entry.call, entry)), doc.id
