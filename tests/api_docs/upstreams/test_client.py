"""The client that asks upstreams: what it sends, what it keeps, how it waits, when it gives up."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from api_docs.errors import SourceError, SourceGone, SourceRefused, SourceTimeout
from api_docs.upstreams import client as module
from api_docs.upstreams.addresses import host_of, shown
from api_docs.upstreams.client import Client, Reply
from tests.api_docs.upstreams.conftest import Clock, NewClient
from tests.upstreams.serving import Answer, Fault, Plain, json_answer, serving

FILE = bytes(range(256)) * 4_000
TAG = {"ETag": '"one"'}
SECRET = "s3cret-token"


@pytest.fixture
def server() -> Iterator[Plain]:
    stand_in = Plain()
    stand_in.answers = {
        "/text": Answer(200, b"words", TAG),
        "/dated": Answer(200, b"old words", {"Last-Modified": "Tue, 01 Sep 2026 10:00:00 GMT"}),
        "/file": Answer(200, FILE, TAG),
        "/weak": Answer(200, FILE, {"ETag": 'W/"one"'}),
        "/whoami": lambda request: json_answer(request.headers["Authorization"]),
        "/echo": lambda request: json_answer(request.json()),
    }
    with serving(stand_in):
        yield stand_in


def test_who_asks_is_said(client: Client, server: Plain) -> None:
    client.get(f"{server.url}/text")
    assert server.seen[0].headers["User-Agent"].startswith(f"callsmith/{version('callsmith')}")


def test_what_is_unchanged_comes_from_the_cache(new_client: NewClient, server: Plain) -> None:
    first = new_client().get(f"{server.url}/text")
    later = new_client()
    second = later.get(f"{server.url}/text")
    assert (first.body, first.unchanged) == (second.body, not second.unchanged) == (b"words", False)
    assert second.headers["etag"] == '"one"'
    assert (later.counts.requests, later.counts.unchanged) == (1, 1)
    server.answers["/text"] = Answer(200, b"other words", {"ETag": '"two"'})
    third = new_client().get(f"{server.url}/text")
    assert (third.body, third.unchanged) == (b"other words", False)


def test_a_date_serves_where_there_is_no_tag(new_client: NewClient, server: Plain) -> None:
    new_client().get(f"{server.url}/dated")
    new_client().get(f"{server.url}/dated")
    assert server.seen[1].headers["If-Modified-Since"] == "Tue, 01 Sep 2026 10:00:00 GMT"


def test_answers_to_other_headers_are_others(new_client: NewClient, server: Plain) -> None:
    new_client().get(f"{server.url}/text", headers={"Accept": "text/plain"})
    new_client().get(f"{server.url}/text", headers={"Accept": "text/html"})
    assert server.seen[1].headers["If-None-Match"] is None


def test_a_damaged_answer_is_asked_for_again(new_client: NewClient, server: Plain, tmp_path: Path) -> None:
    new_client().get(f"{server.url}/text")
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    again = new_client().get(f"{server.url}/text")
    assert (again.body, again.unchanged) == (b"words", False)
    assert server.seen[1].headers["If-None-Match"] is None


def test_what_must_not_be_kept_is_not(new_client: NewClient, server: Plain, tmp_path: Path) -> None:
    server.answers["/text"] = Answer(200, b"words", {**TAG, "Cache-Control": "private, no-store"})
    new_client().get(f"{server.url}/text")
    assert not (tmp_path / "cache").exists()


def test_answers_that_nobody_asked_for_in_months_are_thrown_away(
    new_client: NewClient, server: Plain, tmp_path: Path
) -> None:
    new_client().get(f"{server.url}/text")
    new_client().get(f"{server.url}/dated")
    old, new = sorted((tmp_path / "cache").iterdir())
    os.utime(old, (0, 0))
    new_client()
    assert list((tmp_path / "cache").iterdir()) == [new]


def test_an_answer_in_gzip_is_read(client: Client, server: Plain) -> None:
    server.answers["/text"] = Answer(200, gzip.compress(b"words" * 99), {"Content-Encoding": "gzip"})
    assert client.get(f"{server.url}/text").body == b"words" * 99


def test_a_query_is_added_and_never_told(client: Client, server: Plain, tmp_path: Path) -> None:
    client.get(f"{server.url}/text?key={SECRET}", params={"page": 2, "full": True})
    assert server.seen[0].query == {"key": SECRET, "page": "2", "full": "true"}
    kept = b"".join(path.name.encode() + path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert SECRET.encode() not in kept
    with pytest.raises(SourceGone) as caught:
        client.get(f"{server.url}/no?key={SECRET}")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:pass@example.org:8443/a/b?c=d#e", "https://example.org:8443/a/b"),
        ("https://EXAMPLE.org/a", "https://example.org/a"),
        ("no address?key=1", "no address"),
    ],
)
def test_an_address_is_told_without_what_is_secret(url: str, told: str) -> None:
    assert shown(url) == told


def test_redirects_are_followed_and_told(client: Client, server: Plain) -> None:
    server.answers["/old"] = Answer(301, b"", {"Location": "/older"})
    server.answers["/older"] = Answer(307, b"", {"Location": f"{server.url}/text"})
    reply = client.get(f"{server.url}/old")
    assert (reply.body, reply.url) == (b"words", f"{server.url}/text")
    assert reply.moved == (f"{server.url}/old", f"{server.url}/older")


def test_what_was_moved_is_asked_for_conditionally_at_its_new_place(
    new_client: NewClient, server: Plain
) -> None:
    server.answers["/old"] = Answer(301, b"", {"Location": "/text"})
    new_client().get(f"{server.url}/old")
    reply = new_client().get(f"{server.url}/old")
    assert reply.unchanged
    assert (reply.body, reply.moved) == (b"words", (f"{server.url}/old",))


def test_a_circle_of_redirects_ends(client: Client, server: Plain) -> None:
    server.answers["/old"] = Answer(302, b"", {"Location": "/old"})
    with pytest.raises(SourceError, match="after 10 redirects"):
        client.get(f"{server.url}/old")


@pytest.mark.parametrize(
    ("method", "url", "location", "reason"),
    [
        ("GET", "https://example.org/a", "http://example.org/a", "not encrypted"),
        ("GET", "https://example.org/a", "https://127.0.0.1/a", "this machine"),
        ("GET", "https://example.org/a", "file:///etc/passwd", "no address to ask"),
        ("POST", "https://example.org/a", "https://example.org/b", "another request"),
    ],
)
def test_some_redirects_are_not_followed(
    new_client: NewClient, method: str, url: str, location: str, reason: str
) -> None:
    def redirect(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"Location": location})

    client = new_client(transport=httpx2.MockTransport(redirect))
    with pytest.raises(SourceError, match=reason):
        client.get(url) if method == "GET" else client.post_json(url, {})
    assert client.counts.requests == 1


def test_a_token_goes_to_its_host_and_nowhere_else(new_client: NewClient, server: Plain) -> None:
    with serving(Plain(answers={"/whoami": server.answers["/whoami"]})) as other:
        server.answers["/away"] = Answer(302, b"", {"Location": f"{other}/whoami"})
        client = new_client(tokens={host_of(server.url): SecretStr(SECRET)})
        assert client.get(f"{server.url}/whoami").json() == f"Bearer {SECRET}"
        assert client.get(f"{server.url}/away").json() is None
        own = {"Authorization": "Bearer of the caller"}
        assert client.get(f"{server.url}/away", headers=own).json() is None


def test_a_token_is_sent_encrypted_or_not_at_all(new_client: NewClient) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(403)

    client = new_client(
        transport=httpx2.MockTransport(answer),
        tokens={"api.example.org": SecretStr(SECRET)},
        variables={"api.example.org": "EXAMPLE_TOKEN"},
    )
    with pytest.raises(SourceRefused, match="in EXAMPLE_TOKEN, is sent over https only"):
        client.get("http://api.example.org/")
    with pytest.raises(SourceRefused, match="token in EXAMPLE_TOKEN is valid"):
        client.get("https://api.example.org/")
    assert [request.headers.get("Authorization") for request in seen] == [None, f"Bearer {SECRET}"]


def test_no_token_is_told_in_errors_logs_or_the_cache(
    new_client: NewClient, server: Plain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers["/repeats"] = json_answer({"message": f"no such token: {SECRET}"}, 401)
    client = new_client(tokens={host_of(server.url): SecretStr(SECRET)})
    client.get(f"{server.url}/text")
    with pytest.raises(SourceRefused) as caught:
        client.get(f"{server.url}/repeats")
    assert "no such token: …" in str(caught.value)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    for told in (str(caught.value), repr(caught.value), caplog.text, repr(client.__dict__), kept.decode()):
        assert SECRET not in told


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, SourceError), (401, SourceRefused), (403, SourceRefused)]
    + [(status, SourceGone) for status in (404, 410, 451)],
)
def test_a_refusal_is_raised_at_once_with_its_status(
    client: Client, server: Plain, status: int, kind: type[SourceError]
) -> None:
    server.faults = [("/text", Fault(status))]
    with pytest.raises(kind, match=str(status)) as caught:
        client.get(f"{server.url}/text")
    assert type(caught.value) is kind
    assert caught.value.reason == str(status)
    assert client.counts.requests == 1


def test_the_upstreams_own_word_for_a_refusal_is_kept(client: Client, server: Plain) -> None:
    headers = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"}
    server.faults = [("/text", Fault(401, headers))]
    with pytest.raises(SourceRefused, match="Access is restricted") as caught:
        client.get(f"{server.url}/text")
    assert caught.value.reason == "GatedRepo"


def test_a_refusal_names_the_variable_of_the_token_that_is_missing(new_client: NewClient) -> None:
    client = new_client(transport=httpx2.MockTransport(lambda _: httpx2.Response(401)))
    with pytest.raises(SourceRefused, match="Set GITHUB_TOKEN"):
        client.get("https://api.github.com/repos/a/b")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_failure_that_passes_is_waited_for(
    client: Client, server: Plain, clock: Clock, status: int
) -> None:
    server.faults = [("/text", Fault(status)), ("/text", Fault(status))]
    assert client.get(f"{server.url}/text").body == b"words"
    assert len(clock.waits) == client.counts.retries == 2
    assert 0 <= clock.waits[0] <= 1
    assert 0 <= clock.waits[1] <= 2
    assert client.counts.waited == sum(clock.waits)


def test_patience_ends_after_so_many_tries(new_client: NewClient, server: Plain) -> None:
    server.faults = [("/text", Fault(500, stays=True))]
    client = new_client(retries=3)
    with pytest.raises(SourceError, match="asked 4 times, the last time with: 500"):
        client.get(f"{server.url}/text")
    assert client.counts.requests == 4


@pytest.mark.parametrize("status", [429, 503])
def test_the_time_that_an_upstream_names_is_waited(
    client: Client, server: Plain, clock: Clock, status: int
) -> None:
    server.faults = [("/text", Fault(status, {"Retry-After": "17"}))]
    client.get(f"{server.url}/text")
    assert 17 <= clock.waits[0] <= 18


@pytest.mark.parametrize(
    ("status", "headers", "body", "least"),
    [
        (429, {"Retry-After": "Tue, 01 Sep 2026 10:01:00 GMT"}, b"", 60),
        (429, {"RateLimit": '"api";r=0;t=31'}, b"", 31),
        (429, {"RateLimit": "limit=100, remaining=0, reset=32"}, b"", 32),
        (429, {"RateLimit-Reset": "33"}, b"", 33),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1788256834"}, b"", 34),
        (403, {"Retry-After": "35"}, b"", 35),
        (403, {}, b'{"message": "You have exceeded a secondary rate limit"}', 60),
    ],
)
def test_every_way_to_name_a_time_is_understood(  # noqa: PLR0917
    new_client: NewClient, clock: Clock, status: int, headers: dict[str, str], body: bytes, least: int
) -> None:
    refusal = {"Date": "Tue, 01 Sep 2026 10:00:00 GMT", **headers}
    answers = iter([httpx2.Response(status, headers=refusal, content=body), httpx2.Response(200)])
    client = new_client(transport=httpx2.MockTransport(lambda _: next(answers)))
    client.get("https://api.example.org/")
    assert least <= clock.waits[0] <= least + 1


def test_a_403_that_is_no_limit_is_not_waited_for(client: Client, server: Plain, clock: Clock) -> None:
    server.faults = [("/text", Fault(403, {"X-RateLimit-Remaining": "41"}))]
    with pytest.raises(SourceRefused):
        client.get(f"{server.url}/text")
    assert not clock.waits


def test_who_asks_for_more_time_than_there_is_is_not_waited_for(
    new_client: NewClient, server: Plain, clock: Clock
) -> None:
    server.faults = [("/text", Fault(429, {"Retry-After": "1800"}))]
    with pytest.raises(SourceTimeout, match=r"in 180\d seconds, at \d\d:\d\d:\d\d UTC; 900 seconds are left"):
        new_client().get(f"{server.url}/text")
    assert not clock.waits


def test_the_time_of_a_source_is_for_all_its_requests(
    new_client: NewClient, server: Plain, clock: Clock
) -> None:
    client = new_client(seconds=100)
    client.get(f"{server.url}/text")
    clock.time = 99
    assert client.remaining == 1
    client.get(f"{server.url}/text")
    clock.time = 100
    with pytest.raises(SourceTimeout, match="CALLSMITH_REFRESH_SECONDS"):
        client.get(f"{server.url}/text")
    assert client.remaining == 0


def test_a_body_that_trickles_does_not_outlast_the_time(
    new_client: NewClient, server: Plain, clock: Clock
) -> None:
    client = new_client(seconds=10)
    clock.step = 1.0  # every look at the clock, one a part of the body among them
    with pytest.raises(SourceTimeout):
        client.get(f"{server.url}/file")


def test_a_body_that_stops_is_given_up(
    client: Client, server: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SILENCE", 0.1)
    server.faults = [("/file", Fault(stalls=True))]
    assert client.get(f"{server.url}/file").body == FILE
    assert client.counts.retries == 1


def test_a_cut_off_body_is_asked_for_again(client: Client, server: Plain) -> None:
    server.faults = [("/text", Fault(cut=2))]
    assert client.get(f"{server.url}/text").body == b"words"
    assert client.counts.retries == 1


def test_a_broken_encoding_is_asked_for_again(client: Client, server: Plain) -> None:
    server.answers["/text"] = Answer(200, b"no gzip", {"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="5 times.*DecodingError"):
        client.get(f"{server.url}/text")


def test_nobody_listening_is_a_source_error(new_client: NewClient) -> None:
    with serving(Plain()) as url:
        pass
    with pytest.raises(SourceError, match="ConnectError"):
        new_client(retries=1).get(f"{url}/text")


@pytest.mark.parametrize(
    "url",
    ["no address", "ftp://example.org/", "https://[", "https://exa mple.org/", "https://:1", "http://a:b/"],
)
def test_what_is_no_address_is_told(client: Client, tmp_path: Path, url: str) -> None:
    for ask in (
        client.get,
        lambda url: client.post_json(url, {}),
        lambda url: client.download(url, tmp_path),
    ):
        with pytest.raises(SourceError, match="no address to ask"):
            ask(url)
    assert client.counts.requests == 0


def test_an_answer_may_be_only_so_large(client: Client, server: Plain) -> None:
    assert client.get(f"{server.url}/file", most=len(FILE)).body == FILE
    with pytest.raises(SourceError, match="at most 1,000 are read"):
        client.get(f"{server.url}/file", most=1_000, headers={"Accept": "*/*"})


def test_an_answer_may_be_only_so_large_once_it_is_unpacked(client: Client, server: Plain) -> None:
    packed = gzip.compress(bytes(10_000_000))
    server.answers["/bomb"] = Answer(200, packed, {"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="at most 20,000 are read"):
        client.get(f"{server.url}/bomb", most=20_000)


def test_json_is_sent_and_read(client: Client, server: Plain) -> None:
    assert client.post_json(f"{server.url}/echo", {"a": [1, "ü"]}).json() == {"a": [1, "ü"]}
    assert server.seen[0].headers["Content-Type"] == "application/json"


def test_what_is_no_json_is_quoted(client: Client, server: Plain) -> None:
    with pytest.raises(SourceError, match="b'words', which is no JSON"):
        client.get(f"{server.url}/text").json()
    deep = Reply("https://example.org/", 200, {}, b"[" * 100_000)
    with pytest.raises(SourceError, match="no JSON"):
        deep.json()


def test_what_may_have_been_done_is_not_sent_again(client: Client, server: Plain) -> None:
    server.faults = [("/echo", Fault(502))]
    with pytest.raises(SourceError, match="asked once"):
        client.post_json(f"{server.url}/echo", {})
    server.faults = [("/echo", Fault(429, {"Retry-After": "1"}))]
    assert client.post_json(f"{server.url}/echo", {"a": 1}).json() == {"a": 1}
    server.faults = [("/echo", Fault(502)), ("/echo", Fault(cut=1))]
    assert client.post_json(f"{server.url}/echo", {"a": 1}, idempotent=True).json() == {"a": 1}


def test_a_file_is_whole_or_not_there(client: Client, server: Plain, tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file.bin"
    server.faults = [("/file", Fault(500, stays=True))]
    with pytest.raises(SourceError):
        client.download(f"{server.url}/file", target)
    assert not target.exists()
    server.faults = []
    client.download(f"{server.url}/file", target)
    assert target.read_bytes() == FILE
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_a_download_goes_on_where_it_was_cut(client: Client, server: Plain, tmp_path: Path) -> None:
    server.faults = [("/file", Fault(cut=400_000)), ("/file", Fault(cut=300_000))]
    client.download(f"{server.url}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE
    assert [request.headers["Range"] for request in server.seen] == [
        None,
        "bytes=400000-",
        "bytes=700000-",
    ]
    assert server.seen[1].headers["If-Range"] == '"one"'


def test_a_download_goes_on_in_the_next_run(new_client: NewClient, server: Plain, tmp_path: Path) -> None:
    server.faults = [("/file", Fault(cut=400_000))]
    with pytest.raises(SourceError):
        new_client(retries=0).download(f"{server.url}/file", tmp_path / "file")
    new_client().download(f"{server.url}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE
    assert server.seen[1].headers["Range"] == "bytes=400000-"


def test_a_download_begins_anew_when_the_file_is_another_one(
    new_client: NewClient, server: Plain, tmp_path: Path
) -> None:
    server.faults = [("/file", Fault(cut=400_000))]
    with pytest.raises(SourceError):
        new_client(retries=0).download(f"{server.url}/file", tmp_path / "file")
    server.answers["/file"] = Answer(200, FILE[::-1], {"ETag": '"two"'})
    new_client().download(f"{server.url}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE[::-1]


def test_a_download_begins_anew_where_the_part_is_too_long(
    new_client: NewClient, server: Plain, tmp_path: Path
) -> None:
    server.faults = [("/file", Fault(cut=400_000))]
    with pytest.raises(SourceError):
        new_client(retries=0).download(f"{server.url}/file", tmp_path / "file")
    server.answers["/file"] = Answer(200, FILE[:300_000], TAG)
    new_client().download(f"{server.url}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE[:300_000]


def test_a_download_begins_anew_where_bytes_may_differ(client: Client, server: Plain, tmp_path: Path) -> None:
    server.faults = [("/weak", Fault(cut=400_000))]
    client.download(f"{server.url}/weak", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE
    assert [request.headers["Range"] for request in server.seen] == [None, None]


def test_a_part_of_another_address_is_no_part(new_client: NewClient, server: Plain, tmp_path: Path) -> None:
    server.answers["/other"] = Answer(200, FILE[::-1], TAG)
    server.faults = [("/file", Fault(cut=400_000))]
    with pytest.raises(SourceError):
        new_client(retries=0).download(f"{server.url}/file", tmp_path / "file")
    new_client().download(f"{server.url}/other", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == FILE[::-1]


def test_a_file_with_another_checksum_is_not_kept(client: Client, server: Plain, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected " + "0" * 64):
        client.download(f"{server.url}/file", tmp_path / "file", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_already_is_not_fetched(client: Client, server: Plain, tmp_path: Path) -> None:
    digest = hashlib.sha256(FILE).hexdigest()
    first = client.download(f"{server.url}/file", tmp_path / "file", sha256=digest)
    second = client.download(f"{server.url}/file", tmp_path / "file", sha256=digest)
    assert (first.unchanged, second.unchanged, client.counts.requests) == (False, True, 1)


def test_parts_that_do_not_fit_together_are_fetched_again(
    new_client: NewClient, server: Plain, tmp_path: Path
) -> None:
    server.faults = [("/file", Fault(cut=400_000))]
    with pytest.raises(SourceError):
        new_client(retries=0).download(f"{server.url}/file", tmp_path / "file")
    part = tmp_path / ".file.part"
    part.write_bytes(b"x" + part.read_bytes()[1:])
    digest = hashlib.sha256(FILE).hexdigest()
    new_client().download(f"{server.url}/file", tmp_path / "file", sha256=digest)
    assert (tmp_path / "file").read_bytes() == FILE


def test_a_download_may_be_only_so_large(client: Client, server: Plain, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="at most 1,000 are read"):
        client.download(f"{server.url}/file", tmp_path / "file", most=1_000)
    assert not (tmp_path / "file").exists()


def test_what_came_over_the_line_is_counted(client: Client, server: Plain, tmp_path: Path) -> None:
    client.get(f"{server.url}/text")
    client.download(f"{server.url}/file", tmp_path / "file")
    assert client.counts.bytes == len(b"words") + len(FILE)
