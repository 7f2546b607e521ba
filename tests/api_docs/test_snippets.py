"""Snippets run: every loader shape, against stubs that have the real loaders' signatures."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import warnings
from pathlib import Path

import pytest

from api_docs.loaders import LOADERS
from api_docs.snippets import (
    audio_heads,
    diffusion,
    generic,
    multimodal_heads,
    pipelines,
    render_code,
    text_heads,
    tfhub,
    tfhub_handles,
    torchhub,
    vision_heads,
)
from api_docs.snippets.parts import Subject
from tests.api_docs.snippet_cases import CASES, CLASSES, DIFFUSION, PIPELINES, TFHUB, TORCHHUB, Case
from tests.api_docs.stubs import install

WIDTH = 100


def run(code: str) -> str:
    """Execute a snippet and give what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "<snippet>", "exec"), {"__name__": "snippet"})  # noqa: S102 - ours, under test
    return out.getvalue()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_snippet_loads_with_the_call_and_uses_the_model_with_an_input_of_its_kind(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = case.entry()
    recorder = install(monkeypatch, case.options)

    printed = run(render_code(entry.call, entry))

    assert recorder.kinds == set(case.kinds.split())
    assert printed.strip()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_snippet_reads_well_and_holds_exactly_the_call(case: Case) -> None:
    entry = case.entry()
    code = render_code(entry.call, entry)
    tree = ast.parse(code)

    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert sum(ast.unparse(node) == entry.call.render() for node in calls) == 1
    assert max(map(len, code.splitlines())) <= WIDTH
    last = tree.body[-1]
    assert isinstance(last, ast.Expr)
    assert ast.unparse(last).startswith("print(")
    assert code.endswith(")\n") or "#" in code.splitlines()[-1]
    assert code.count("://") == entry.call.render().count("://"), "addresses beside the call's own"


def test_every_loader_of_the_table_has_cases_that_run() -> None:
    covered = {case.entry().loader.name for case in CASES}
    assert {loader.name for loader in LOADERS} <= covered


def test_every_use_that_is_known_for_a_class_has_a_case_that_runs() -> None:
    heads = [*multimodal_heads.HEADS, *audio_heads.HEADS, *vision_heads.HEADS, *text_heads.HEADS]
    owners = [case.call.partition(".")[0] for case in (*CLASSES, *DIFFUSION)]

    assert [p for p, _ in heads if not any(re.fullmatch(p, owner) for owner in owners)] == []
    assert [p for p, _ in diffusion.CLASSES if not any(re.search(p, owner) for owner in owners)] == []
    assert [p for p, _ in multimodal_heads.BY_ID if not any(re.search(p, c.call) for c in CLASSES)] == []
    callees = [case.entry().call.callee for case in CASES]
    assert [p for p, _ in generic.CALLEES if not any(re.fullmatch(p, callee) for callee in callees)] == []


def test_every_use_that_is_known_for_a_hub_model_has_a_case_that_runs() -> None:
    repositories = {re.split("['\":]", case.call)[1].lower() for case in TORCHHUB}

    assert set(torchhub.REPOSITORIES) - repositories == {"huggingface/transformers"}  # one of two names
    assert [p for p, _ in tfhub_handles.HANDLES if not any(re.search(p, c.call) for c in TFHUB)] == []


def test_every_task_and_domain_with_a_use_has_a_case_that_runs() -> None:
    def domains(cases: tuple[Case, ...]) -> set[str]:
        return {case.domain for case in cases}

    tasks = {pipelines.task_of(Subject(case.entry().call, case.entry())) for case in PIPELINES}
    assert set(pipelines.TASKS) <= tasks
    assert {domain.value for domain in torchhub.DOMAINS} <= domains(TORCHHUB)
    assert {domain.value for domain in tfhub.DOMAINS} <= domains(TFHUB)
    assert {domain.value for domain in diffusion.DOMAINS} <= domains(DIFFUSION)
