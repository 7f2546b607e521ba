"""The whole job: a stand-in teacher, what is kept of its answers, and what the report says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

import service.var
from api_docs.catalogue import Catalogue
from api_docs.errors import InvalidRequest
from api_docs.storage import write_catalogue
from finetune.instructions.instruction import INSTRUCTIONS, Source, read_instructions
from finetune.teacher.answers import Answer, AnswerCache
from finetune.teacher.examples import read_examples
from finetune.teacher.filters import Filter
from finetune.teacher.quality import FIGURES, PAGE
from finetune.teacher.self_instruct import check_budget, choose_docs, estimate, requests_for
from finetune.teacher.spending import Budget, Pace, Prices, Usage
from service.cli import app
from tests.finetune.teacher.server import FakeTeacher, Say, teaching
from tests.retriever.conftest import make_doc, small_docs
from tests.service.publishing_cases import NamedWordEncoder
from tests.support import snapshot_catalogue

KEY = "sk-very-secret"
WISHES = {
    "Names the sounds": [
        "Name the sounds in my recording, sirens or music",
        "name the sounds in my recording: sirens, or music?",  # the same again
        "Ask YAMNet for the sounds in a recording",
        "sounds",
        "Dime los sonidos que hay en la grabación de mi perro y de las sirenas",
    ],
    "Sorts photos": [
        "My holiday photos, sorted into everyday classes, by tonight",
        "Name the sounds of music",
    ],
    "Writes down": ["Interview in German on tape, I want what is said written down"],
    "Turns speech": ["99 languages at our conference, speech has to become text"],
    "birds apart": ["Which species of birds visit my feeder? Tell them apart on photos."],
}


def answer(body: dict[str, Any]) -> Say:
    question = body["messages"][1]["content"].rpartition("Now this one:")[2]
    for words, wishes in WISHES.items():
        if words in question:
            return Say("\n".join(f"{number}. {wish}" for number, wish in enumerate(wishes, 1)))
    return Say("I'm sorry, I can't help with that.")


@pytest.fixture
def fake() -> Iterator[FakeTeacher]:
    with teaching(FakeTeacher(answer=answer)) as teacher:
        yield teacher


@pytest.fixture(autouse=True)
def _served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of few docs that answers at once, and six examples a hub out of the snapshot."""
    given = {doc.id for doc in small_docs()}
    shown = {one.doc.id: one.doc for hub in read_examples(snapshot_catalogue()).values() for one in hub}
    examples = [doc for doc_id, doc in sorted(shown.items()) if doc_id not in given]
    write_catalogue(Catalogue([*small_docs(), *examples]), tmp_path / "catalogue")
    encoder = NamedWordEncoder("sentence-transformers/all-MiniLM-L6-v2")
    monkeypatch.setattr(service.var, "load_encoder", lambda _: encoder)
    monkeypatch.setenv("CALLSMITH_CATALOGUE", str(tmp_path / "catalogue"))
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("TEACHERS_KEY", KEY)


def run(fake: FakeTeacher, out: Path, *more: str, yes: bool = True, stdin: str | None = None) -> Result:
    command = [
        "finetune",
        "instructions",
        "--teacher",
        fake.url,
        "--model",
        "teacher",
        "--out",
        str(out),
        *more,
    ]
    return CliRunner().invoke(
        app, [*command, *(["--yes"] if yes else [])], input=stdin, prog_name="callsmith"
    )


def figures(out: Path) -> dict[str, Any]:
    return dict(orjson.loads((out / FIGURES).read_bytes()))


