"""The facts of Hugging Face's own pages: what is kept of an export, and that the table at hand is whole."""

from __future__ import annotations

from typing import Any

import pytest

from api_docs.call import parse_call
from api_docs.domains import huggingface_domain
from api_docs.errors import SourceError
from api_docs.sources.hf_calls import PLACEHOLDER
from api_docs.sources.hf_tasks import facts_of, known_snippets, known_tasks, tasks_table

PAGE = f"""!pip install gapfiller
from gapfiller import Filler

filler = Filler.from_pretrained("{PLACEHOLDER}", device="cpu")
print(filler.fill("A ___ day"))
"""


def export(**more: Any) -> dict[str, Any]:
    return {
        "package": "@huggingface/tasks",
        "version": "1.2.3",
        "tasks": ["fill-mask", "other"],
        "snippets": {
            "gapfiller": [PAGE, PAGE, "pip install gapfiller"],
            "shell": [f"get {PLACEHOLDER}"],
            "unfilled": [f"Model.load('{PLACEHOLDER}', file='{{FILE}}')"],
        },
    } | more


def test_of_a_snippet_only_the_call_that_loads_the_model_is_kept() -> None:
    assert facts_of(export()) == {
        "package": "@huggingface/tasks",
        "version": "1.2.3",
        "tasks": ["fill-mask", "other"],
        "calls": {"gapfiller": [f"Filler.from_pretrained('{PLACEHOLDER}', device='cpu')"]},
    }


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"snippets": {}}, "0 libraries"), ({"tasks": []}, "0 tasks"), ({"snippets": None}, "hf_tasks.mjs")],
)
def test_an_export_that_holds_nothing_is_refused(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        facts_of(export(**more))


def test_the_table_at_hand_names_its_version_and_holds_calls_that_parse() -> None:
    table = tasks_table()
    assert table.version.count(".") == 2
    assert len(table.calls) >= 60
    for calls in table.calls.values():
        for call in calls:
            assert PLACEHOLDER in parse_call(call).render()
    assert known_snippets().keys() == table.calls.keys()


def test_the_tasks_at_hand_are_those_that_have_a_domain() -> None:
    assert len(known_tasks()) >= 45
    assert set(known_tasks()) <= set(tasks_table().tasks)
    for task in known_tasks():
        huggingface_domain(task)
