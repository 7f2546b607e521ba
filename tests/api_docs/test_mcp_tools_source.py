from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api_docs.errors import SourceError
from api_docs.models import ArgumentType, Place
from api_docs.sources.mcp_tools import McpTools, callee_of
from api_docs.verification import check_doc
from tests.api_docs.own_apis import TOOLS, desk_docs


def test_every_tool_is_a_doc_called_by_its_arguments_names() -> None:
    docs = {doc.id: doc for doc in desk_docs()}
    assert {doc_id: doc.call for doc_id, doc in docs.items()} == {
        "desk:find-ticket": "find_ticket(query='{query}')",
        "desk:open": "open_()",
        "desk:close_ticket": "close_ticket(ticket={'id': 1})",
    }
    find = docs["desk:find-ticket"]
    assert (find.functionality, find.facts["tool"], find.domain) == (
        "Find a ticket",
        "find-ticket",
        "web-api",
    )
    assert [(a.name, a.type, a.required, a.place) for a in find.arguments] == [
        ("query", ArgumentType.STR, True, Place.INPUT),
        ("limit", ArgumentType.INT, False, Place.INPUT),
        ("state", ArgumentType.STR, False, Place.INPUT),
    ]


@pytest.mark.parametrize(
    ("tool", "callee"),
    [
        ("get_weather", "get_weather"),
        ("get-weather", "get_weather"),
        ("github/search.code", "github_search_code"),
        ("2fa", "_2fa"),
        ("import", "import_"),
        ("filter", "filter_"),
        ("pipeline", "tool_pipeline"),
        ("YOLOv8", "tool_YOLOv8"),
        ("asyncio", "asyncio_"),
        ("…", "value"),
    ],
)
def test_a_tool_is_called_what_a_function_can_be_and_nothing_that_means_something_else(
    tool: str, callee: str
) -> None:
    assert callee_of(tool) == callee


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("x", "no object with a name"),
        ({"name": ""}, "no object with a name"),
        (
            {"name": "a", "inputSchema": {"required": ["x-y"], "properties": {"x-y": {}}}},
            "no call could name it",
        ),
        ({"name": "a", "inputSchema": {"properties": {"x": {"$ref": "#/$defs/X"}}}}, "leads nowhere"),
        ({"name": "find_ticket", "inputSchema": {}}, "loads the same as"),
    ],
)
def test_a_tool_that_can_not_be_called_is_set_aside(tool: Any, said: str) -> None:
    found = McpTools("desk").read_tools([*TOOLS, tool])
    assert len(found.docs) == len(TOOLS)
    assert said in found.quarantined[0].reason


def test_definitions_of_a_schema_are_followed() -> None:
    schema = {
        "$defs": {"Size": {"enum": ["s", "m"]}},
        "required": ["size"],
        "properties": {"size": {"$ref": "#/$defs/Size"}},
    }
    doc = McpTools("desk").read_tools([{"name": "order", "inputSchema": schema}]).docs[0]
    assert doc.call == "order(size='s')"
    check_doc(doc)


def test_a_list_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    file.write_text(json.dumps(TOOLS))
    assert len(McpTools("desk").read(file).docs) == 3
    for text, said in (("{}", "no list"), ("{", "no JSON")):
        file.write_text(text)
        with pytest.raises(SourceError, match=said):
            McpTools("desk").read(file)
