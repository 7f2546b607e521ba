"""What the images are made of, and that nothing else gets into them."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
requirements = runpy.run_path(str(ROOT / "deploy" / "service" / "requirements.py"))["requirements"]


def wanted() -> dict[str, dict[str, list[str]]]:
    project: dict[str, dict[str, list[str]]] = tomllib.loads(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    return project["project"]


@pytest.mark.parametrize(("extra", "other"), [("cpu", "gpu"), ("gpu", "cpu")])
def test_an_image_has_one_faiss(extra: str, other: str) -> None:
    found = requirements(ROOT / "pyproject.toml", extra)
    optional = wanted()["optional-dependencies"]
    assert set(optional[extra]) <= set(found)
    assert not set(optional[other]) & set(found)
    assert {*wanted()["dependencies"], *optional["refresh"], *optional["telemetry"]} <= set(found)


def test_another_extra_is_refused() -> None:
    with pytest.raises(SystemExit, match="EXTRA is 'cpu,gpu'; expected one of cpu, gpu"):
        requirements(ROOT / "pyproject.toml", "cpu,gpu")


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "deploy/engine/Dockerfile"])
def test_an_image_runs_as_nobody_in_particular(dockerfile: str) -> None:
    lines = (ROOT / dockerfile).read_text(encoding="utf-8").splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    assert "USER 10001:10001" in lines[last:]
    assert lines[last].startswith("FROM ${BASE_IMAGE}")


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "deploy/engine/Dockerfile"])
def test_an_image_is_built_without_what_only_buildkit_reads(dockerfile: str) -> None:
    text = (ROOT / dockerfile).read_text(encoding="utf-8")
    assert not [word for word in ("--mount=", "<<EOF", "COPY --link", "# syntax=", "--chmod") if word in text]


def test_the_requirements_come_before_the_code() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert (
        text.index("COPY --from=wanted")
        < text.index("--requirement requirements.txt")
        < text.index("COPY api_docs")
    )


def test_secrets_models_and_git_stay_out_of_images() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert not kept & {".git", ".env", "deploy", "deploy/secrets", "deploy/models", "var", "tests"}
    for room in ("api_docs", "retriever", "service", "finetune", "evaluation"):
        assert room in kept
