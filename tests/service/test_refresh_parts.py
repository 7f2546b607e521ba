"""Parts of the refresh: canaries, the page, tokens, measures."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.testclient import TestClient

from api_docs.catalogue import Catalogue
from api_docs.diff import diff_catalogues
from api_docs.errors import BrokenCatalogue, ConfigurationError
from api_docs.refresh.merging import Outcome
from api_docs.upstreams.client import Client
from retriever.index import build_index
from service.refresh import canaries, collecting
from service.refresh.canaries import FILE, Canary, CanaryReport, Version, ask_canaries, read_canaries
from service.refresh.collecting import collect
from service.refresh.page import report_page
from service.refresh.report import (
    Gate,
    Latest,
    LatestSource,
    RefreshReport,
    Result,
    SetAside,
    SourceReport,
    latest_file,
)
from service.refresh.upstreams import default_upstreams, token_variables, tokens_in
from service.runtime import Runtime
from service.settings import Settings, load_settings
from tests.retriever.conftest import WordEncoder
from tests.service.refresh_cases import HF, TF, TORCH, Fixed, changed, first_docs, models, write_canaries
from tests.support import snapshot_catalogue

# ---- canaries ------------------------------------------------------------------------------------------


def test_the_canaries_that_ship_are_many_of_all_hubs_and_of_no_domain_in_particular() -> None:
    found = read_canaries(FILE)
    catalogue = snapshot_catalogue()
    assert len(found) >= 60
    assert len({one.instruction for one in found}) == len(found)
    assert min(Counter(one.hub for one in found)[hub] for hub in (HF, TF, TORCH)) >= 20
    domains = Counter(
        one.domain or next(catalogue.doc(doc_id).domain for doc_id in one.docs) for one in found
    )
    assert len(domains) >= 30
    assert max(domains.values()) <= 5


def test_the_canaries_that_ship_can_all_be_answered_from_the_snapshot() -> None:
    catalogue = snapshot_catalogue()
    kept = {(doc.hub, doc.domain) for doc in catalogue.docs}
    for one in read_canaries(FILE):
        assert all(catalogue.doc(doc_id).hub == one.hub for doc_id in one.docs)
        assert one.docs or (one.hub, one.domain) in kept


def test_the_canaries_that_ship_name_no_model() -> None:
    names = {
        word
        for doc in snapshot_catalogue().docs
        for word in re.findall(r"[A-Za-z]+\d\w*|[A-Z]+[a-z]*[A-Z]\w*", doc.name)
        if len(word) > 3
    }
    for one in read_canaries(FILE):
        assert not names & set(re.findall(r"\w+", one.instruction)), one.instruction


def version_of(docs: list[Any], aliases: dict[str, str] | None = None) -> Version:
    catalogue = Catalogue(docs, aliases)
    return Version(catalogue, build_index(catalogue, WordEncoder()))


@pytest.fixture
def questions(tmp_path: Path) -> tuple[Canary, ...]:
    return read_canaries(write_canaries(tmp_path / "canaries.jsonl"))


def test_both_versions_are_asked_what_both_can_answer(questions: tuple[Canary, ...]) -> None:
    before = version_of(first_docs())
    spoilt = [changed(doc, description="x", name="x", id=doc.id.replace("a/", "z")) for doc in models()[:6]]
    moved = {old.id: new.id for old, new in zip(models()[:6], spoilt, strict=True)}
    after = version_of([*spoilt, *first_docs()[6:]], moved)
    found = ask_canaries(questions, before, after, WordEncoder())
    assert (found.asked, found.before) == (11, 100.0)  # nobody can translate
    assert set(found.lost) <= {one.instruction for one in questions[:6]}
    assert len(found.lost) == round(11 * (100 - found.after) / 100)
    assert not found.passed
    assert found.gained == found.gone == ()


def test_a_question_whose_docs_are_all_gone_is_told_apart(questions: tuple[Canary, ...]) -> None:
    found = ask_canaries(questions, version_of(first_docs()), version_of(first_docs()[1:]), WordEncoder())
    assert (found.asked, found.before, found.after) == (10, 100.0, 100.0)
    assert found.gone == ("which birds are on this photo",)
    assert found.passed


def test_each_question_is_embedded_once(questions: tuple[Canary, ...]) -> None:
    encoder = WordEncoder()
    ask_canaries(questions, version_of(first_docs()), version_of(first_docs()), encoder)
    asked = [text for batch in encoder.asked for text in batch]
    assert len(asked) == len(set(asked)) == 11


def test_without_questions_that_can_be_asked_nothing_is_lost(questions: tuple[Canary, ...]) -> None:
    found = ask_canaries(questions, version_of([]), version_of(first_docs()), WordEncoder())
    assert (found.asked, found.passed) == (0, True)


@pytest.mark.parametrize(
    ("asked", "lost", "gained", "passed"),
    [(100, 2, 0, True), (100, 3, 0, False), (100, 3, 1, True), (60, 1, 0, True), (60, 2, 0, False)],
)
def test_two_points_of_recall_may_be_lost(asked: int, lost: int, gained: int, passed: bool) -> None:
    found = CanaryReport(
        asked=asked, before=100, after=100, lost=tuple("x" * lost), gained=tuple("x" * gained)
    )
    assert found.passed is passed


@pytest.mark.parametrize(
    "line",
    [
        '{"hub": "tfhub", "instruction": "x"}',
        '{"hub": "tfhub", "instruction": "x", "domain": "translation", "docs": ["a:b"]}',
        '{"hub": "tfhub", "instruction": "x", "domain": "poetry"}',
        "{",
    ],
)
def test_a_canary_that_can_not_be_read_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "canaries.jsonl"
    path.write_text(f'{{"hub": "tfhub", "instruction": "x", "domain": "translation"}}\n{line}\n')
    with pytest.raises(BrokenCatalogue, match=r"canaries\.jsonl', line 2"):
        read_canaries(path)


def test_the_first_five_answers_count() -> None:
    assert (canaries.FIRST, canaries.TOLERATED) == (5, 2)


# ---- the page ------------------------------------------------------------------------------------------

HOSTILE = "<script>alert('x')</script>&\"'"


def hostile_report() -> RefreshReport:
    before = Catalogue(first_docs())
    doc = changed(models()[0], license=HOSTILE)
    return RefreshReport(
        started=datetime(2026, 6, 1, 3, 17, tzinfo=UTC),
        seconds=12.5,
        result=Result.REFUSED,
        reason=HOSTILE,
        before=before.version,
        after=before.version,
        docs={HF: 10},
        sources=(
            SourceReport(
                hub=HF,
                outcome=Outcome.FAILED,
                reason=HOSTILE,
                revision=HOSTILE,
                skipped={HOSTILE: 3},
                passed_over={HOSTILE: 3},
                notes=(HOSTILE,),
                quarantined=(SetAside(record=HOSTILE, reason=HOSTILE),),
            ),
        ),
        changes=diff_catalogues(before, Catalogue([doc, *first_docs()[1:]])),
        gates=(Gate(name="canaries", passed=False, said=HOSTILE),),
        canaries=CanaryReport(asked=9, before=90, after=80, lost=(HOSTILE,), gone=(HOSTILE,)),
        accepted=(HOSTILE,),
        notes=(HOSTILE,),
        timing={"collect": 3.25},
    )


def test_whatever_strangers_wrote_is_escaped_on_the_page() -> None:
    page = report_page(hostile_report(), lambda _: f"https://x.example/{HOSTILE}")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 10
    assert 'href="https://x.example/&lt;script&gt;alert(&#x27;x&#x27;)' in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x.example", "", None])
def test_only_addresses_of_the_web_become_links(address: str | None) -> None:
    assert "href" not in report_page(hostile_report(), lambda _: address)


def test_the_page_says_what_changed_and_what_was_refused() -> None:
    page = report_page(hostile_report(), lambda _: None)
    for said in (
        "Not published",
        "0 added, 1 changed, 0 renamed, 0 removed",
        "huggingface:a/birds",
        "license",
    ):
        assert said in page
    assert "2026-06-01 03:17 UTC" in page


def test_a_page_of_very_many_changes_stays_readable() -> None:
    before = Catalogue(first_docs())
    many = [changed(models()[0], id=f"huggingface:n/{number}") for number in range(700)]
    changes = diff_catalogues(before, Catalogue([*first_docs(), *many]))
    page = report_page(hostile_report().model_copy(update={"changes": changes}), lambda _: None)
    assert "200 more are in the JSON" in page
    assert page.count("huggingface:n/") == 500


# ---- tokens ----------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    found = {"GITHUB_TOKEN": "gh-hush", "HF_TOKEN": "hf-hush", "KAGGLE_API_TOKEN": "k-hush"}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    return found


def test_a_token_belongs_to_the_host_that_is_set(
    tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9999")
    settings = Settings(github_api="https://git.example/api", kaggle="http://127.0.0.1:8080")
    found = token_variables(settings)
    assert found["git.example"] == "GITHUB_TOKEN"
    assert found["127.0.0.1:9999"] == "HF_TOKEN"
    assert found["127.0.0.1:8080"] == "KAGGLE_API_TOKEN"
    assert "api.github.com" not in found
    assert "pypi.org" not in found
    assert tokens_in({"HF_TOKEN": " "}, found) == {}
    assert tokens_in(tokens, found)["git.example"].get_secret_value() == "gh-hush"


class Own(Fixed):
    """A hub of one's own with a token."""

    tokens: ClassVar = {"pets.example": SecretStr("pet-hush")}
    variables: ClassVar = {"pets.example": "PETS_TOKEN"}


