"""Hugging Face from a hub on loopback: what is listed, kept, renamed and gone, and what becomes of faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import huggingface_hub
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import ExpandModelProperty_T
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api_docs.errors import ConfigurationError, SourceError, SourceRefused, SourceTimeout
from api_docs.sources.hf_hub import FOLDER, HubFolder
from api_docs.sources.huggingface import HuggingFace
from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.hf_api import EXPANDED, HubApi, hub_endpoint
from api_docs.upstreams.hf_census import OUTRANKED
from api_docs.upstreams.hf_listing import most_downloaded
from api_docs.upstreams.huggingface import HuggingFaceHub
from api_docs.verification import check_doc
from tests.upstreams.huggingface import WINDOW, StandInHub, made
from tests.upstreams.serving import Fault, serving

TODAY = date(2026, 3, 1)
TASKS = ("text-classification", "fill-mask")
TOKEN = "hf_right"


@pytest.fixture
def hub() -> Iterator[StandInHub]:
    """A hub with three models that sort things and two that fill gaps."""
    stand_in = StandInHub()
    stand_in.add(
        made("acme/moods", 1),
        made("acme/spam", 2),
        made("acme/topics", 3),
        made(
            "acme/gaps", 4, pipeline_tag="fill-mask", transformersInfo={"auto_model": "AutoModelForMaskedLM"}
        ),
        made(
            "acme/holes", 5, pipeline_tag="fill-mask", transformersInfo={"auto_model": "AutoModelForMaskedLM"}
        ),
    )
    with serving(stand_in):
        yield stand_in


class Asking:
    """Collects from a hub into one folder, a new client each time, without ever sleeping."""

    def __init__(self, hub: StandInHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.slept: list[float] = []
        self.progress: list[tuple[int, int]] = []

    def __call__(
        self,
        *,
        day: int = 0,
        token: str | None = None,
        seconds: float = 900.0,
        retries: int = 2,
        **options: Any,
    ) -> Collected:
        options = {"most": 100, "tasks": TASKS, "endpoint": self.hub.url} | options
        upstream = HuggingFaceHub(TODAY + timedelta(days=day), **options)
        self.hub.seen.clear()
        self.client = Client(
            self.folder / "cache",
            seconds=seconds,
            tokens={} if token is None else {host_of(self.hub.url): SecretStr(token)},
            variables={host_of(self.hub.url): "HF_TOKEN"},
            retries=retries,
            sleep=self._sleep,
        )
        with self.client as client:
            return upstream.collect(client, self.folder / "hub", lambda *done: self.progress.append(done))

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.hub.refill()


@pytest.fixture
def ask(hub: StandInHub, tmp_path: Path) -> Asking:
    return Asking(hub, tmp_path)


def names(found: Collected) -> list[str]:
    return sorted(doc.name for doc in found.result.docs)


ALL = ["acme/gaps", "acme/holes", "acme/moods", "acme/spam", "acme/topics"]


# ---- the protocol, held against the real client


def test_every_field_that_is_asked_for_is_one_that_the_real_client_knows() -> None:
    assert set(EXPANDED) <= set(get_args(ExpandModelProperty_T))


def test_listings_and_models_are_asked_for_as_the_real_client_asks(hub: StandInHub, tmp_path: Path) -> None:
    expand: Any = list(EXPANDED)
    real = HfApi(endpoint=hub.url, token=False)
    try:
        list(real.list_models(pipeline_tag="fill-mask", sort="downloads", limit=7, expand=expand))
        real.model_info("acme/gaps", expand=expand)
    finally:
        huggingface_hub.close_session()
    theirs = [(seen.path, sorted(seen.pairs)) for seen in hub.seen]
    hub.seen.clear()
    with Client(tmp_path) as client:
        api = HubApi(client, hub.url)
        api.page(api.listing("fill-mask", 7))
        api.model("acme/gaps")
    assert [(seen.path, sorted(seen.pairs)) for seen in hub.seen] == theirs


def test_the_stand_in_is_a_hub_to_the_real_client(hub: StandInHub) -> None:
    hub.page = 2
    hub.rename("acme/spam", "other/ham")
    real = HfApi(endpoint=hub.url, token=False)
    try:
        listed = [
            model.id for model in real.list_models(pipeline_tag="text-classification", sort="downloads")
        ]
        moved = real.model_info("acme/spam")
        with pytest.raises(RepositoryNotFoundError):
            real.model_info("acme/nothing")
    finally:
        huggingface_hub.close_session()
    assert listed == ["acme/moods", "other/ham", "acme/topics"]
    assert moved.id == "other/ham"
    assert moved.transformers_info is not None
    assert moved.last_modified is not None


def test_a_listing_brings_all_that_the_answer_about_one_model_would(hub: StandInHub, tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        api = HubApi(client, hub.url)
        [first, _] = api.page(api.listing("fill-mask", 10)).models
        assert first == api.model("acme/gaps").body
    assert first["config"] == {"model_type": "bert"}
    assert "widgetData" not in first


# ---- what is collected


def test_the_hubs_models_become_docs_whose_calls_verify(ask: Asking) -> None:
    found = ask()
    assert names(found) == ALL
    for doc in found.result.docs:
        check_doc(doc)
    [doc] = [doc for doc in found.result.docs if doc.name == "acme/gaps"]
    assert doc.call == "AutoModelForMaskedLM.from_pretrained('acme/gaps')"
    assert (doc.license, doc.last_checked, doc.alive) == ("mit", TODAY, True)
    assert doc.source_revision == f"{4 << 8:08x}{'0' * 32}"
    assert doc.facts["parameters"] == 110_000_000
    assert doc.description
    assert found.complete
    assert found.revision == "2026-01-01T00:00:00.000Z"
    assert found.records == {f"huggingface:{name}": ask.hub.models[name].body["_id"] for name in ALL}
    assert ask.progress[-1] == (5, 5)


def test_each_task_has_its_most_downloaded_before_any_has_its_second(ask: Asking) -> None:
    assert names(ask(most=2)) == ["acme/gaps", "acme/moods"]
    assert names(ask(most=2, kept=0)) == ["acme/gaps", "acme/moods"]


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=4),
    st.integers(0, 12),
)
def test_the_choice_is_that_of_whoever_sorts_all_models_by_rank_and_downloads(
    tasks: list[list[int]], most: int
) -> None:
    listed = {
        f"task{number}": [
            {"_id": f"{number}-{rank}", "id": f"acme/{number}-{rank}", "downloads": downloads}
            for rank, downloads in enumerate(sorted(task, reverse=True))
        ]
        for number, task in enumerate(tasks)
    }
    ranked = sorted(
        (rank, -model["downloads"], number, model["_id"])
        for number, models in enumerate(listed.values())
        for rank, model in enumerate(models)
    )
    chosen = most_downloaded(listed, most, TODAY)
    assert [model.key for model in chosen.models] == [key for *_, key in ranked[:most]]


def test_pages_are_followed_to_the_end_and_leave_nothing_behind(ask: Asking) -> None:
    ask.hub.page = 1
    assert names(ask()) == ALL
    assert len(ask.hub.asked("/api/models")) == 5
    assert [path.name for path in (ask.folder / "hub").iterdir()] == [FOLDER]
    assert not (ask.folder / "cache").exists()


def test_gated_private_and_disabled_models_are_left_alone_and_counted(ask: Asking) -> None:
    ask.hub.add(
        made("acme/gated", 6, gated="manual"),
        made("acme/off", 7, disabled=True),
        made("acme/secret", 8, private=True),
    )
    found = ask(token=TOKEN)
    assert names(found) == ALL
    assert found.skipped == {"gated": 1, "disabled": 1, "private": 1}
    assert not ask.hub.asked("/acme/gated/")
    # Without a token, the hub doesn't even show private ones.
    assert ask(day=1).skipped == {"gated": 1, "disabled": 1}


def test_what_is_no_model_is_set_aside_and_the_others_are_read(ask: Asking) -> None:
    page = json.dumps(["nonsense", {"likes": 3}, ask.hub.models["acme/gaps"].body]).encode()
    ask.hub.faults.append(("fill-mask", Fault(body=page)))
    found = ask()
    assert names(found) == ["acme/gaps", "acme/moods", "acme/spam", "acme/topics"]
    assert [bad.record for bad in found.result.quarantined] == [
        "fill-mask, model 1 of the listing",
        "fill-mask, model 2 of the listing",
    ]


def test_a_model_that_can_be_no_doc_is_set_aside_by_its_name(ask: Asking) -> None:
    ask.hub.add(made("acme/odd", 6, library_name="a-library-of-nobody", transformersInfo=None))
    found = ask()
    [bad] = found.result.quarantined
    assert bad.record == "acme/odd"
    assert "no call is known" in bad.reason
    assert names(found) == ALL


# ---- cards


def test_cards_are_fetched_by_revision_and_only_where_it_changed(ask: Asking) -> None:
    ask()
    assert len(ask.hub.asked("/resolve/")) == 5
    ask.hub.change("acme/spam", card=b"---\nlicense: mit\ndatasets: [sms_spam]\n---\nNew.\n")
    found = ask(day=1)
    assert [seen.path for seen in ask.hub.asked("/resolve/")] == [
        f"/acme/spam/resolve/{ask.hub.models['acme/spam'].body['sha']}/README.md"
    ]
    [doc] = [doc for doc in found.result.docs if doc.name == "acme/spam"]
    assert doc.facts["datasets"] == ("sms_spam",)
    assert found.notes[0] == "5 models listed, 1 of them new or modified"
    assert found.revision == ask.hub.models["acme/spam"].body["lastModified"]
    assert len(list((ask.folder / "hub" / FOLDER / "cards").iterdir())) == 5


def test_a_model_without_a_card_is_asked_for_it_once(ask: Asking) -> None:
    ask.hub.models["acme/gaps"].card = None
    assert names(ask()) == ALL
    ask(day=1)
    assert not ask.hub.asked("/resolve/")


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (b"---\nlicense: [mit\n---\n# Broken", "no YAML"),
        (b"---\n[]\n---\n# A list", "expected `name: value` lines"),
        (b"---\nlicense: mit\n# Never closed", "no closing '---' line"),
        (b"---\n{{card_data}}\n---\n# {{ model_name }}", "never filled in"),
        (b"---\ntask_categories: [x]\n---\n# A data set", "describes a data set"),
        (b"---\nlicense: \xff\xfe\n---\n", "not UTF-8"),
    ],
)
def test_a_malformed_card_is_set_aside_and_its_model_kept_without_it(
    ask: Asking, card: bytes, reason: str
) -> None:
    ask.hub.models["acme/gaps"].card = card
    found = ask()
    assert names(found) == ALL
    [bad] = found.result.quarantined
    assert bad.record == "acme/gaps, README.md"
    assert reason in bad.reason


def test_a_card_that_is_only_prose_is_no_malformed_one(ask: Asking) -> None:
    ask.hub.models["acme/gaps"].card = b"# Fills gaps\n\nWritten by hand.\n"
    found = ask()
    assert names(found) == ALL
    assert not found.result.quarantined


def test_the_call_of_a_library_may_come_from_the_card(ask: Asking) -> None:
    code = "model = nemo_asr.models.EncDecCTCModel.from_pretrained('acme/ears')"
    model = made("acme/ears", 6, library_name="nemo", transformersInfo=None)
    model.card = f"---\nlicense: mit\n---\n```python\n{code}\n```\n".encode()
    ask.hub.add(model)
    [doc] = [doc for doc in ask().result.docs if doc.name == "acme/ears"]
    assert doc.call == "nemo_asr.models.EncDecCTCModel.from_pretrained('acme/ears')"


def test_the_call_of_a_library_may_come_from_the_hubs_own_table(ask: Asking) -> None:
    ask.hub.add(made("acme/spans", 6, library_name="gliner", transformersInfo=None))
    [doc] = [doc for doc in ask().result.docs if doc.name == "acme/spans"]
    assert doc.call == "GLiNER.from_pretrained('acme/spans')"


def test_cards_that_there_is_no_time_for_wait_for_the_next_run(ask: Asking) -> None:
    ask.hub.faults.append(("/acme/spam/resolve", Fault(status=429, headers={"Retry-After": "4000"})))
    found = ask()
    assert names(found) == ALL
    assert found.notes[-1] == "3 model cards wait for the next run; older ones are read so far"
    found = ask(day=1)
    assert sorted(seen.path.split("/")[2] for seen in ask.hub.asked("/resolve/")) == [
        "holes",
        "spam",
        "topics",
    ]
    assert len(found.notes) == 1


def test_a_card_that_the_hub_can_not_give_is_set_aside_and_its_older_one_read(ask: Asking) -> None:
    ask.hub.models["acme/gaps"].card = b"---\ndatasets: [books]\n---\n"
    ask()
    ask.hub.change("acme/gaps")
    ask.hub.faults += [("/acme/gaps/resolve", Fault(status=500))] * 3
    found = ask(day=1)
    [bad] = found.result.quarantined
    assert bad.record == "acme/gaps, README.md"
    assert "500" in bad.reason
    [doc] = [doc for doc in found.result.docs if doc.name == "acme/gaps"]
    assert doc.facts["datasets"] == ("books",)


def test_a_hub_whose_cards_all_fail_is_left_alone_after_a_few(ask: Asking) -> None:
    ask.hub.add(*(made(f"acme/more{number}", number) for number in range(10, 20)))
    ask.hub.faults.append(("/resolve/", Fault(status=503, stays=True)))
    found = ask(retries=0)
    assert len(found.result.docs) == 15
    assert len(ask.hub.asked("/resolve/")) == 5
    assert "11 model cards wait" in found.notes[-1]


# ---- from one day to the next


def test_an_unchanged_hub_gives_the_very_same_docs(ask: Asking) -> None:
    first, second = ask(), ask()
    assert [doc.record() for doc in second.result.docs] == [doc.record() for doc in first.result.docs]
    assert second.records == first.records


def test_popularity_counts_as_a_change_only_when_it_moves_by_more_than_a_half(ask: Asking) -> None:
    ask.hub.models["acme/gaps"].body["downloads"] = 1_000
    ask.hub.models["acme/holes"].body["downloads"] = 1_000
    ask()
    ask.hub.models["acme/gaps"].body["downloads"] = 1_500
    ask.hub.models["acme/holes"].body["downloads"] = 1_501
    docs = {doc.name: doc for doc in ask(day=1).result.docs}
    assert docs["acme/gaps"].facts["downloads"] == 1_000
    assert docs["acme/holes"].facts["downloads"] == 1_501


def test_a_renamed_model_is_the_same_record_under_another_name(ask: Asking) -> None:
    before = ask()
    ask.hub.rename("acme/spam", "other/ham")
    found = ask(day=1)
    assert "other/ham" in names(found)
    assert "acme/spam" not in names(found)
    assert found.records["huggingface:other/ham"] == before.records["huggingface:acme/spam"]
    assert found.result.aliases == {"huggingface:acme/spam": "huggingface:other/ham"}
    ask.hub.rename("other/ham", "third/ham")
    ask.hub.moved["acme/spam"] = "third/ham"
    assert ask(day=2).result.aliases == {
        "huggingface:acme/spam": "huggingface:third/ham",
        "huggingface:other/ham": "huggingface:third/ham",
    }


@pytest.mark.parametrize("keeps_query", [True, False])
def test_a_known_name_that_the_hub_redirects_is_followed_to_the_present_one(
    ask: Asking, keeps_query: bool
) -> None:
    ask.hub.keeps_query = keeps_query
    ask.hub.add(made("other/rare", 6, pipeline_tag="translation"))
    ask.hub.moved["acme/rare"] = "other/rare"
    found = ask(known=["acme/rare", "acme/gaps"])
    assert names(found) == sorted([*ALL, "other/rare"])
    assert found.result.aliases["huggingface:acme/rare"] == "huggingface:other/rare"
    assert len(ask.hub.asked("/api/models/")) == 2
    # The next day it is known by its present name, and nobody asks for the former one.
    found = ask(day=1, known=["acme/rare", "acme/gaps"])
    assert [seen.path for seen in ask.hub.asked("/api/models/")] == ["/api/models/other/rare"]
    assert found.result.aliases["huggingface:acme/rare"] == "huggingface:other/rare"


def test_a_model_that_others_push_out_of_the_listing_is_kept_while_it_exists(ask: Asking) -> None:
    ask(most=5)
    ask.hub.add(*(made(f"acme/new{number}", number, downloads=90_000) for number in range(10, 15)))
    found = ask(day=1, most=5)
    kept = sorted([*ALL, "acme/new10", "acme/new11", "acme/new12"])
    assert names(found) == kept
    assert found.complete
    assert {doc.last_checked for doc in found.result.docs} == {TODAY + timedelta(days=1)}


def test_of_those_beyond_the_listing_the_least_downloaded_go_first(ask: Asking) -> None:
    ask(most=5)
    ask.hub.add(*(made(f"acme/new{number}", number, downloads=90_000) for number in range(10, 15)))
    found = ask(day=1, most=5, kept=1)
    assert len(found.result.docs) == 6
    assert "acme/moods" in names(found)
    assert found.skipped == {OUTRANKED: 2}


@pytest.mark.parametrize("token", [None, TOKEN], ids=["401 to strangers", "404 to friends"])
def test_a_deleted_model_is_noticed(ask: Asking, token: str | None) -> None:
    ask(token=token)
    del ask.hub.models["acme/spam"]
    found = ask(day=1, token=token, known=ALL)
    assert "acme/spam" not in names(found)
    assert found.complete
    assert "1 models are gone: acme/spam" in found.notes
    assert [seen.path for seen in ask.hub.asked("/api/models/")] == ["/api/models/acme/spam"]


def test_a_name_that_another_model_took_over_is_another_record(ask: Asking) -> None:
    before = ask()
    del ask.hub.models["acme/spam"]
    ask.hub.add(made("acme/spam", 77))
    found = ask(day=1)
    assert found.records["huggingface:acme/spam"] != before.records["huggingface:acme/spam"]
    assert "1 models are gone: acme/spam" in found.notes


def test_a_kept_model_that_was_locked_meanwhile_is_counted_and_not_served(ask: Asking) -> None:
    ask(most=5)
    ask.hub.add(*(made(f"acme/new{number}", number, downloads=90_000) for number in range(10, 15)))
    ask.hub.change("acme/topics", gated="auto")
    ask.hub.change("acme/spam", disabled=True)
    found = ask(day=1, most=5)
    assert {"acme/topics", "acme/spam"}.isdisjoint(names(found))
    assert found.skipped["gated"] == 1
    assert found.skipped["disabled"] == 1


def test_known_models_that_are_locked_are_counted_when_they_are_asked_for(ask: Asking) -> None:
    ask.hub.add(
        made("acme/gated", 6, pipeline_tag="translation", gated="manual"),
        made("acme/off", 7, pipeline_tag="translation", disabled=True),
    )
    found = ask(known=["acme/gated", "acme/off", "acme/gaps", "../odd name"])
    assert names(found) == ALL
    assert found.skipped == {"gated": 1, "disabled": 1}
    assert found.complete


def test_as_long_as_known_models_were_not_asked_for_absence_means_nothing(ask: Asking) -> None:
    ask.hub.add(*(made(f"acme/rare{number}", number, pipeline_tag="translation") for number in range(10, 15)))
    known = [f"acme/rare{number}" for number in range(10, 15)]
    found = ask(known=known, lookups=3)
    assert not found.complete
    assert len(found.result.docs) == 8
    assert found.notes[-1] == "2 known models wait to be asked for; until then none counts as absent"
    found = ask(day=1, known=known, lookups=3)
    assert found.complete
    assert names(found) == sorted([*ALL, *known])
    # Those who were asked longest ago come first, so that everybody's turn comes.
    ask(day=2, known=known, lookups=3)
    asked = [seen.path.rpartition("/")[2] for seen in ask.hub.asked("/api/models/")]
    assert asked == ["rare11", "rare12", "rare10"]


def test_with_nothing_to_list_the_known_models_are_kept_up_to_date(ask: Asking) -> None:
    assert names(ask(most=0, known=["acme/gaps"])) == ["acme/gaps"]
    assert not [seen for seen in ask.hub.seen if seen.path == "/api/models"]


# ---- endpoints and tokens


def test_the_endpoint_is_the_environments_at_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/hf/")
    assert HuggingFaceHub(TODAY).endpoint == "https://mirror.example/hf"
    monkeypatch.delenv("HF_ENDPOINT")
    assert HuggingFaceHub(TODAY).endpoint == "https://huggingface.co"
    assert huggingface_hub.constants.ENDPOINT == "https://huggingface.co"


@pytest.mark.parametrize(
    "endpoint", ["mirror.example", "ftp://mirror.example", "https://", "https://a.example/?x=1"]
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="HF_ENDPOINT"):
        hub_endpoint({"HF_ENDPOINT": endpoint})


def test_an_endpoint_with_a_password_is_refused_without_telling_it() -> None:
    with pytest.raises(ConfigurationError, match="HF_TOKEN") as caught:
        hub_endpoint({"HF_ENDPOINT": "https://me:hunter2@mirror.example"})
    assert "hunter2" not in str(caught.value)


def test_a_mirror_that_repeats_the_hubs_own_links_is_asked_itself(ask: Asking) -> None:
    ask.hub.page = 2
    ask.hub.tells_self = "https://huggingface.co"
    assert names(ask()) == ALL


def test_a_next_page_that_lies_elsewhere_is_not_asked_for(ask: Asking) -> None:
    ask.hub.page = 2
    ask.hub.tells_self = "http://127.0.0.2:9"
    with pytest.raises(SourceError, match=r"127\.0\.0\.2"):
        ask()


def test_the_token_goes_to_the_hub_and_nowhere_else(ask: Asking) -> None:
    ask(token=TOKEN)
    assert {seen.headers["Authorization"] for seen in ask.hub.seen} == {f"Bearer {TOKEN}"}
    ask(day=1)
    assert {seen.headers["Authorization"] for seen in ask.hub.seen} == {None}
    assert all(seen.headers["User-Agent"].startswith("callsmith/") for seen in ask.hub.seen)
    written = [path for path in ask.folder.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_a_token_that_the_hub_does_not_take_ends_the_run_and_is_not_told(ask: Asking) -> None:
    with pytest.raises(SourceRefused, match="HF_TOKEN") as caught:
        ask(token="hf_wrong")
    assert "hf_wrong" not in str(caught.value)


# ---- faults


def test_a_collection_that_broke_off_goes_on_at_the_cursor(ask: Asking) -> None:
    ask.hub.page = 1
    ask.hub.faults.append(("cursor", Fault(status=503)))
    with pytest.raises(SourceError, match="503"):
        ask(retries=0)
    assert len([seen for seen in ask.hub.seen if not seen.query.get("cursor")]) == 2
    assert names(ask()) == ALL
    assert all(seen.query.get("cursor") for seen in ask.hub.asked("/api/models"))
    assert len(ask.hub.asked("/api/models")) == 3


def test_the_pages_of_another_day_are_not_gone_on_with(ask: Asking) -> None:
    ask.hub.page = 1
    ask.hub.faults += [("cursor", Fault(status=503))]
    with pytest.raises(SourceError):
        ask(retries=0)
    assert names(ask(day=1)) == ALL
    assert len(ask.hub.asked("/api/models")) == 5


def test_a_cursor_that_the_hub_takes_no_longer_costs_the_pages_of_its_task(ask: Asking) -> None:
    ask.hub.page = 1
    ask.hub.faults += [("cursor", Fault(status=503))]
    with pytest.raises(SourceError):
        ask(retries=0)
    ask.hub.faults += [("cursor", Fault(status=400))]
    assert names(ask()) == ALL


def test_pages_that_lead_to_each_other_are_no_endless_loop(ask: Asking) -> None:
    round_about = Fault(200, {"Link": f'<{ask.hub.url}/api/models?again=1>; rel="next"'}, b"[]")
    ask.hub.faults += [("fill-mask", round_about), ("again=1", round_about)]
    with pytest.raises(SourceError, match="before"):
        ask()


def test_a_limit_of_requests_is_waited_for_as_long_as_the_hub_says(ask: Asking) -> None:
    ask.hub.quota = 3
    ask.hub.refill()
    assert names(ask()) == ALL
    assert len(ask.slept) == 2
    assert min(ask.slept) >= WINDOW


def test_a_limit_that_outlasts_the_time_ends_the_listing(ask: Asking) -> None:
    ask.hub.faults.append(("/api/models", Fault(status=429, headers={"Retry-After": "4000"})))
    with pytest.raises(SourceTimeout):
        ask()


def test_short_failures_and_cut_off_bodies_are_tried_again(ask: Asking) -> None:
    ask.hub.faults += [
        ("text-classification", Fault(status=502)),
        ("fill-mask", Fault(cut=100)),
        ("/acme/gaps/resolve", Fault(cut=5)),
        ("/acme/spam/resolve", Fault(status=504)),
    ]
    found = ask()
    assert names(found) == ALL
    assert not found.result.quarantined
    assert not ask.hub.faults
    assert ask.client.counts.retries == 4


def test_a_body_that_never_ends_ends_with_the_time(ask: Asking) -> None:
    ask()
    ask.hub.change("acme/gaps")
    ask.hub.faults.append(("fill-mask", Fault(stalls=True)))
    with pytest.raises(SourceTimeout):
        ask(day=1, seconds=0.5)
    assert len(HubFolder(ask.folder / "hub" / FOLDER).models()) == 5


def test_an_answer_that_is_no_list_is_told(ask: Asking) -> None:
    ask.hub.faults.append(("/api/models", Fault(body=b'{"error": "sorry"}')))
    with pytest.raises(SourceError, match="expected a list of models"):
        ask()


def test_a_hub_without_models_is_no_collection(ask: Asking) -> None:
    ask.hub.models.clear()
    with pytest.raises(SourceError, match="no Hugging Face model"):
        ask()


@pytest.mark.parametrize("file", ["models.jsonl", "renamed.json"])
def test_a_damaged_folder_is_told_when_it_is_read_and_fetched_anew(ask: Asking, file: str) -> None:
    ask()
    (ask.folder / "hub" / FOLDER / file).write_text('{"half": ', encoding="utf-8")
    with pytest.raises(SourceError, match="Remove the file"):
        HuggingFace().read(ask.folder / "hub")
    assert names(ask(day=1)) == ALL


def test_a_refusal_that_says_nothing_of_a_model_ends_the_run(ask: Asking) -> None:
    ask.hub.faults.append(("/api/models/acme/rare", Fault(status=403)))
    with pytest.raises(SourceRefused, match="HF_TOKEN"):
        ask(known=["acme/rare"])


@pytest.mark.parametrize("body", [b"[]", b"{}", b"<html>"])
def test_a_name_that_is_answered_with_nonsense_stays_open(ask: Asking, body: bytes) -> None:
    ask.hub.faults.append(("/api/models/acme/rare", Fault(status=200, body=body)))
    found = ask(known=["acme/rare"])
    assert names(found) == ALL
    assert not found.complete


def test_a_card_under_a_name_that_no_file_can_have_is_set_aside(ask: Asking) -> None:
    ask.hub.add(made("acme/two--dashes", 6))
    found = ask()
    [bad] = found.result.quarantined
    assert bad.record == "acme/two--dashes, README.md"
    assert "acme/two--dashes" in names(found)


def test_a_card_whose_revision_is_gone_is_set_aside(ask: Asking) -> None:
    ask.hub.faults.append(
        ("/acme/gaps/resolve", Fault(status=404, headers={"X-Error-Code": "RevisionNotFound"}))
    )
    [bad] = ask().result.quarantined
    assert bad.record == "acme/gaps, README.md"
    ask(day=1)
    assert len(ask.hub.asked("/acme/gaps/resolve")) == 1


def test_a_hub_that_fails_on_single_names_leaves_them_as_they_were(ask: Asking) -> None:
    ask(most=5)
    ask.hub.add(*(made(f"acme/new{number}", number, downloads=90_000) for number in range(10, 15)))
    ask.hub.faults += [("/api/models/", Fault(status=500))] * 3
    found = ask(day=1, most=5, retries=0)
    assert set(ALL) <= set(names(found))
    assert found.complete
    assert sorted(doc.name for doc in found.result.docs if doc.last_checked == TODAY) == [
        "acme/moods",
        "acme/spam",
        "acme/topics",
    ]
