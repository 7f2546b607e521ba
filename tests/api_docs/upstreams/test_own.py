"""`hubs.toml`: read, written, and what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.errors import ConfigurationError
from api_docs.upstreams.jsonl import JsonlFolder
from api_docs.upstreams.mcp import McpServer
from api_docs.upstreams.openapi import OpenApiDocument
from api_docs.upstreams.own import HubKind, OwnHub, add_hub, own_upstreams, read_hubs, remove_hub

SHOP = OwnHub(kind=HubKind.OPENAPI, url="https://shop.example/openapi.json", token_env="SHOP_TOKEN")
DESK = OwnHub(kind=HubKind.MCP, url="https://desk.example:8443/mcp")
LAB = OwnHub(kind=HubKind.JSONL, path="docs/apis")

BY_HAND = """\
# our shop
[hubs.shop]
kind = "openapi"   # since May
url = "https://shop.example/openapi.json"

# the desk's tools
[hubs."desk"]
kind = "mcp"
url = "https://desk.example/mcp"
"""


def test_hubs_are_added_read_and_removed_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "var" / "hubs.toml"
    assert read_hubs(file) == {}
    for name, hub in (("shop", SHOP), ("desk", DESK), ("lab", LAB)):
        add_hub(file, name, hub)
    assert read_hubs(file) == {"shop": SHOP, "desk": DESK, "lab": LAB}
    assert remove_hub(file, "desk") == DESK
    assert read_hubs(file) == {"shop": SHOP, "lab": LAB}
    remove_hub(file, "lab")
    remove_hub(file, "shop")
    assert read_hubs(file) == {}
    assert file.read_text() == ""


def test_a_command_leaves_the_other_lines_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "hubs.toml"
    file.write_text(BY_HAND)
    add_hub(file, "lab", LAB)
    assert file.read_text().startswith(BY_HAND)
    remove_hub(file, "shop")
    assert file.read_text() == (
        '# our shop\n# the desk\'s tools\n[hubs."desk"]\nkind = "mcp"\nurl = "https://desk.example/mcp"\n\n'
        '[hubs.lab]\nkind = "jsonl"\npath = "docs/apis"\n'
    )


def test_a_file_that_no_command_can_change_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hubs.toml"
    text = 'hubs.lab = {kind = "jsonl", path = "x"}\n'
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="by hand"):
        remove_hub(file, "lab")
    assert file.read_text() == text


@given(st.text(max_size=30))
def test_any_path_comes_back_as_it_was_given_or_is_refused(tmp_path_factory: Any, path: str) -> None:
    file = tmp_path_factory.mktemp("hubs") / "hubs.toml"
    try:
        hub = OwnHub(kind=HubKind.JSONL, path=path)
        add_hub(file, "lab", hub)
    except (ValueError, ConfigurationError):
        return
    assert read_hubs(file) == {"lab": hub}
    assert tomllib.loads(file.read_text(encoding="utf-8"))["hubs"]["lab"]["path"] == path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Shop", "can't be the name"),
        ("", "can't be"),
        ("a" * 41, "can't be"),
        ("tfhub", "of Callsmith's own"),
    ],
)
def test_a_name_is_one_that_ids_can_begin_with(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        add_hub(tmp_path / "hubs.toml", name, LAB)


def test_a_name_is_taken_once_and_removed_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "hubs.toml"
    add_hub(file, "lab", LAB)
    with pytest.raises(ConfigurationError, match="there is a hub 'lab' already"):
        add_hub(file, "lab", SHOP)
    with pytest.raises(ConfigurationError, match="no hub 'shop' of your own; .* has 'lab'"):
        remove_hub(file, "shop")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[hubs", "no TOML"),
        ("x = 1", "has 'x'"),
        ("hubs = 1", "no table"),
        ("[hubs.shop]", "kind"),
        ('[hubs.shop]\nkind = "graphql"', "kind"),
        ('[hubs.shop]\nkind = "openapi"', "either 'url' or 'path'"),
        ('[hubs.shop]\nkind = "openapi"\nurl = "https://a"\npath = "b"', "either 'url' or 'path'"),
        ('[hubs.shop]\nkind = "mcp"\npath = "b"', "has a 'url'"),
        ('[hubs.shop]\nkind = "jsonl"\nurl = "https://a"', "has a 'path'"),
        ('[hubs.shop]\nkind = "mcp"\nurl = "https://a"\nserver = "https://b"', "'server' belongs"),
        ('[hubs.shop]\nkind = "mcp"\nurl = "a.example"', "no address"),
        ('[hubs.shop]\nkind = "mcp"\nurl = "https://me:pw@a.example"', "must not carry a password"),
        ('[hubs.shop]\nkind = "mcp"\nurl = "https://a"\ntoken_env = "not a name"', "token_env"),
        ('[hubs.shop]\nkind = "mcp"\nurl = "https://a"\ntoken = "secret"', "token"),
        ('[hubs.tfhub]\nkind = "mcp"\nurl = "https://a"', "of Callsmith's own"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "hubs.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said) as told:
        read_hubs(file)
    assert "hubs.toml" in str(told.value)
    assert "pw@" not in str(told.value)


def test_each_hub_becomes_the_upstream_of_its_kind_with_its_own_token_only(tmp_path: Path) -> None:
    file = tmp_path / "hubs.toml"
    for name, hub in (("shop", SHOP), ("desk", DESK), ("lab", LAB)):
        add_hub(file, name, hub)
    shop, desk, lab = own_upstreams(file, {"SHOP_TOKEN": " secret ", "OTHER": "x"})
    assert isinstance(shop, OpenApiDocument)
    assert shop.variables == {"shop.example": "SHOP_TOKEN"}
    assert {host: token.get_secret_value() for host, token in shop.tokens.items()} == {
        "shop.example": "secret"
    }
    assert "secret" not in repr(shop)
    assert isinstance(desk, McpServer)
    assert (desk.hub, desk.tokens, desk.variables) == ("desk", {}, {})
    assert lab == JsonlFolder("lab", tmp_path / "docs/apis")
    (without, *_) = own_upstreams(file, {})
    assert isinstance(without, OpenApiDocument)
    assert without.tokens == {}
