"""README and gallery say what the product answers, from one index of the whole snapshot."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import mcp
import pytest
from starlette.testclient import TestClient

from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from api_docs.verification import verify
from evaluation import gallery
from service.app import create_app
from service.runtime import Runtime, open_runtime
from service.settings import Settings
from tests.service.live import served

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    opened = open_runtime(Settings(var=tmp_path_factory.mktemp("var")))
    yield opened
    opened.close()


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(text for text in blocks if containing in text)


def test_the_readmes_curl_gives_the_readmes_answer(runtime: Runtime) -> None:
    words = shlex.split(block("sh", "curl").replace("\\\n", " "))
    body = json.loads(words[words.index("-d") + 1])
    with TestClient(create_app(runtime)) as client:
        answer = client.post("/generate_call", json=body).json()
    shown = json.loads(block("json", "verified"))
    assert {name: answer[name] for name in shown} == shown
    for name in ("code", "explanation", "verification", "hits", "alternatives", "timing_ms"):
        assert answer[name], name


def test_the_readmes_python_prints_a_verified_call(
    runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(create_app(runtime)) as url:
        exec(block("python", "OpenAI").replace("http://127.0.0.1:8000", url), {})  # noqa: S102 - our own README
    printed = capsys.readouterr().out.strip()
    assert verify(printed, runtime.served.catalogue).verified


def test_the_readmes_plain_python_prints_the_same(
    runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(create_app(runtime)) as url:
        exec(block("python", "urllib").replace("http://127.0.0.1:8000", url), {})  # noqa: S102 - our own README
    assert verify(capsys.readouterr().out.strip(), runtime.served.catalogue).verified


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_readmes_javascript_prints_the_same(runtime: Runtime) -> None:
    with served(create_app(runtime)) as url:
        code = block("js", "fetch").replace("http://127.0.0.1:8000", url)
        done = subprocess.run(  # noqa: S603 - our own README
            [str(shutil.which("node")), "--input-type=module"],
            input=code,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert verify(done.stdout.strip(), runtime.served.catalogue).verified


async def test_the_readmes_mcp_configuration_leads_to_the_two_tools(runtime: Runtime) -> None:
    configured = json.loads(block("json", "mcpServers"))["mcpServers"]["callsmith"]
    assert configured["type"] == "http"
    with served(create_app(runtime)) as url:
        async with mcp.Client(configured["url"].replace("http://127.0.0.1:8000", url)) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
    assert all(f"`{tool}`" in README for tool in tools)


def test_the_gallery_shows_real_answers(runtime: Runtime) -> None:
    found = list(gallery.answers(runtime))
    assert {question["instruction"]: call for question, call in found} == {
        question["instruction"]: question["judged"] for question, _ in found
    }, "answers changed: judge them in evaluation/gallery.jsonl, then `callsmith evaluate gallery`"
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    marks = {"good": "✅", "fair": "🟡", "bad": "❌"}
    for question, call in found:
        assert (
            f"| {marks[question['judgement']]} | {question['instruction']} | `{call or gallery.NO_CALL}`"
            in page
        )


def test_the_readme_counts_the_gallery_and_the_snapshot_right() -> None:
    judged = [question["judgement"] for question in gallery.read_questions()]
    counts = ", ".join(f"{judged.count(kind)} {kind}" for kind in ("good", "fair", "bad"))
    assert counts.replace(" good", " good answers") in README
    assert f"{len(load_catalogue(SNAPSHOT_FOLDER)):,} models" in README


def test_the_gallery_asks_ten_things_of_every_hub() -> None:
    hubs = [question["hub"] for question in gallery.read_questions()]
    assert {hub: hubs.count(hub) for hub in hubs} == {"torchhub": 10, "tfhub": 10, "huggingface": 10}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_of_the_readme_leads_to_a_file(link: str) -> None:
    assert link.startswith("https://") or (ROOT / link).exists()
