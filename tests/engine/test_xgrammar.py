"""The grammar of calls as the engine itself reads it: xgrammar, in the engine's environment."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api_docs.models import Hub
from api_docs.response import parse_response
from api_docs.verification import verify
from retriever.prompt import framework_of
from service.generators.constraint import constraint_from
from service.schemas import GenerateRequest
from tests.service.test_constraint import answer
from tests.service.test_constraint_shapes import SHAPES, invalid_variations, valid_variations
from tests.support import snapshot_catalogue

pytestmark = [pytest.mark.engine, pytest.mark.smoke]

_HERE = Path(__file__)
PYTHON = os.environ.get("CALLSMITH_ENGINE_PYTHON") or str(
    _HERE.parents[2] / ".venv-engine" / "bin" / "python"
)
GRAMMARS = 20
"""Of every hub, each of three docs."""
ANSWERS = 5
"""Random answers to every grammar."""


def ask(questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `xgrammar_check.py` says to each question; fails where the engine's environment is missing."""
    assert Path(PYTHON).is_file(), f"no {PYTHON}; `make engine` makes the engine's environment"
    said = subprocess.run(  # noqa: S603
        [PYTHON, str(_HERE.with_name("xgrammar_check.py"))],
        input="".join(f"{json.dumps(question)}\n" for question in questions),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-2000:]
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_xgrammar_accepts_fifty_right_calls_of_every_loader_shape_and_refuses_fifty_wrong_ones() -> None:
    questions, expected = [], []
    for shape in SHAPES:
        right, wrong = valid_variations(shape), [*invalid_variations(shape)]
        doc = shape.entry.doc
        labels = doc.source_domain or doc.domain.value, framework_of(doc)
        texts = [answer(call, *labels) for call in (*right, *wrong)]
        questions.append({"grammar": constraint_from([shape.entry]).grammar, "texts": texts})
        expected.append([True] * len(right) + [False] * len(wrong))
    found = [said["accepted"] for said in ask(questions)]
    for shape, question, given, wanted in zip(SHAPES, questions, found, expected, strict=True):
        differing = [
            text for text, is_, be in zip(question["texts"], given, wanted, strict=True) if is_ != be
        ]
        assert not differing, (shape.name, differing[0])


def test_random_tokens_under_xgrammars_mask_are_calls_that_verify_within_the_default_of_tokens() -> None:
    catalogue, rng = snapshot_catalogue(), random.Random(0)  # noqa: S311
    limit = GenerateRequest(instruction="x").max_tokens
    questions = []
    for hub in Hub:
        entries = [entry for entry in catalogue.entries if entry.doc.hub == hub]
        for _ in range(GRAMMARS):
            grammar = constraint_from(rng.sample(entries, 3)).grammar
            seeds = [rng.randrange(2**32) for _ in range(ANSWERS)]
            questions.append({"grammar": grammar, "seeds": seeds, "tokens": limit})
    texts = [text for said in ask(questions) for text in said["written"]]
    assert len(texts) == len(Hub) * GRAMMARS * ANSWERS
    for text in texts:
        assert "\n<<<api_provider>>>: " in text
        verdict = verify(parse_response(text).call or "", catalogue)
        assert verdict.verified, (text, verdict.message)
