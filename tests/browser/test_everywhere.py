"""What holds on every view: nobody is left out, nothing comes from elsewhere, and it weighs little."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from api_docs.catalogue import Catalogue
from retriever.index import build_index
from retriever.searcher import Searcher
from service.app import create_app
from service.keys import add_key
from service.routes.playground import FOLDER
from service.runtime import Runtime
from service.settings import Settings
from tests.browser.acting import BIRDS, SPEECH, answered, card, is_drawn, link, sees_call
from tests.browser.conftest import Open, serving
from tests.retriever.conftest import WordEncoder, small_docs
from tests.service.conftest import Written
from tests.service.live import served
from tests.service.test_access import TODAY
from tests.service.test_judging import judge

MOST = 150_000
"""Bytes."""
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
VIEWS = {
    "ask": ("#ask", "h1"),
    "answer": (link("ask", instruction=BIRDS), ".answer .facts"),
    "alternative": (link("ask", instruction=BIRDS, show="huggingface:openai/whisper-tiny"), ".answer .facts"),
    "browse": ("#browse", ".list"),
    "nothing found": (link("browse", q="no such thing"), ".rows .panel"),
    "doc": (link("doc", id="torchhub:pytorch/vision:resnet50"), ".events"),
    "changes": ("#changes", ".publications"),
    "publication": (link("changes", number="2"), ".list"),
    "status": ("#status", "figure img"),
}


def has_no_violation(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    violations = page.evaluate("axe.run().then((found) => found.violations)")
    told = [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations]
    assert told == []


DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_no_view_has_a_violation_that_axe_finds(
    refreshed: str,
    open_page: Open,
    scheme: str,
    size: dict[str, int],
) -> None:
    page = open_page(refreshed, color_scheme=scheme, viewport=size, reduced_motion="reduce")
    for fragment, there in VIEWS.values():
        page.goto(f"{refreshed}/{fragment}")
        expect(page.locator(there).first).to_be_visible()
        has_no_violation(page)


def test_no_view_is_wider_than_a_phone(refreshed: str, open_page: Open) -> None:
    page = open_page(refreshed, viewport=PHONE, reduced_motion="reduce")
    for fragment, there in VIEWS.values():
        page.goto(f"{refreshed}/{fragment}")
        expect(page.locator(there).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], fragment


def test_no_bad_news_has_a_violation_either(open_page: Open) -> None:
    for options, there in (
        ({"engine": Written(RuntimeError("broken"))}, "[role=alert]"),
        ({"engine": Written("f('a', b=1)"), "constrained": False}, ".answer .facts"),
        ({"judge": judge(served=-9.0)}, ".answer .cards"),
    ):
        with serving(**options) as url:
            page = open_page(url, link("ask", instruction=BIRDS), reduced_motion="reduce")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                expect(page.locator(there).first).to_be_visible()
                has_no_violation(page)


def test_all_views_together_weigh_little(refreshed: str, open_page: Open) -> None:
    files = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sum(files.values()) <= MOST, files
    page = open_page(refreshed)
    weights: list[int] = []
    page.on("requestfinished", lambda request: weights.append(request.sizes()["responseBodySize"]))
    page.reload()
    for fragment, there in VIEWS.values():
        page.goto(f"{refreshed}/{fragment}")
        expect(page.locator(there).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(weights) > len(files)
    assert sum(weights) <= MOST, "what the service answers counted in"


def test_every_file_of_the_page_is_used(url: str, open_page: Open) -> None:
    page = open_page(url)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.rpartition("/")[2]))
    page.reload()
    expect(page.locator("h1")).to_be_visible()
    assert {path.name for path in FOLDER.iterdir()} - {"index.html"} <= asked


def test_the_policy_lets_no_script_style_or_markup_slip_in(url: str, browser: Any) -> None:
    page = browser.new_page()
    page.goto(url)
    told: list[str] = page.evaluate(
        """() => new Promise((resolve) => {
          const told = [];
          document.addEventListener("securitypolicyviolation", (event) => {
            told.push(event.effectiveDirective);
            if (told.length === 4) resolve(told.sort());
          });
          const script = document.createElement("script");
          document.body.append(script);
          try { script.textContent = "window.pwned = 1"; } catch { /* as wanted */ }
          try { document.body.innerHTML = "<b>markup</b>"; } catch { /* as wanted */ }
          document.body.setAttribute("style", "color: red");
          new Image().src = "http://elsewhere.invalid/pixel.png";
        })"""
    )
    assert told == [
        "img-src",
        "require-trusted-types-for",
        "require-trusted-types-for",
        "style-src-attr",
    ]
    assert page.evaluate("window.pwned") is None
    page.close()


def test_the_page_is_worked_by_keys_alone(url: str, open_page: Open) -> None:
    page = open_page(url, "#browse")
    expect(page.locator(".list")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Views").get_by_role("link", name="Ask")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Instruction")).to_be_focused()
    page.keyboard.type("tell species of birds")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("apart on photos")
    page.keyboard.press("Enter")
    instruction = "tell species of birds\napart on photos"
    expect(page.get_by_label("Instruction")).to_have_value(instruction)
    found = answered(url, instruction)
    sees_call(page, found["call"])
    expect(page.locator("#live")).to_have_text(f"Verified: {found['call']}")
    page.get_by_role("tab", name="Call").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Snippet")).to_be_focused()
    expect(page.get_by_role("tab", name="Snippet")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="MCP")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Call")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy the call")).to_be_focused()


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A service that wants a key, and the key."""
    path = tmp_path / "keys.json"
    key = add_key(path, "team", 600, TODAY)
    with serving(keys=path, var=tmp_path / "var") as url:
        yield url, key


