"""Browse: the whole catalogue, a doc with its history, and what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from tests.browser.acting import link
from tests.browser.conftest import Open, serving


@pytest.fixture(scope="module")
def snapshot() -> Catalogue:
    return load_catalogue(SNAPSHOT_FOLDER)


@pytest.fixture(scope="module")
def whole(snapshot: Catalogue) -> Iterator[str]:
    """A service over everything that ships."""
    with serving(snapshot) as url:
        yield url


def names(page: Page) -> list[str]:
    return [str(name) for name in page.locator(".list .cover").all_inner_texts()]


def sees(page: Page, docs: list[ApiDoc], total: int) -> None:
    """Make sure that these docs are listed, of so many."""
    expect(page.locator("#found")).to_have_text(re.compile(rf"^{total:,} API docs?\b"))
    assert names(page) == [doc.name for doc in docs]


def test_the_whole_catalogue_is_listed_page_by_page(whole: str, open_page: Open, snapshot: Catalogue) -> None:
    page = open_page(whole, "#browse")
    docs, last = list(snapshot.docs), -(-len(snapshot) // 50)
    sees(page, docs[:50], len(docs))
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager")).to_contain_text(f"Page 2 of {last}")
    sees(page, docs[50:100], len(docs))
    page.go_back()
    expect(page.locator(".pager")).to_contain_text(f"Page 1 of {last}")
    sees(page, docs[:50], len(docs))
    end = open_page(whole, link("browse", page=str(last)))
    expect(end.locator("#found")).to_contain_text(f"to {len(docs):,} shown")
    sees(end, docs[50 * (last - 1) :], len(docs))


def test_hub_domain_and_words_leave_what_fits(whole: str, open_page: Open, snapshot: Catalogue) -> None:
    page = open_page(whole, "#browse")
    of_hub = [doc for doc in snapshot.docs if doc.hub == "tfhub"]
    expect(page.get_by_label("Hub").locator("option")).to_have_count(1 + len(snapshot.hubs))
    page.get_by_label("Hub").select_option("tfhub")
    expect(page.locator("#found")).to_contain_text(f"{len(of_hub):,} API docs")
    of_both = [doc for doc in of_hub if doc.domain == "image-classification"]
    page.get_by_label("Domain").select_option("image-classification")
    expect(page.get_by_label("Domain").locator("option:checked")).to_have_text(
        f"Image classification ({len(of_both)})"
    )
    expect(page.locator("#found")).to_contain_text(f"{len(of_both):,} API docs")
    found = [doc for doc in of_both if "bird" in f"{doc.id} {doc.description} {doc.functionality}".lower()]
    page.get_by_label("Search").press_sequentially("bird")
    sees(page, found, len(found))
    expect(page.get_by_label("Search")).to_be_focused()
    page.reload()
    sees(page, found, len(found))
    page.get_by_label("Search").fill("nothing has this word")
    expect(page.get_by_text("No API doc has all of that")).to_be_visible()


def test_a_doc_is_shown_with_its_call_facts_and_snippet(
    whole: str, open_page: Open, snapshot: Catalogue
) -> None:
    doc = snapshot.doc("torchhub:pytorch/vision:resnet50")
    page = open_page(whole, link("browse", q="resnet50", hub="torchhub"))
    page.get_by_role("link", name="resnet50", exact=True).click()
    expect(page.locator("h1")).to_have_text(doc.name)
    expect(page.get_by_label("the call", exact=True)).to_have_text(doc.call)
    expect(page.locator("main")).to_contain_text(doc.description)
    for argument in doc.arguments:
        expect(page.get_by_role("cell", name=argument.name, exact=True)).to_be_visible()
    page.get_by_role("tab", name="Snippet").click()
    code = httpx2.get(f"{whole}/calls/{doc.id}").json()["code"]
    assert page.get_by_label("the snippet that loads and uses the model", exact=True).inner_text() == code
    expect(page.get_by_text("No changes are noted yet")).to_be_visible()


def test_a_doc_that_never_was_is_told(whole: str, open_page: Open) -> None:
    page = open_page(whole, link("doc", id="tfhub:no/such"))
    expect(page.get_by_role("alert")).to_contain_text("no API doc 'tfhub:no/such'")


def test_what_changed_is_told_by_publication_and_doc(refreshed: str, open_page: Open) -> None:
    page = open_page(refreshed, "#changes")
    cards = page.locator(".publications .card")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("9 hours ago")
    expect(cards.first).to_contain_text("By the nightly refresh")
    expect(cards.first.locator(".badge")).to_have_text(["1 added", "1 changed", "1 renamed", "3 removed"])
    expect(cards.last).to_contain_text("The first publication.")
    cards.first.get_by_role("link").click()
    lines = page.locator(".changes li")
    expect(lines).to_have_count(6)
    expect(lines.first).to_contain_text("huggingface:live/birds")
    expect(page.locator(".changes")).to_contain_text("was tfhub:google/yamnet")
    page.get_by_role("link", name="1 changed").click()
    expect(lines).to_have_count(1)
    expect(lines.locator("dt")).to_have_text("License")
    expect(lines.locator("del")).to_have_text("nothing")
    expect(lines.locator("ins")).to_have_text("bsd-3-clause")
    lines.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("pytorch/vision:resnet50")


def test_a_doc_tells_its_history_under_its_former_name_too(refreshed: str, open_page: Open) -> None:
    page = open_page(refreshed, link("doc", id="tfhub:google/yamnet"))
    expect(page.locator("h1")).to_have_text("google/yamnet2")
    events = page.locator(".events li")
    expect(events).to_have_count(1)
    expect(events).to_contain_text("renamed")
    expect(events).to_contain_text("was tfhub:google/yamnet")
    gone = open_page(refreshed, link("doc", id="huggingface:dead/birds"))
    expect(gone.get_by_text("The catalogue has this API doc no more.")).to_be_visible()
    expect(gone.locator(".events li")).to_contain_text("removed")
