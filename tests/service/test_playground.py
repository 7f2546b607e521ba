"""`/` and its files as they are sent; what they do is told in `tests/browser`."""

from __future__ import annotations

import gzip
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.routes.playground import FOLDER

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.name for path in FOLDER.iterdir())


def test_the_page_is_sent_with_a_policy_that_allows_nothing_inline_or_from_elsewhere(
    client: TestClient,
) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    for never in ("unsafe", "http", "*", "data:"):
        assert never not in policy
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "index.html"])
def test_every_file_is_sent_as_it_is_and_as_what_it_is(client: TestClient, name: str) -> None:
    sent = client.get(f"/playground/{name}", headers={"accept-encoding": "identity"})
    assert sent.content == (FOLDER / name).read_bytes()
    kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}[Path(name).suffix]
    assert sent.headers["content-type"].startswith(kind)
    assert sent.headers["x-content-type-options"] == "nosniff"


def test_a_file_is_compressed_for_whoever_takes_that(client: TestClient) -> None:
    with client.stream("GET", "/playground/style.css", headers={"accept-encoding": "gzip"}) as sent:
        raw = b"".join(sent.iter_raw())
    assert sent.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == (FOLDER / "style.css").read_bytes()


def test_a_file_that_did_not_change_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/playground/app.js")
    again = client.get("/playground/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/playground/dom.js").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "..%2Fapp.py", "__init__.py", "%2e%2e"])
def test_nothing_else_is_sent(client: TestClient, name: str) -> None:
    assert client.get(f"/playground/{name}").status_code == 404


def test_no_file_knows_an_address_elsewhere_or_makes_markup_of_text() -> None:
    for name in NAMES:
        text = (FOLDER / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.findall(r"https?://[a-z]", text), name
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name
        assert not re.findall(r"""(?:src|href)=["']/""", text), f"{name} would not work behind a prefix"


def test_every_module_that_is_imported_is_there() -> None:
    for path in FOLDER.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8")):
            assert name in NAMES, f"{path.name} imports {name}"


def test_every_file_comes_with_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    data = project["tool"]["setuptools"]["package-data"]
    assert all(any(fnmatch(f"playground/{name}", glob) for glob in data["service"]) for name in NAMES)
    assert {"results/report/summary.json", "results/report/plots/*.svg"} <= set(data["evaluation"])