def test_the_job_keeps_what_passes_and_says_of_everything_else_why(fake: FakeTeacher, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(fake, out, "--key-env", "TEACHERS_KEY")
    assert done.exit_code == 0, done.output
    kept = read_instructions(out)
    assert {one.text for one in kept} == {
        "Name the sounds in my recording, sirens or music",
        *WISHES["Sorts photos"][:1],
        *WISHES["Writes down"],
        *WISHES["Turns speech"],
        *WISHES["birds apart"],
    }
    assert {one.source for one in kept} == {Source.TEACHER}
    by_text = {one.text: one for one in kept}
    first = by_text["Name the sounds in my recording, sirens or music"]
    assert (first.doc_id or "").startswith("tfhub:google/yamnet")
    assert first.domain == "audio-classification"
    found = figures(out)
    assert found["refused"][Filter.LEAK.value] == 1
    assert found["refused"][Filter.LENGTH.value] == 1
    assert found["refused"][Filter.LANGUAGE.value] == 1
    assert found["refused"][Filter.DUPLICATE.value] >= 1
    assert found["written"] == found["kept"] + sum(found["refused"].values())
    assert found["apis"]["unreadable"] == found["apis"]["answered"] - len({one.doc_id for one in kept})
    page = (out / PAGE).read_text(encoding="utf-8")
    assert "says 'YAMNet'" in page
    assert "expected 3 to 90" in page
    assert {sent["authorization"] for sent in fake.headers} == {f"Bearer {KEY}"}
    everything = done.output + "".join(path.read_text(encoding="utf-8") for path in out.rglob("*.*"))
    assert KEY not in everything


def test_the_same_again_asks_nothing_and_writes_the_same_bytes(fake: FakeTeacher, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(fake, out)
    before, asked = {path: path.read_bytes() for path in out.rglob("*.*")}, len(fake.bodies)
    again = run(fake, out)
    assert again.exit_code == 0
    assert len(fake.bodies) == asked
    assert f"{asked} of them answered before: 0 requests" in " ".join(again.stderr.split())
    assert {path: path.read_bytes() for path in out.rglob("*.*")} == before


def test_a_job_in_two_parts_ends_as_one_that_was_never_stopped(fake: FakeTeacher, tmp_path: Path) -> None:
    run(fake, tmp_path / "whole")
    asked = len(fake.bodies)
    first = run(fake, tmp_path / "parts", "--limit", "3")
    assert first.exit_code == 0
    assert len(fake.bodies) == asked + 3
    run(fake, tmp_path / "parts")
    assert len(fake.bodies) == 2 * asked
    for name in (INSTRUCTIONS, FIGURES, PAGE):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_teacher_that_fails_leaves_what_came_and_the_next_run_goes_on(
    fake: FakeTeacher, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    fake.first = [answer({"messages": [{}, {"content": "Now this one: Names the sounds"}]}), Say(status=401)]
    failed = run(fake, out, "--concurrency", "1")
    assert failed.exit_code == 1
    assert "answered 401; name the variable" in failed.stderr
    assert figures(out)["stopped"] == "the teacher failed"
    assert figures(out)["apis"]["answered"] == 1
    asked = len(fake.bodies)
    done = run(fake, out)
    assert done.exit_code == 0
    assert figures(out)["stopped"] is None
    assert len(fake.bodies) == asked + figures(out)["apis"]["answered"] - 1


def test_a_spent_budget_ends_the_run_and_says_what_waits(fake: FakeTeacher, tmp_path: Path) -> None:
    fake.answer = lambda body: replace(answer(body), completion_tokens=1_000)
    stopped = run(fake, tmp_path / "out", "--budget-tokens", "6000", "--concurrency", "1", "--json")
    assert stopped.exit_code == 1
    found = json.loads(stopped.stdout)
    assert found["stopped"] == "the next request might go past the budget"
    assert 2_000 <= found["prompt_tokens"] + found["completion_tokens"] <= 6_000
    assert found["apis"]["waiting"] > 0
    assert "APIs have no answer yet" in stopped.stderr


def test_a_dry_run_says_the_cost_and_asks_nothing(fake: FakeTeacher, tmp_path: Path) -> None:
    prices = ("--price-prompt", "1", "--price-completion", "2", "--requests-per-minute", "2")
    dry = run(fake, tmp_path / "out", "--dry-run", *prices, yes=False)
    assert dry.exit_code == 0
    assert re.search(r"at most [\d,]+ tokens read and [\d,]+ written", dry.stderr)
    assert "by the given prices" in dry.stderr
    assert "minutes by the given rate" in dry.stderr
    told = json.loads(run(fake, tmp_path / "out", "--dry-run", "--json", *prices, yes=False).stdout)
    assert told["completion_tokens"] == 1_200 * told["requests"]
    assert told["cost"] == pytest.approx((told["prompt_tokens"] + 2 * told["completion_tokens"]) / 1e6)
    assert fake.bodies == []
    assert not (tmp_path / "out").exists()


def test_nothing_is_asked_before_somebody_agrees(fake: FakeTeacher, tmp_path: Path) -> None:
    refused = run(fake, tmp_path / "out", yes=False, stdin="n\n")
    assert refused.exit_code != 0
    assert "at most" in refused.stderr
    assert fake.bodies == []
    assert run(fake, tmp_path / "out", yes=False, stdin="y\n").exit_code == 0
    assert fake.bodies


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--budget-money", "5"), "no price is known"),
        (("--key-env", "NO_SUCH_KEY"), "there is no environment variable 'NO_SUCH_KEY'"),
        (("--hub", "pytorch"), "unknown hub 'pytorch'; the catalogue has 'huggingface'"),
    ],
)
def test_what_can_t_be_kept_to_or_found_is_refused_at_once(
    more: tuple[str, ...], words: str, fake: FakeTeacher, tmp_path: Path
) -> None:
    refused = run(fake, tmp_path / "out", *more)
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert fake.bodies == []


def test_docs_are_chosen_once_an_api_and_a_higher_limit_adds_to_them() -> None:
    catalogue = snapshot_catalogue()
    every = choose_docs(catalogue, hub=None, limit=None, seed=0)
    identities = [catalogue.entry(doc.id).identity for doc in every]
    assert len(set(identities)) == len(identities)
    assert set(identities) == {entry.identity for entry in catalogue.entries if entry.doc.alive}
    few, more = (choose_docs(catalogue, hub=None, limit=limit, seed=0) for limit in (10, 30))
    assert more[:10] == few
    assert every[:30] == more
    assert choose_docs(catalogue, hub=None, limit=10, seed=1) != few
    assert {doc.hub for doc in choose_docs(catalogue, hub="tfhub", limit=50, seed=0)} == {"tfhub"}


def test_dead_docs_are_not_taught_and_unknown_hubs_named() -> None:
    catalogue = Catalogue(small_docs())
    docs = choose_docs(catalogue, hub=None, limit=None, seed=0)
    assert all(doc.alive for doc in docs)
    with pytest.raises(InvalidRequest, match="unknown hub 'x'"):
        choose_docs(catalogue, hub="x", limit=None, seed=0)


def test_an_estimate_counts_what_is_left(tmp_path: Path) -> None:
    catalogue = snapshot_catalogue()
    docs = choose_docs(catalogue, hub="tfhub", limit=4, seed=0)
    requests = requests_for(docs, read_examples(catalogue), model="m", seed=0, temperature=0.5)
    cache = AnswerCache(tmp_path)
    cache.put(requests[2].body, Answer("1. x", "stop", Usage(7, 8)))
    found = estimate(requests, cache, Prices(1.0, 1.0), Pace(requests=2))
    assert (found.requests, found.asked_before, found.spent, found.minutes) == (3, 1, Usage(7, 8), 1.5)
    assert found.cost == pytest.approx(found.most.total / 1e6)


def test_a_budget_of_money_needs_prices() -> None:
    check_budget(Budget(money=1.0), Prices(completion=1.0))
    check_budget(Budget(tokens=1), Prices())
    with pytest.raises(InvalidRequest, match="--price-prompt and --price-completion"):
        check_budget(Budget(money=1.0), Prices())


def test_a_hub_of_ones_own_needs_examples(fake: FakeTeacher, tmp_path: Path) -> None:
    own = make_doc("ours", "a", "translation", "Does it.", "pipeline('translation', model='ours/a')")
    write_catalogue(Catalogue([*small_docs(), own]), tmp_path / "catalogue")
    refused = run(fake, tmp_path / "out", "--hub", "ours")
    assert refused.exit_code == 2
    assert "the hub 'ours' has 0 examples" in refused.stderr