def test_a_hub_of_ones_own_gets_no_token_but_its_own(
    settings: Settings, tmp_path: Path, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, str]] = []

    def noted(*place: Any, tokens: dict[str, SecretStr], **more: Any) -> Client:
        given.append({host: token.get_secret_value() for host, token in tokens.items()})
        return Client(*place, tokens=tokens, **more)

    monkeypatch.setattr(collecting, "Client", noted)
    own = settings.model_copy(update={"var": tmp_path / "var"})
    collect(own, [Own("pets"), Fixed("plants"), Fixed(HF)], lambda *_: None, lambda _: None)
    assert given[:2] == [{"pets.example": "pet-hush"}, {}]
    assert set(given[2].values()) == set(tokens.values())


def test_a_token_is_in_no_report_and_no_error(
    settings: Settings, tmp_path: Path, tokens: dict[str, str]
) -> None:
    own = settings.model_copy(update={"var": tmp_path / "var"})
    found = collect(own, [Fixed(HF, error=RuntimeError("broke"))], lambda *_: None, lambda _: None)
    assert not any(token in repr(found) for token in tokens.values())


# ---- measures ----------------------------------------------------------------------------------------------


def measured(runtime: Runtime, client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    text = client.get("/metrics").text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("callsmith_refresh_")
    }


