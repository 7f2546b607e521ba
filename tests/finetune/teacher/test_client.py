"""Asking a teacher: kept answers, tries, paces and budgets, counted in requests at a stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from api_docs.errors import StorageError, TeacherError
from finetune.teacher.answers import Answer, AnswerCache, Body, key_of
from finetune.teacher.client import Endpoint, Lesson, Teacher, most_of, most_of_all
from finetune.teacher.spending import Budget, Pace, Prices, Purse, Usage
from tests.finetune.teacher.server import FakeTeacher, Say, teaching

KEY = "sk-very-secret"


def body(text: str, max_tokens: int = 100) -> Body:
    return {
        "model": "teacher",
        "messages": [{"role": "user", "content": text}],
        "temperature": 0.9,
        "max_tokens": max_tokens,
    }


def said_of(body: dict[str, Any]) -> Say:
    return Say(f"1. {body['messages'][0]['content']}")


@pytest.fixture
def fake() -> Iterator[FakeTeacher]:
    with teaching(FakeTeacher(answer=said_of)) as teacher:
        yield teacher


class Asking:
    """A teacher over the stand-in whose pauses take no time, and are remembered."""

    def __init__(self, fake: FakeTeacher, folder: Path, **more: Any) -> None:
        self.pauses: list[float] = []
        self.told: list[tuple[int, int]] = []
        self.purse = Purse(more.pop("budget", Budget()), more.pop("prices", Prices()))
        self.pace = more.pop("pace", Pace())
        self.endpoint = Endpoint(**({"url": fake.url, "model": "teacher", "concurrency": 1} | more))
        self.cache = AnswerCache(folder)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def ask(self, *texts: str) -> Lesson:
        teacher = Teacher(
            self.endpoint,
            cache=self.cache,
            purse=self.purse,
            pace=self.pace,
            sleep=self._sleep,
            now=lambda: 0.0,
        )
        return anyio.run(teacher.ask_all, [body(text) for text in texts], lambda *at: self.told.append(at))


def texts(lesson: Lesson) -> list[str | None]:
    return [answer and answer.text for answer in lesson.answers]


def test_every_request_gets_its_answer_in_their_order(fake: FakeTeacher, tmp_path: Path) -> None:
    asking = Asking(fake, tmp_path, concurrency=4)
    wishes = [f"wish {number}" for number in range(9)]
    lesson = asking.ask(*wishes)
    assert texts(lesson) == [f"1. {wish}" for wish in wishes]
    assert (lesson.stopped, lesson.failure, lesson.refused, lesson.sent) == (None, None, {}, 9)
    assert asking.purse.spent == Usage(45, 405)
    assert asking.told == [(done, 9) for done in range(10)]


def test_the_body_is_sent_as_it_is_hashed(fake: FakeTeacher, tmp_path: Path) -> None:
    Asking(fake, tmp_path).ask("read it")
    assert fake.bodies == [body("read it")]
    [path] = tmp_path.rglob("*.json")
    assert path.stem == key_of(body("read it"))
    assert json.loads(path.read_text(encoding="utf-8"))["request"] == body("read it")


def test_nothing_is_asked_twice(fake: FakeTeacher, tmp_path: Path) -> None:
    first = Asking(fake, tmp_path).ask("a", "b")
    again = Asking(fake, tmp_path)
    second = again.ask("a", "c", "b")
    assert [sent["messages"][0]["content"] for sent in fake.bodies] == ["a", "b", "c"]
    assert [second.answers[0], second.answers[2]] == first.answers
    assert (second.sent, again.told[0]) == (1, (2, 3))
    assert again.purse.spent == Usage(15, 135)  # what all three have cost, whenever


def test_a_damaged_answer_is_asked_for_again(fake: FakeTeacher, tmp_path: Path) -> None:
    Asking(fake, tmp_path).ask("a")
    [path] = tmp_path.rglob("*.json")
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    assert texts(Asking(fake, tmp_path).ask("a")) == ["1. a"]
    assert len(fake.bodies) == 2


def test_a_run_that_was_killed_goes_on_with_what_is_left(fake: FakeTeacher, tmp_path: Path) -> None:
    class Killed(Asking):
        def ask(self, *wishes: str) -> Lesson:
            teacher = Teacher(self.endpoint, cache=self.cache, purse=self.purse, pace=self.pace)

            def told(done: int, total: int) -> None:
                if done == 3:
                    raise KeyboardInterrupt

            return anyio.run(teacher.ask_all, [body(wish) for wish in wishes], told)

    with pytest.raises(KeyboardInterrupt):
        Killed(fake, tmp_path).ask("a", "b", "c", "d", "e")
    assert len(fake.bodies) == 3
    lesson = Asking(fake, tmp_path).ask("a", "b", "c", "d", "e")
    assert texts(lesson) == ["1. a", "1. b", "1. c", "1. d", "1. e"]
    assert [sent["messages"][0]["content"] for sent in fake.bodies] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_says_not_now_is_tried_again_after_longer_and_longer_pauses(
    status: int, fake: FakeTeacher, tmp_path: Path
) -> None:
    fake.first = [Say(status=status)] * 3
    asking = Asking(fake, tmp_path)
    lesson = asking.ask("a")
    assert (texts(lesson), lesson.sent, asking.pauses) == (["1. a"], 4, [1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("7", 7.0),
        ("0.5", 1.0),  # no less than our own
        ("Thu, 01 Jan 1970 00:00:09 GMT", 9.0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 120.0),  # no more than this
        ("9999", 120.0),
        ("soon", 1.0),
        ("nan", 1.0),
    ],
)
def test_the_endpoint_says_how_long_to_wait(
    said: str, pause: float, fake: FakeTeacher, tmp_path: Path
) -> None:
    fake.first = [Say(status=429, headers={"retry-after": said})]
    asking = Asking(fake, tmp_path)
    assert texts(asking.ask("a")) == ["1. a"]
    assert asking.pauses == [pause]


def test_no_json_and_no_answer_are_tried_again(fake: FakeTeacher, tmp_path: Path) -> None:
    fake.first = [Say(raw="<html>"), Say(raw='{"choices": []}'), Say(raw="[]")]
    assert texts(Asking(fake, tmp_path).ask("a")) == ["1. a"]
    assert len(fake.bodies) == 4


def test_a_teacher_that_stays_broken_stops_the_run_and_what_came_is_kept(
    fake: FakeTeacher, tmp_path: Path
) -> None:
    fake.first = [Say("1. a"), Say("busy", status=503), Say("busy", status=503)]
    lesson = Asking(fake, tmp_path, retries=1).ask("a", "b", "c")
    assert texts(lesson) == ["1. a", None, None]
    assert len(fake.bodies) == 3
    assert isinstance(lesson.failure, TeacherError)
    assert "answered 503: " in str(lesson.failure)
    assert "every answer that came is kept" in str(lesson.failure)
    assert texts(Asking(fake, tmp_path).ask("a", "b", "c")) == ["1. a", "1. b", "1. c"]
    assert len(fake.bodies) == 5


def test_a_request_that_is_refused_is_told_and_others_go_on(fake: FakeTeacher, tmp_path: Path) -> None:
    fake.first = [Say("too long", status=400)]
    lesson = Asking(fake, tmp_path).ask("a", "b")
    assert texts(lesson) == [None, "1. b"]
    assert lesson.refused.keys() == {0}
    assert lesson.refused[0].startswith("answered 400: ")
    assert "too long" in lesson.refused[0]
    assert (lesson.stopped, lesson.sent) == (None, 2)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            Say(f"bad key {KEY}", status=401),
            "answered 401; name the variable that holds its key with --key-env",
        ),
        (Say("no such model", status=404), "--model, now 'teacher'"),
        (Say("pay", status=429, code="insufficient_quota"), "answered 429: "),
        (Say(f"{KEY} is odd", status=409 + 9), "answered 418: "),
    ],
)
def test_what_no_waiting_mends_fails_at_once_and_never_says_the_key(
    said: Say, words: str, fake: FakeTeacher, tmp_path: Path
) -> None:
    fake.first = [said]
    lesson = Asking(fake, tmp_path, key=SecretStr(KEY)).ask("a", "b")
    assert words in str(lesson.failure)
    assert KEY not in str(lesson.failure)
    assert len(fake.bodies) == 1


def test_a_teacher_out_of_reach_is_named(fake: FakeTeacher, tmp_path: Path) -> None:
    lesson = Asking(fake, tmp_path, url="http://127.0.0.1:9/v1", retries=1).ask("a")
    assert "the teacher at 'http://127.0.0.1:9/v1' can't be reached" in str(lesson.failure)


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    fake: FakeTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody-else")
    Asking(fake, tmp_path, key=SecretStr(KEY)).ask("a")
    Asking(fake, tmp_path).ask("b")
    assert [sent["authorization"] for sent in fake.headers] == [f"Bearer {KEY}", "Bearer EMPTY"]
    assert not any("of-somebody-else" in value for sent in fake.headers for value in sent.values())
    assert not any(KEY in path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json"))


def test_the_budget_in_tokens_is_never_gone_past_and_left_nothing_over_for_one_more(
    fake: FakeTeacher, tmp_path: Path
) -> None:
    most = most_of(body("a")).total
    asking = Asking(fake, tmp_path, budget=Budget(tokens=100 + most), concurrency=8)
    lesson = asking.ask(*"abcdefgh")
    assert lesson.sent == 3  # each costs 50, and may cost `most`: behind 150 there is no room
    assert asking.purse.spent.total == 150
    assert lesson.stopped == "the next request might go past the budget"
    assert lesson.failure is None


def test_the_budget_is_for_all_runs_together(fake: FakeTeacher, tmp_path: Path) -> None:
    budget = Budget(tokens=160)
    assert Asking(fake, tmp_path, budget=budget).ask(*"abcd").sent == 2
    assert Asking(fake, tmp_path, budget=budget).ask(*"abcd").sent == 0
    assert Asking(fake, tmp_path, budget=Budget(tokens=10_000)).ask(*"abcd").sent == 2


def test_the_budget_in_money_stops_as_well(fake: FakeTeacher, tmp_path: Path) -> None:
    prices = Prices(prompt=1_000.0, completion=10_000.0)  # 0.455 an answer, 1.009 at most
    asking = Asking(fake, tmp_path, budget=Budget(money=1.5), prices=prices)
    assert asking.ask(*"abcdef").sent == 2
    assert asking.purse.cost == pytest.approx(0.91)


def test_where_nothing_is_said_of_the_cost_it_is_taken_for_the_most(
    fake: FakeTeacher, tmp_path: Path
) -> None:
    fake.first = [Say("1. a", prompt_tokens=None)]
    asking = Asking(fake, tmp_path)
    asking.ask("a")
    assert asking.purse.spent == most_of(body("a"))


def test_every_try_keeps_to_the_pace(fake: FakeTeacher, tmp_path: Path) -> None:
    waited: list[float] = []
    now = [0.0]

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    fake.first = [Say(status=503)]
    pace = Pace(requests=2, clock=lambda: now[0], sleep=sleep)
    assert Asking(fake, tmp_path, pace=pace).ask("a", "b", "c").sent == 4
    assert waited == [60.0]


def test_a_full_disk_stops_the_run(
    fake: FakeTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking(fake, tmp_path)
    monkeypatch.setattr(asking.cache, "put", lambda *_: (_ for _ in ()).throw(StorageError("full")))
    lesson = asking.ask("a", "b")
    assert isinstance(lesson.failure, StorageError)
    assert lesson.sent == 1


def test_an_estimate_is_not_below_what_english_costs() -> None:
    text = "please write down what is said " * 30  # some 180 tokens
    assert most_of(body(text)).prompt >= 180
    assert most_of_all([body(text), body(text)]) == most_of(body(text)) + most_of(body(text))
    assert most_of_all([]) == Usage()


def test_answers_come_back_as_they_were_kept(tmp_path: Path) -> None:
    cache, answer = AnswerCache(tmp_path), Answer("1. “日本” \n2. b", "length", Usage(3, 4))
    assert cache.get(body("a")) is None
    cache.put(body("a"), answer)
    assert cache.get(body("a")) == answer
    assert cache.get(body("b")) is None
