"""The code that people paste from the page: each is run as it is shown, against the service that shows it."""

# ruff: noqa: S603 - the commands are the page's own

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import mcp
import pytest
from mcp.client.streamable_http import streamable_http_client
from playwright.sync_api import expect

from service.keys import add_key
from tests.browser.acting import link
from tests.browser.conftest import Open, serving
from tests.service.test_access import TODAY

NASTY = """Tell species of "birds" apart; it's $HOME, `id`, ${a} %s {b} \\n \\ and
a second line — 鳥 🐦 </script>"""
SECONDS = 60


@pytest.fixture(params=["open", "keyed"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str | None]]:
    """A service, and the key that it wants, if any."""
    if request.param == "open":
        with serving(var=tmp_path / "var") as url:
            yield url, None
    else:
        path = tmp_path / "keys.json"
        key = add_key(path, "team", 600, TODAY)
        with serving(keys=path, var=tmp_path / "var") as url:
            yield url, key


@pytest.fixture
def shown(service: tuple[str, str | None], open_page: Open) -> dict[str, str]:
    """The snippets as the page shows them, by name."""
    url, key = service
    page = open_page(url)
    if key is not None:
        page.evaluate("(key) => sessionStorage.setItem('callsmith-key', key)", key)
    page.goto(f"{url}/{link('ask', instruction=NASTY, hub='huggingface', quality='fast')}")
    page.reload()
    found = {}
    for name in ("curl", "Python, openai", "Python", "JavaScript", "MCP"):
        page.get_by_role("tab", name=name, exact=True).click()
        code = page.get_by_label(f"the code for {name}", exact=True)
        expect(code).to_be_visible()
        found[name] = str(code.text_content())
    assert key is None or not any(key in code for code in found.values())
    return found


def ran(command: list[str], key: str | None, **options: Any) -> str:
    """What a command prints, with the key where the snippets look for it."""
    environment = {**os.environ, **({} if key is None else {"CALLSMITH_KEY": key})}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wanted(service: tuple[str, str | None]) -> str:
    """The call that the service answers with."""
    url, key = service
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    asked = {"instruction": NASTY, "hub": "huggingface", "quality": "fast"}
    answer = httpx2.post(f"{url}/generate_call", json=asked, headers=headers, timeout=SECONDS).json()
    return str(answer["call"])


def test_the_snippets_bring_the_answer_that_the_page_shows(
    service: tuple[str, str | None], shown: dict[str, str]
) -> None:
    _, key = service
    call = wanted(service)
    assert call.startswith("pipeline(")
    assert ran([sys.executable, "-c", shown["Python"]], key) == call
    assert ran([sys.executable, "-c", shown["Python, openai"]], key) == call
    if (node := shutil.which("node")) is not None:
        assert ran([node, "--input-type=module"], key, input=shown["JavaScript"]) == call
    if (curl := shutil.which("curl")) is not None:
        assert shown["curl"].startswith("curl ")
        assert json.loads(ran(["sh", "-c", shown["curl"].replace("curl", curl, 1)], key))["call"] == call


def test_the_mcp_configuration_leads_to_the_tools(
    service: tuple[str, str | None], shown: dict[str, str]
) -> None:
    _, key = service
    configured = json.loads(shown["MCP"])["mcpServers"]["callsmith"]
    assert configured["type"] == "http"
    headers = {
        name: value.replace("${CALLSMITH_KEY}", key or "")
        for name, value in configured.get("headers", {}).items()
    }

    async def tools() -> set[str]:
        async with httpx2.AsyncClient(headers=headers) as web:
            transport = streamable_http_client(configured["url"], http_client=web)
            async with mcp.Client(transport) as client:
                return {tool.name for tool in (await client.list_tools()).tools}

    # In a thread of its own: the browser's event loop has this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, tools()).result(SECONDS) == {"search_api_docs", "generate_call"}
