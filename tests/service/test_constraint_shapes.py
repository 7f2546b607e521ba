"""The grammar is no list of templates: for every loader shape many calls are right, and many are wrong."""

from __future__ import annotations

import random

import pytest

from api_docs.catalogue import Catalogue
from api_docs.loaders import LOADERS
from api_docs.models import ArgumentType
from api_docs.verification import verify
from service.generators.constraint import constraint_from
from tests.service.call_shapes import CALLS, Shape, row_of, shapes
from tests.service.grammar import Grammar

SHAPES = shapes()
MANY = 50
COUNTED = {ArgumentType.BOOL, ArgumentType.DEVICE}
"""Types with few values: with these alone an API of the snapshot may have less than fifty right calls."""


def valid_variations(shape: Shape) -> list[str]:
    """Fifty right calls, or all of an API to which one can add but truth values and devices."""
    rng, found = random.Random(shape.name), {shape.call({}): None}  # noqa: S311
    for _ in range(20 * MANY):
        found[shape.valid(rng)] = None
    return list(found)[:MANY]


def invalid_variations(shape: Shape) -> dict[str, bool]:
    """Fifty wrong calls, with whether verification refuses them too."""
    rng, found = random.Random(shape.name), {}  # noqa: S311
    while len(found) < MANY:
        found.update(dict(shape.invalid(rng)))
    chosen = rng.sample(sorted(found), MANY)
    return {call: found[call] for call in chosen}


def test_there_is_a_shape_for_every_row_of_the_table() -> None:
    rows = [row_of(shape.entry.loader) for shape in SHAPES]
    assert rows[: len(CALLS)] == list(range(len(LOADERS) + 1))
    assert len(SHAPES) > len(CALLS)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_fifty_right_calls_may_be_written_and_fifty_wrong_ones_may_not(shape: Shape) -> None:
    grammar, catalogue = Grammar(constraint_from([shape.entry])), Catalogue([shape.entry.doc])
    right, wrong = valid_variations(shape), invalid_variations(shape)
    assert len(right) == MANY or set(shape.further.values()) <= COUNTED
    assert len(wrong) == MANY
    for call in right:
        verdict = verify(call, catalogue)
        assert verdict.verified, (call, verdict.message)
        assert grammar.accepts(call, "call"), call
    for call, refused in wrong.items():
        assert not grammar.accepts(call, "call"), call
        assert not (refused and verify(call, catalogue).verified), call
