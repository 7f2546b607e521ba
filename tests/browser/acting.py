"""What people do on the page, and what they see."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx2
from playwright.sync_api import Page, expect

BIRDS = "tell species of birds apart on photos"
SPEECH = "turn speech into text"
VERIFIED = "✓ Verified"


def ask(page: Page, instruction: str) -> None:
    """Type an instruction and send it."""
    page.get_by_label("Instruction").fill(instruction)
    page.get_by_role("button", name="Ask", exact=True).click()


def link(view: str, **values: str) -> str:
    """The part of an address behind the page's own."""
    return f"#{view}?" + "&".join(f"{name}={quote(value)}" for name, value in values.items())


def card(page: Page) -> Any:
    """The answer."""
    return page.locator(".answer")


def sees_call(page: Page, call: str) -> None:
    """Make sure that a verified call is what the answer shows."""
    expect(card(page).get_by_text(VERIFIED, exact=True)).to_be_visible()
    expect(card(page).get_by_label("the call", exact=True)).to_have_text(call)


def is_drawn(image: Any) -> None:
    """Make sure that an image was loaded, and is one."""
    loaded = True
    expect(image).to_have_js_property("complete", loaded)
    assert image.evaluate("(image) => image.naturalWidth") > 0


def answered(url: str, instruction: str, **fields: Any) -> dict[str, Any]:
    """What the service itself answers: the oracle."""
    response = httpx2.post(f"{url}/generate_call", json={"instruction": instruction, **fields}, timeout=30)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found