def test_before_the_first_refresh_nothing_is_measured(
    tmp_path: Path, runtime: Runtime, client: TestClient
) -> None:
    assert measured(runtime, client) == {}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


def test_the_last_refresh_is_measured(settings: Settings, runtime: Runtime, client: TestClient) -> None:
    when = datetime(2026, 6, 1, 3, 20, tzinfo=UTC)
    latest = Latest(
        report="x",
        started=when,
        result=Result.REFUSED,
        succeeded=when,
        seconds=180.5,
        docs={HF: 10, TF: 2},
        sources={HF: LatestSource(outcome=Outcome.SHRUNK), TF: LatestSource(outcome=Outcome.COLLECTED)},
    )
    latest_file(settings).parent.mkdir(parents=True)
    latest_file(settings).write_text(latest.model_dump_json(), encoding="utf-8")
    found = measured(runtime, client)
    assert found == {
        ("callsmith_refresh_last_success_timestamp_seconds", ()): when.timestamp(),
        ("callsmith_refresh_duration_seconds", ()): 180.5,
        ("callsmith_refresh_docs", (HF,)): 10,
        ("callsmith_refresh_docs", (TF,)): 2,
        ("callsmith_refresh_source", (HF, "shrunk")): 1,
        ("callsmith_refresh_source", (TF, "collected")): 1,
        **{
            ("callsmith_refresh_result", (result,)): float(result == "refused")
            for result in ("published", "unchanged", "refused", "failed")
        },
    }


def test_the_sources_are_those_that_are_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9999")
    other = settings.model_copy(update={"github_api": "http://127.0.0.1:1/api", "hf_models": 7})
    found = {one.hub: one for one in default_upstreams(other, datetime.now(UTC).date(), ["a/b"])}
    assert set(found) >= {HF, TORCH}
    assert repr(found[TORCH]).count("http://127.0.0.1:1/api") == 1
    assert "most=7" in repr(found[HF])


def test_an_upstream_with_a_password_in_its_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_GITHUB_API", "https://user:hush@x.example")
    with pytest.raises(ConfigurationError, match="CALLSMITH_GITHUB_API.*token") as caught:
        load_settings()
    assert "hush" not in str(caught.value)
