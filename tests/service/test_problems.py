"""The error tree as HTTP: every branch has its status, every body its shape."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from api_docs import errors
from service.problems import Problem, problem_of


def tree(kind: type[errors.CallsmithError] = errors.CallsmithError) -> Iterator[type[errors.CallsmithError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize(
    "kind", sorted(set(tree()), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_every_error_of_the_tree_has_an_answer(kind: type[errors.CallsmithError]) -> None:
    problem = problem_of(kind("what went wrong"))
    assert 400 <= problem.status < 600
    assert problem.code == kind.code
    if issubclass(kind, errors.InvalidInput):
        assert 400 <= problem.status < 500
    body = orjson.loads(problem.body("id-1"))
    assert body == {"error": {"code": kind.code, "message": "what went wrong", "request_id": "id-1"}}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidInstruction, 422),
        (errors.NotFound, 404),
        (errors.GeneratorUnavailable, 503),
        (errors.GeneratorTimeout, 504),
        (errors.GeneratorError, 502),
        (errors.MissingIndex, 503),
    ],
)
def test_a_branch_has_the_status_that_clients_expect(kind: type[errors.CallsmithError], status: int) -> None:
    problem = problem_of(kind("no"))
    assert problem.status == status
    assert ("Retry-After" in problem.headers) == (status == 503)


def test_the_field_that_is_wrong_is_named() -> None:
    body = orjson.loads(problem_of(errors.InvalidRequest("no", "hub")).body("x"))
    assert body["error"]["field"] == "hub"


def test_text_that_utf8_can_not_carry_is_escaped() -> None:
    body = orjson.loads(Problem(422, "c", "a \ud800 b", "\udfff").body("x"))
    assert body["error"]["message"] == "a \\ud800 b"
    assert body["error"]["field"] == "\\udfff"
