"""Repositories on GitHub: their present revision and name, single files and whole archives of a revision.

A revision that hasn't changed costs one conditional request. Archives are never unpacked: sources read them
as they are, so that no member of one can lie outside its folder.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from api_docs.errors import SourceError, SourceGone
from api_docs.files import translated, write_file
from api_docs.upstreams.client import Client, Reply

MAX_MEMBERS: Final = 200_000
MAX_UNPACKED: Final = 4 * 2**30
"""Members, and bytes of all of them, that an archive may have; more is no repository of docs or code."""

MAX_ARCHIVE: Final = 2**30
MAX_FILE: Final = 4 * 2**20

_NAME: Final = re.compile(r"(?!\.)[\w-][\w.-]*/(?!\.{1,2}$)[\w.-]+")
_NO_COMMIT: Final = frozenset({"409", "422"})
"""What GitHub answers where the repository is empty, and where it has no such branch or tag."""

_SHA: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where GitHub is: its API, single files, archives."""

    api: str = "https://api.github.com"
    raw: str = "https://raw.githubusercontent.com"
    archives: str = "https://codeload.github.com"


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit. `moved` says that the repository has another name by now."""

    sha: str
    moved: bool


@dataclass(frozen=True, slots=True)
class About:
    """What stays of a repository when it is renamed or given away, its number; and its present name."""

    number: int
    name: str


class GitHub:
    """Asks about repositories, `owner/name`. Everything raises `SourceError` as `Client.get` does."""

    requests_left: int | None
    """How many requests of the API are left in this hour, as far as it told."""

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses
        self.requests_left = None

    def revision(self, repository: str, ref: str = "") -> Revision:
        """The commit that a branch or tag stands at, the default branch unless one is named.

        Raises:
            SourceGone: when there is no such repository, or no such branch or tag in it.
        """
        address = f"{self._api(repository)}/commits/{quote(ref or 'HEAD', safe='')}"
        try:
            reply = self._asked(address, {"Accept": "application/vnd.github.sha"})
        except SourceError as exc:
            if exc.reason in _NO_COMMIT:
                raise SourceGone(f"{repository!r} has no {ref or 'commit'!r}: {exc}", exc.reason) from exc
            raise
        sha = reply.body.decode("ascii", "replace").strip()
        if not _SHA.fullmatch(sha):
            raise SourceError(
                f"the revision of {repository!r} reads {sha[:60]!r}; expected 40 hex digits. Check that "
                f"{self._addresses.api!r} is GitHub's API"
            )
        return Revision(sha, moved=bool(reply.moved))

    def about(self, repository: str) -> About:
        """A repository's number, and its name as its owner spells it, wherever it has moved to."""
        reply = self._asked(self._api(repository), {"Accept": "application/vnd.github+json"})
        told = reply.json()
        number, name = (told.get("id"), told.get("full_name")) if isinstance(told, dict) else (None, None)
        if not isinstance(number, int) or not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SourceError(
                f"GitHub says that {repository!r} has the number {number!r} and the name {name!r}; expected "
                f"a whole number and owner/name. Check that {self._addresses.api!r} is GitHub's API"
            )
        return About(number, name)

    def file(self, repository: str, sha: str, path: str) -> bytes:
        """One file as it is at a commit, of `MAX_FILE` bytes at most."""
        address = f"{self._addresses.raw}/{_checked(repository)}/{sha}/{quote(path)}"
        return self._client.get(address, most=MAX_FILE, keep=False).body

    def archive(self, repository: str, sha: str, target: Path) -> None:
        """The whole repository at a commit, as a `.tar.gz` that was read through once.

        Raises:
            StorageError: when the disk is full or read-only.
        """
        fetched = target.with_name(f".{target.name}.{sha[:12]}")
        address = f"{self._addresses.archives}/{_checked(repository)}/tar.gz/{sha}"
        self._client.download(address, fetched, most=MAX_ARCHIVE)
        try:
            _check_archive(fetched, repository)
            with translated(target):
                fetched.replace(target)
        finally:
            fetched.unlink(missing_ok=True)

    def present_archive(self, repository: str, target: Path) -> str:
        """Have the default branch's present archive at `target`; gives its commit.

        One request where it hasn't changed. Which commit lies there stands in a hidden file beside it.

        Raises:
            SourceError, StorageError: as `revision` and `archive` do.
        """
        sha = self.revision(repository).sha
        note = target.with_name(f".{target.name}.commit")
        if not target.is_file() or not note.is_file() or note.read_text(errors="replace") != sha:
            self.archive(repository, sha, target)
            write_file(note, sha.encode())
        return sha

    def _api(self, repository: str) -> str:
        return f"{self._addresses.api}/repos/{_checked(repository)}"

    def _asked(self, address: str, headers: dict[str, str]) -> Reply:
        reply = self._client.get(address, headers={**headers, "X-GitHub-Api-Version": "2022-11-28"})
        left = reply.headers.get("x-ratelimit-remaining", "")
        if left.isdigit():
            self.requests_left = int(left)
        return reply


def _checked(repository: str) -> str:
    """The name, if it can be one: pages that name repositories are foreign text."""
    if not _NAME.fullmatch(repository):
        raise SourceError(f"{repository!r} is no repository; expected owner/name. Its page is wrong")
    return repository


def _check_archive(path: Path, repository: str) -> None:
    """Read an archive through: it is whole, and not larger than what it claims to hold.

    Raises:
        SourceError: when it isn't.
    """
    members = size = 0
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                members += 1
                size += member.size
                if members > MAX_MEMBERS or size > MAX_UNPACKED:
                    raise SourceError(
                        f"the archive of {repository!r} has more than {members:,} members or {size:,} bytes; "
                        f"expected {MAX_MEMBERS:,} and {MAX_UNPACKED:,} at most. It was thrown away"
                    )
    except (OSError, EOFError, tarfile.TarError, zlib.error) as exc:
        raise SourceError(
            f"the archive of {repository!r} can't be read: {exc}. It was thrown away; run it again"
        ) from exc
