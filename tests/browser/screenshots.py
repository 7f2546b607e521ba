"""The README's pictures of the page: `make screenshots`, from a real service over what ships."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from evaluation.served import Service
from service.settings import Settings
from tests.browser.acting import link
from tests.browser.conftest import FLAGS, chromium

FOLDER = Path(__file__).parents[2] / "docs" / "images"
DESKTOP = {"viewport": {"width": 1180, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
SONG = link("ask", instruction="Take the singing out of a song so that I can practise with only the band")
SHOTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "ask-light": (DESKTOP, "light", SONG, ".answer .facts"),
    "ask-dark": (DESKTOP, "dark", SONG, ".answer .facts"),
    "browse-light": (DESKTOP, "light", link("browse", q="bird"), ".list"),
    "status-dark": (DESKTOP, "dark", "#status", "figure img"),
    "phone-ask-light": (PHONE, "light", SONG, ".answer .facts"),
    "phone-ask-dark": (PHONE, "dark", SONG, ".answer .facts"),
    "phone-browse-dark": (PHONE, "dark", link("browse", q="bird"), ".list"),
}
COLOURS = 128


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with Service(var=Settings().var) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for name, (device, scheme, fragment, there) in SHOTS.items():
            page = browser.new_page(**device, color_scheme=scheme, reduced_motion="reduce")
            page.goto(f"{service.url}/{fragment}")
            page.wait_for_selector(there)
            page.wait_for_load_state("networkidle")
            if device is PHONE and "ask" in name:
                page.locator(".answer").evaluate("(card) => window.scrollTo(0, card.offsetTop - 12)")
            keep(page.screenshot(), FOLDER / f"{name}.png")
            page.close()
        browser.close()


def keep(picture: bytes, path: Path) -> None:
    """Keep a picture with few colours: a page has few."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    print(f"{os.path.relpath(path)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
