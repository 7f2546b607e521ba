"""The task table is whole: every domain, enough to say about each, nothing said twice."""

from __future__ import annotations

from collections import Counter

import pytest

from api_docs.domains import Domain
from api_docs.tasks import TASKS


def test_every_domain_has_its_task() -> None:
    assert set(TASKS) == set(Domain)
    assert all(task.domain is domain for domain, task in TASKS.items())


@pytest.mark.parametrize("domain", list(Domain))
def test_a_task_says_what_goes_in_what_comes_out_and_what_for(domain: Domain) -> None:
    task = TASKS[domain]
    assert task.title
    assert task.takes
    assert task.gives
    assert len(task.uses) >= 6
    assert len(task.words) >= 5


def test_no_two_tasks_share_a_title_or_a_use() -> None:
    said = Counter(text for task in TASKS.values() for text in (task.title, *task.uses))
    assert [text for text, times in said.items() if times > 1] == []


def test_the_lines_to_embed_are_a_definition_and_the_uses() -> None:
    task = TASKS[Domain.DEPTH_ESTIMATION]
    definition, *uses = task.lines()
    assert tuple(uses) == task.uses
    assert all(part in definition for part in (task.title, task.takes, task.gives, *task.words))
