"""Kaggle's models through its SDK and our client."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from kagglesdk.kaggle_env import KaggleEnv, get_endpoint
from pydantic import SecretStr

from api_docs.errors import SourceError, SourceRefused
from api_docs.upstreams import kaggle as module
from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.client import Client
from api_docs.upstreams.kaggle import KAGGLE, KaggleModels
from api_docs.upstreams.kaggle_handles import Variation
from tests.api_docs.upstreams.conftest import NewClient
from tests.upstreams.kaggle import StandInKaggle
from tests.upstreams.serving import Fault, serving


@pytest.fixture
def upstream() -> Iterator[StandInKaggle]:
    stand_in = StandInKaggle()
    stand_in.models = {
        "google/nnlm": {"en-dim50": 3, "en-dim128": 2},
        "google/yamnet": {"yamnet": 1},
        "google/elmo": {"elmo": 3},
        "deepmind/i3d": {"kinetics-400": 1},
    }
    with serving(stand_in):
        yield stand_in


@pytest.fixture
def client(new_client: NewClient, upstream: StandInKaggle) -> Client:
    return new_client(tokens={host_of(upstream.url): SecretStr(upstream.token)})


GOOGLE = [
    Variation("google/elmo/elmo", 3, "\n\n"),
    Variation("google/nnlm/en-dim50", 3, "\n\n"),
    Variation("google/nnlm/en-dim128", 2, "\n\n"),
    Variation("google/yamnet/yamnet", 1, "\n\n"),
]


def test_the_sdk_has_its_services_where_we_ask() -> None:
    assert get_endpoint(KaggleEnv.PROD) == KAGGLE


@pytest.mark.parametrize("bare", [False, True])
def test_all_variations_of_an_owner_are_listed(client: Client, upstream: StandInKaggle, bare: bool) -> None:
    upstream.bare = bare
    assert KaggleModels(client, upstream.url).variations("google") == GOOGLE
    lists = [path for path in upstream.paths() if path.endswith("/ListModels")]
    assert len(lists) == 2
    assert upstream.seen[0].headers["User-Agent"].startswith("callsmith/")


def test_only_what_tensorflow_loads_is_told(client: Client, upstream: StandInKaggle) -> None:
    upstream.framework = "tfLite"
    assert KaggleModels(client, upstream.url).variations("google") == []


def test_how_a_variation_is_used_is_told(client: Client, upstream: StandInKaggle) -> None:
    upstream.texts["deepmind/i3d/kinetics-400"] = "hub.load('https://tfhub.dev/deepmind/i3d-kinetics-400/1')"
    (found,) = KaggleModels(client, upstream.url).variations("deepmind")
    assert "tfhub.dev/deepmind/i3d-kinetics-400/1" in found.text


def test_an_owner_that_is_not_there_has_nothing(client: Client, upstream: StandInKaggle) -> None:
    assert KaggleModels(client, upstream.url).variations("nobody") == []


def test_a_variation_is_there_or_not(client: Client, upstream: StandInKaggle) -> None:
    models = KaggleModels(client, upstream.url)
    upstream.hidden.add("google/nnlm")
    assert models.has("google/nnlm/en-dim50")
    assert not models.has("google/nnlm/de-dim50")
    assert not models.has("google/other/other")


def test_without_a_token_nothing_is_asked(new_client: NewClient, upstream: StandInKaggle) -> None:
    with pytest.raises(SourceRefused, match="Set KAGGLE_API_TOKEN"):
        KaggleModels(new_client(), upstream.url).variations("google")
    assert not upstream.seen


def test_credentials_of_other_programs_are_not_used(
    new_client: NewClient, upstream: StandInKaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", upstream.token)
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    with pytest.raises(SourceRefused):
        KaggleModels(new_client(), upstream.url).variations("google")


def test_a_wrong_token_is_told(new_client: NewClient, upstream: StandInKaggle) -> None:
    client = new_client(
        tokens={host_of(upstream.url): SecretStr("kgl_wrong")},
        variables={host_of(upstream.url): "KAGGLE_API_TOKEN"},
    )
    with pytest.raises(SourceRefused, match="token in KAGGLE_API_TOKEN is valid") as caught:
        KaggleModels(client, upstream.url).variations("google")
    assert "kgl_wrong" not in str(caught.value)


def test_a_list_that_is_interrupted_is_gone_on_with(client: Client, upstream: StandInKaggle) -> None:
    upstream.faults = [
        ("/ListModels", Fault(429, {"Retry-After": "3"})),
        ("/ListModels", Fault(cut=30)),
        ("/ListModels", Fault(503)),
    ]
    assert KaggleModels(client, upstream.url).variations("google") == GOOGLE
    assert client.counts.retries == 3
    assert client.counts.waited >= 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "no JSON"),
        (b"[]", "expected an object"),
        (b'{"models": [{"ref": "a/b", "instances": [{"framework": "abacus"}]}]}', "pip install --upgrade"),
        (b'{"code": 500, "message": "Something broke"}', "Something broke"),
        (b'{"code": 403, "message": "Not yours"}', "Not yours"),
    ],
)
def test_what_is_no_answer_is_quoted(
    client: Client, upstream: StandInKaggle, body: bytes, reason: str
) -> None:
    upstream.faults = [("/ListModels", Fault(200, body=body))]
    with pytest.raises(SourceError, match=reason):
        KaggleModels(client, upstream.url).variations("google")


def test_a_list_without_an_end_is_left(
    client: Client, upstream: StandInKaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_PAGES", 1)
    with pytest.raises(SourceError, match="circles"):
        KaggleModels(client, upstream.url).variations("google")


def test_without_the_sdk_its_installation_is_named(
    client: Client, upstream: StandInKaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kagglesdk.models.services", None)
    with pytest.raises(SourceError, match=r"pip install 'callsmith\[refresh\]'"):
        KaggleModels(client, upstream.url).variations("google")
