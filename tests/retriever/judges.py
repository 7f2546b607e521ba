"""Judges whose opinions can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from api_docs.domains import Domain
from retriever.branch import Branch, Layers
from retriever.embedding import Encoder
from retriever.judge import Judge, Kernel
from retriever.signs import AnswerSign, Sign
from retriever.task_voice import DOMAINS, places
from retriever.wording import LENGTH


def judge_of(encoder: Encoder, logits: Mapping[Domain, float], *, served: float = 9.0) -> Judge:
    """A judge that always leans to the same domains, and thinks everything served with the same logit.

    Domains that are not named are not known. It takes an answer for right by half, and docs that it does not
    know for near where their dense score is above a half.
    """
    bias, known = np.zeros(len(DOMAINS) + 1, dtype=np.float32), np.zeros(len(DOMAINS), dtype=np.bool_)
    where = places(list(logits))
    bias[where], known[where] = list(logits.values()), True
    nothing = np.zeros((0, encoder.dimensions + len(Sign) + LENGTH), dtype=np.float32)
    ones = np.ones(len(Sign), dtype=np.float32)
    return Judge(
        model=encoder.name,
        branch=replace(
            branch_of(encoder.dimensions, lambda *shape: np.zeros(shape, dtype=np.float32)), bias=bias
        ),
        known=known,
        served=Kernel(nothing, nothing[:, 0], nothing[:, 0], 1.0, 1.0, served),
        centre=ones,
        spread=ones,
        near=np.array([-10, 20, 0], dtype=np.float32),
        sure=np.zeros(len(Sign) + len(AnswerSign) + 2, dtype=np.float32),
    )


def branch_of(
    dimensions: int, numbers: Callable[..., np.ndarray], layers: int = 2, heads: int = 1, after: int = 1
) -> Branch:
    """A branch of numbers that a function gives for a shape."""
    outputs, inner = len(DOMAINS) + 1, 2 * dimensions
    return Branch(
        after=after,
        layers=Layers(
            heads=heads,
            asked=numbers(layers, dimensions, 3 * dimensions),
            asked_bias=numbers(layers, 3 * dimensions),
            told=numbers(layers, dimensions, dimensions),
            told_bias=numbers(layers, dimensions),
            told_norm=numbers(layers, 2, dimensions),
            up=numbers(layers, dimensions, inner),
            up_bias=numbers(layers, inner),
            down=numbers(layers, inner, dimensions),
            down_bias=numbers(layers, dimensions),
            down_norm=numbers(layers, 2, dimensions),
        ),
        last=numbers(2, 2 * dimensions),
        out=numbers(2 * dimensions, outputs),
        direct=numbers(dimensions + len(DOMAINS), outputs),
        bias=numbers(outputs),
    )


def random_judge(encoder: Encoder, seed: int = 0, landmarks: int = 5) -> Judge:
    """A judge of random numbers, whose file has something in every place."""
    draw = np.random.default_rng(seed)

    def numbers(*shape: int) -> np.ndarray:
        return draw.normal(size=shape).astype(np.float16).astype(np.float32)

    plain = judge_of(encoder, dict.fromkeys(DOMAINS, 0.0))
    rows = numbers(landmarks, encoder.dimensions + len(Sign) + LENGTH)
    return replace(
        plain,
        branch=branch_of(encoder.dimensions, numbers),
        served=Kernel(rows, (rows**2).sum(axis=1), numbers(landmarks), 0.01, 2.0, -0.5),
        centre=numbers(len(Sign)),
        spread=np.abs(numbers(len(Sign))) + 1,
        near=numbers(3),
        sure=numbers(len(Sign) + len(AnswerSign) + 2),
    )
