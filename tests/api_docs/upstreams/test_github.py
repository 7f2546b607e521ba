"""Repositories on GitHub: revisions by conditional request, renames, limits, files and archives."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from api_docs.errors import SourceError, SourceGone, SourceRefused, SourceTimeout
from api_docs.sources.base import read_texts
from api_docs.upstreams import github as module
from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.client import Client
from api_docs.upstreams.github import About, GitHub
from tests.api_docs.upstreams.conftest import NewClient
from tests.upstreams.github import StandInGitHub, archive_of
from tests.upstreams.serving import Fault, serving

NAME = "maker/models"


@pytest.fixture
def upstream() -> Iterator[StandInGitHub]:
    stand_in = StandInGitHub()
    stand_in.commit(NAME, {"hubconf.py": "x = 1\n", "docs/a page.md": "words"})
    with serving(stand_in):
        yield stand_in


def asking(upstream: StandInGitHub, client: Client) -> GitHub:
    return GitHub(client, upstream.addresses)


def test_an_unchanged_revision_costs_one_request(upstream: StandInGitHub, new_client: NewClient) -> None:
    first = asking(upstream, new_client()).revision(NAME)
    client = new_client()
    second = asking(upstream, client).revision(NAME)
    assert first == second
    assert (client.counts.requests, client.counts.unchanged, client.counts.bytes) == (1, 1, 0)


def test_a_new_commit_is_another_revision(upstream: StandInGitHub, new_client: NewClient) -> None:
    first = asking(upstream, new_client()).revision(NAME)
    sha = upstream.commit(NAME, {"hubconf.py": "x = 2\n"})
    assert asking(upstream, new_client()).revision(NAME).sha == sha != first.sha


def test_a_branch_has_its_own_revision(upstream: StandInGitHub, client: Client) -> None:
    sha = upstream.commit(NAME, {"hubconf.py": "x = 3\n"}, ref="feature/hub")
    assert asking(upstream, client).revision(NAME, "feature/hub").sha == sha
    assert upstream.paths() == [f"/api/repos/{NAME}/commits/feature/hub"]


def test_a_rename_is_followed_and_told(upstream: StandInGitHub, client: Client) -> None:
    before = asking(upstream, client).about(NAME)
    upstream.rename(NAME, "others/zoo")
    found = asking(upstream, client).revision(NAME)
    assert found.moved
    assert asking(upstream, client).about(NAME) == About(before.number, "others/zoo")
    assert not asking(upstream, client).revision("others/zoo").moved


@pytest.mark.parametrize("ref", ["", "no-such-branch"])
def test_what_is_gone_is_gone(upstream: StandInGitHub, client: Client, ref: str) -> None:
    with pytest.raises(SourceGone):
        asking(upstream, client).revision(NAME if ref else "nobody/nothing", ref)


def test_a_repository_without_a_commit_has_nothing(upstream: StandInGitHub, client: Client) -> None:
    upstream.repos[NAME].commits.clear()
    with pytest.raises(SourceGone, match="no 'commit'"):
        asking(upstream, client).revision(NAME)


@pytest.mark.parametrize("name", ["..", "../x", "a/..", "a", "a/b/c", "-/", "<owner>/name", ".git/x"])
def test_a_name_that_no_repository_has_is_not_asked_for(
    upstream: StandInGitHub, client: Client, name: str
) -> None:
    github = asking(upstream, client)
    for ask in (github.revision, github.about):
        with pytest.raises(SourceError, match="owner/name"):
            ask(name)
    assert not upstream.seen


def test_how_many_requests_are_left_is_noted(upstream: StandInGitHub, client: Client) -> None:
    upstream.quota = 17
    github = asking(upstream, client)
    assert github.requests_left is None
    github.revision(NAME)
    assert github.requests_left == 16


def test_a_used_up_limit_says_when_it_ends(upstream: StandInGitHub, client: Client) -> None:
    upstream.quota = 0
    with pytest.raises(SourceTimeout, match="403 Forbidden"):
        asking(upstream, client).revision(NAME)


def test_a_limit_that_ends_soon_is_waited_for(upstream: StandInGitHub, new_client: NewClient) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}
    upstream.faults = [("/commits/", Fault(403, headers)), ("/commits/", Fault(429, {"Retry-After": "2"}))]
    client = new_client()
    asking(upstream, client).revision(NAME)
    assert client.counts.retries == 2
    assert client.counts.waited >= 2


def test_the_token_is_sent_to_the_api_alone(upstream: StandInGitHub, new_client: NewClient) -> None:
    right = {host_of(upstream.url): SecretStr(upstream.token)}
    assert asking(upstream, new_client(tokens=right)).revision(NAME)
    wrong = {host_of(upstream.url): SecretStr("gh_wrong")}
    with pytest.raises(SourceRefused, match="Bad credentials"):
        asking(upstream, new_client(tokens=wrong)).about(NAME)


def test_a_file_is_read_as_it_is_at_a_commit(upstream: StandInGitHub, client: Client) -> None:
    github = asking(upstream, client)
    old = github.revision(NAME).sha
    upstream.commit(NAME, {"hubconf.py": "x = 2\n"})
    assert github.file(NAME, old, "hubconf.py") == b"x = 1\n"
    assert github.file(NAME, old, "docs/a page.md") == b"words"
    with pytest.raises(SourceGone):
        github.file(NAME, old, "no.py")


def test_an_archive_is_fetched_whole_and_read_without_unpacking(
    upstream: StandInGitHub, client: Client, tmp_path: Path
) -> None:
    github = asking(upstream, client)
    sha = github.revision(NAME).sha
    upstream.faults = [("/archives/", Fault(cut=40)), ("/archives/", Fault(502))]
    github.archive(NAME, sha, tmp_path / "it.tar.gz")
    texts = read_texts(tmp_path / "it.tar.gz", lambda file: file.suffix == ".md").texts
    assert texts == {f"models-{sha}/docs/a page.md": "words"}
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == ["it.tar.gz"]


def test_links_and_paths_that_lead_out_of_an_archive_are_not_followed(
    upstream: StandInGitHub, client: Client, tmp_path: Path
) -> None:
    link = tarfile.TarInfo("top/link.md")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard = tarfile.TarInfo("top/hard.md")
    hard.type, hard.linkname = tarfile.LNKTYPE, "../../etc/passwd"
    body = archive_of({"top/a.md": b"words", "../out.md": b"out"}, members=[link, hard])
    upstream.faults = [("/archives/", Fault(200, body=body))]
    target = tmp_path / "folder" / "it.tar.gz"
    asking(upstream, client).archive(NAME, "0" * 40, target)
    assert read_texts(target, lambda _: True).texts == {"top/a.md": "words", "../out.md": "out"}
    assert not list(tmp_path.rglob("*.md"))


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_MEMBERS", 1), ("MAX_UNPACKED", 8)], ids=["members", "bytes"]
)
def test_an_archive_that_unpacks_to_too_much_is_thrown_away(  # noqa: PLR0917
    upstream: StandInGitHub,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
) -> None:
    monkeypatch.setattr(module, limit, value)
    github = asking(upstream, client)
    with pytest.raises(SourceError, match="thrown away"):
        github.archive(NAME, github.revision(NAME).sha, tmp_path / "it.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


@pytest.mark.parametrize("broken", [b"no archive", archive_of({"a.md": bytes(99_999)})[:-50]])
def test_a_broken_archive_leaves_the_one_before(
    upstream: StandInGitHub, client: Client, tmp_path: Path, broken: bytes
) -> None:
    target = tmp_path / "it.tar.gz"
    target.write_bytes(b"before")
    upstream.faults = [("/archives/", Fault(200, body=broken))]
    with pytest.raises(SourceError, match="can't be read"):
        asking(upstream, client).archive(NAME, "0" * 40, target)
    assert target.read_bytes() == b"before"


@pytest.mark.parametrize("told", [b"<html>", b"", b"0" * 39])
def test_what_is_no_commit_is_quoted(upstream: StandInGitHub, client: Client, told: bytes) -> None:
    upstream.faults = [("/commits/", Fault(200, body=told))]
    with pytest.raises(SourceError, match="expected 40 hex digits"):
        asking(upstream, client).revision(NAME)


@pytest.mark.parametrize(
    "told", [b"[]", b"{}", b'{"id": "7", "full_name": "a/b"}', b'{"id": 7, "full_name": "../x"}']
)
def test_what_is_no_repository_is_quoted(upstream: StandInGitHub, client: Client, told: bytes) -> None:
    upstream.faults = [(f"/repos/{NAME}", Fault(200, body=told))]
    with pytest.raises(SourceError, match="expected a whole number"):
        asking(upstream, client).about(NAME)


def test_the_present_archive_is_fetched_only_when_there_is_a_new_commit(
    upstream: StandInGitHub, new_client: NewClient, tmp_path: Path
) -> None:
    target = tmp_path / "it.tar.gz"
    first = asking(upstream, new_client()).present_archive(NAME, target)
    upstream.forget()
    assert asking(upstream, new_client()).present_archive(NAME, target) == first
    assert upstream.paths() == [f"/api/repos/{NAME}/commits/HEAD"]
    second = upstream.commit(NAME, {"docs/a page.md": "other words"})
    assert asking(upstream, new_client()).present_archive(NAME, target) == second
    assert list(read_texts(target, lambda file: file.suffix == ".md").texts.values()) == ["other words"]