def test_a_key_is_asked_for_and_stays_in_the_tab(keyed: tuple[str, str], open_page: Open) -> None:
    url, key = keyed
    page = open_page(url, link("ask", instruction=BIRDS))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This needs a key")
    page.get_by_label("Key", exact=True).fill("cs_wrong")
    page.get_by_role("button", name="Use it").click()
    expect(dialog).to_contain_text("The key is not known here")
    page.get_by_label("Key", exact=True).fill(key)
    page.keyboard.press("Enter")
    expect(card(page).get_by_text("✓ Verified")).to_be_visible()
    assert page.evaluate("Object.values(sessionStorage)") == [key]
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    page.get_by_role("tab", name="curl").click()
    assert key not in page.content()
    page.get_by_role("link", name="Status").click()
    is_drawn(page.locator("figure img").first)
    page.get_by_role("button", name="Forget key").click()
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("link", name="Browse").click()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("alert")).to_contain_text("needs a key")


class Prefixed:
    """What a proxy does that serves an application under a path of its own."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            assert scope["path"].startswith(self.prefix), scope["path"]
            scope = {**scope, "path": scope["path"].removeprefix(self.prefix)}
            scope["raw_path"] = scope["raw_path"].removeprefix(self.prefix.encode())
        await self.app(scope, receive, send)


def test_the_page_works_behind_a_path_prefix(open_page: Open) -> None:
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    searcher = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    app: Any = Prefixed(create_app(Runtime(Settings(), searcher)), "/tools/callsmith")
    with served(app) as url:
        page = open_page(f"{url}/tools/callsmith", link("ask", instruction=SPEECH))
        sees_call(page, answered(f"{url}/tools/callsmith", SPEECH)["call"])
        page.get_by_role("tab", name="curl").click()
        expect(card(page).get_by_label("the code for curl", exact=True)).to_contain_text(
            f"'{url}/tools/callsmith/generate_call'"
        )
        page.get_by_role("link", name="Status").click()
        expect(page.locator("figure img").first).to_be_visible()
        page.get_by_role("link", name="API", exact=True).click()
        expect(page).to_have_url(re.compile("/tools/callsmith/docs$"))
        page.go_back()
