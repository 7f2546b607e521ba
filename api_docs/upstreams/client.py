"""A polite HTTP client for upstreams: says who asks, asks only for what changed, waits when told to.

One per upstream and run, within a time limit. Knows HTTP and nothing of any upstream; every failure is a
`SourceError`. Tokens go to the host that they belong to and nowhere else, and no address is shown with its
query or its user.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib.metadata import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, Self, TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from api_docs.errors import SourceError, SourceGone, SourceRefused, SourceTimeout
from api_docs.files import sha256_of, translated
from api_docs.upstreams.addresses import LOOPBACK, Params, checked, host_of, redirected, shown
from api_docs.upstreams.http_cache import HttpCache, Kept
from api_docs.upstreams.partial import PartialFile
from api_docs.upstreams.waits import is_limit, own_wait, told_wait

MAX_BODY: Final = 32 * 2**20
MAX_DOWNLOAD: Final = 2**31
"""Bytes that an answer, and a file, may have unless a caller says otherwise."""

TOKEN_VARIABLES: Final[Mapping[str, str]] = {
    "api.github.com": "GITHUB_TOKEN",
    "codeload.github.com": "GITHUB_TOKEN",
    "raw.githubusercontent.com": "GITHUB_TOKEN",
    "huggingface.co": "HF_TOKEN",
    "api.kaggle.com": "KAGGLE_API_TOKEN",
}
"""By host, the environment variable that a person keeps its token in."""

_CONNECT: Final = 10.0
_SILENCE: Final = 30.0
"""Seconds that a connection, and each part of an answer, may take."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410, 451})
_PASSING: Final = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses that may be another in a moment."""

_PERSONAL: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_BEGINNING: Final = 2_000
"""Bytes of a refusal that are read for what it says."""

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Counts:
    """What was asked so far.

    Requests sent, answers "unchanged", tries after the first, bytes that came over the line, seconds waited
    between tries.
    """

    requests: int = 0
    unchanged: int = 0
    retries: int = 0
    bytes: int = 0
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer. `url` is where it came from in the end, `moved` the addresses that led there.

    `headers` are found in any case of letters. `unchanged` says that the body is what was read before; of a
    download the body is empty.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    unchanged: bool = False
    moved: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            SourceError: when it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as exc:
            raise SourceError(
                f"{shown(self.url)} answered with {self.body[:80]!r}, which is no JSON: {exc}. "
                "Check that the address is the one of an API"
            ) from exc


class Client:
    """One per upstream and run, for one thread.

    `cache` is a folder that outlasts the run. `seconds` is the time limit of all requests together. `tokens`
    are bearer tokens by host (`host`, or `host:port` where the address names one, see `host_of`); they are
    sent over https, or to loopback. `variables` names by host the environment variable of a token, for
    messages. A request is tried `retries` times more where that may help. `sleep` and `now` are for tests.
    """

    counts: Counts

    def __init__(  # noqa: PLR0913 - by name, and all but the first have a default
        self,
        cache: Path,
        *,
        seconds: float = 900.0,
        tokens: Mapping[str, SecretStr] | None = None,
        variables: Mapping[str, str] | None = None,
        retries: int = 4,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = Counts()
        self._cache = HttpCache(cache)
        self._tokens = {host.lower(): token for host, token in (tokens or {}).items()}
        self._variables = {**TOKEN_VARIABLES, **(variables or {})}
        self._retries = retries
        self._sleep = sleep
        self._now = now
        self._end = now() + seconds
        self._http = httpx2.Client(headers={"User-Agent": user_agent()}, transport=transport)
        self._cache.tidy()

    @property
    def remaining(self) -> float:
        """Seconds of the time limit that are left, not below 0."""
        return max(0.0, self._end - self._now())

    def has_token(self, url: str) -> bool:
        """Whether a token would be sent to this address."""
        return self._token_for(url) is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        most: int = MAX_BODY,
        keep: bool = True,
    ) -> Reply:
        """Ask for something; what was read before and is unchanged comes from the cache.

        Without `keep` the answer is not kept: for addresses that nobody asks for twice, as cursors are.

        Raises:
            SourceTimeout: when the time is over, or the upstream asks to wait longer than that.
            SourceRefused: 401, or 403 that is no limit of requests.
            SourceGone: 404, 410, and 451, which laws made of them.
            SourceError: anything else, an answer of more than `most` bytes among them.
        """
        wanted = dict(headers or {})
        address = checked(url, params)
        return self._retried(address, lambda: self._get(address, wanted, most, keep), repeatable=True)

    def post_json(
        self,
        url: str,
        body: Any,
        *,
        headers: Mapping[str, str] | None = None,
        most: int = MAX_BODY,
        idempotent: bool = False,
    ) -> Reply:
        """Send JSON. What may have been done already is not tried again, unless it is `idempotent`.

        Raises:
            SourceError: as `get` does.
        """
        address, sent = checked(url), json.dumps(body).encode()
        wanted = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}

        def once() -> Reply:
            with self._answered("POST", address, wanted, sent) as (response, moved):
                return Reply(
                    str(response.url),
                    response.status_code,
                    response.headers,
                    self._body(response, most),
                    moved=moved,
                )

        return self._retried(address, once, repeatable=idempotent)

    def download(
        self, url: str, target: Path, *, sha256: str | None = None, most: int = MAX_DOWNLOAD
    ) -> Reply:
        """Fetch a file; it is whole at `target`, or not there. What came of it before goes on from there.

        A file that has the given checksum already is not fetched. Until it is whole, hidden files of its name
        lie beside the target.

        Raises:
            SourceError: as `get` does, and where the checksum is another.
            StorageError: when the disk is full or read-only.
        """
        if sha256 is not None and target.is_file() and sha256_of(target) == sha256:
            return Reply(url, 200, {}, b"", unchanged=True)
        checked(url)
        with translated(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        return self._retried(url, lambda: self._download(url, target, sha256, most), repeatable=True)

    def _get(self, url: str, headers: Mapping[str, str], most: int, keep: bool) -> Reply:
        conditions = _Conditions(self._cache, headers)
        with self._answered("GET", url, headers, conditions=conditions) as (response, moved):
            final = str(response.url)
            if response.status_code == HTTPStatus.NOT_MODIFIED and conditions.kept is not None:
                self.counts.unchanged += 1
                self._cache.used(final, headers)
                told = httpx2.Headers({**conditions.kept.headers, **response.headers})
                return Reply(final, 200, told, conditions.kept.body, unchanged=True, moved=moved)
            body = self._body(response, most)
            if keep and response.status_code == HTTPStatus.OK:
                self._cache.keep(final, headers, response.headers, body)
            return Reply(final, response.status_code, response.headers, body, moved=moved)

    def _download(self, url: str, target: Path, sha256: str | None, most: int) -> Reply:
        part = PartialFile(target)
        begun, validator = part.state(url)
        headers = {"Accept-Encoding": "identity"}
        if begun:
            headers |= {"Range": f"bytes={begun}-", "If-Range": validator}
        with self._answered("GET", url, headers, expected=416) as (response, moved):
            resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
            misfit = resumed and not response.headers.get("content-range", "").startswith(f"bytes {begun}-")
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or misfit:
                part.drop()
                raise _Again("what lies here is not the beginning of what is there now")
            if not resumed:
                begun = 0
                part.begin(url, response.headers)
            with translated(target), part.path.open("ab" if resumed else "wb") as file:
                for chunk in self._chunks(response, most - begun):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        if sha256 is not None and (found := sha256_of(part.path)) != sha256:
            part.drop()
            if resumed:  # perhaps two files that say they are one: once more, from the beginning
                raise _Again(f"SHA-256 {found}")
            raise SourceError(
                f"{shown(url)} has SHA-256 {found}; expected {sha256}. Nothing of it was kept: run it again, "
                "and if it stays so, trust neither"
            )
        with translated(target):
            part.finish()
        return Reply(str(response.url), 200, response.headers, b"", moved=moved)

    @contextlib.contextmanager
    def _answered(  # noqa: PLR0913 - what makes a request, and what is no failure
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        conditions: _Conditions | None = None,
        expected: int | None = None,
    ) -> Iterator[tuple[httpx2.Response, tuple[str, ...]]]:
        """The last answer of a chain of redirects, its body not yet read, and the addresses before it.

        A status that is no success, and not `expected`, is raised.
        """
        moved: list[str] = []
        wanted = dict(headers)
        while True:
            response = self._sent(
                method, url, {**wanted, **(conditions.of(url) if conditions else {})}, content
            )
            try:
                location = response.headers.get("location")
                if response.status_code in _REDIRECTS and location:
                    moved.append(url)
                    target = redirected(method, url, location, response.status_code, len(moved))
                    if host_of(target) != host_of(url):
                        wanted = {
                            name: value for name, value in wanted.items() if name.lower() not in _PERSONAL
                        }
                    url = target
                    continue
                unchanged = conditions is not None and conditions.kept is not None
                if response.status_code != expected and not (unchanged and response.status_code == 304):
                    self._judge(response)
                yield response, tuple(moved)
            finally:
                response.close()
            return

    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> httpx2.Response:
        """One exchange, up to the answer's headers."""
        left = self._time_left(url)
        token = self._token_for(url)
        authorization = {} if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}
        timeout = httpx2.Timeout(min(_SILENCE, left), connect=min(_CONNECT, left))
        try:
            request = self._http.build_request(
                method, url, headers={**headers, **authorization}, content=content, timeout=timeout
            )
            self.counts.requests += 1
            return self._http.send(request, stream=True)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as exc:
            raise SourceError(
                f"{shown(url)!r} can't be asked: {exc}; expected an http or https address. Check it for typos"
            ) from exc
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as exc:
            raise _Again(_said(exc), nothing_done=True) from exc
        except httpx2.TransportError as exc:
            raise _Again(_said(exc)) from exc

    def _judge(self, response: httpx2.Response) -> None:
        """Let a success pass, and raise what everything else is.

        Raises:
            _Again: when it may be another in a moment.
            SourceError: when it stays so.
        """
        status = response.status_code
        if response.is_success:
            return
        body = self._beginning(response)
        limit = is_limit(status, response.headers, body)
        if limit or status in _PASSING:
            wait = told_wait(status, response.headers, body)
            raise _Again(_phrase(status), seconds=wait, nothing_done=limit)
        where = f"{shown(str(response.url))} answered {_phrase(status)}{self._stated(response, body)}"
        reason = response.headers.get("x-error-code", "") or str(status)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise SourceRefused(f"{where}. {self._token_advice(str(response.url))}", reason)
        if status in _GONE:
            raise SourceGone(f"{where}: it is not there, or not for everybody. Check the address", reason)
        raise SourceError(f"{where}; expected a success. Check the address", reason)

    def _retried(self, url: str, once: Callable[[], _Result], *, repeatable: bool) -> _Result:
        """The result of the first try that works."""
        for tried in itertools.count():
            try:
                return once()
            except _Again as again:
                if tried >= self._retries or not (repeatable or again.nothing_done):
                    times = "once" if tried == 0 else f"{tried + 1} times"
                    raise SourceError(
                        f"{shown(url)} was asked {times}, the last time with: {again}. Run it again later"
                    ) from again.__cause__
                self._wait(url, again, tried)
                self.counts.retries += 1
        raise AssertionError("unreachable")

    def _wait(self, url: str, again: _Again, tried: int) -> None:
        """Wait as long as the upstream says, and a moment more; else as long as is usual."""
        seconds = own_wait(tried) if again.seconds is None else again.seconds + own_wait(0)
        if seconds >= self.remaining:
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            host = host_of(url)
            higher = f" Set {self._variables[host]}, which allows more." if self._token_missing(host) else ""
            raise SourceTimeout(
                f"{shown(url)} gave {again} and is to be asked again in {seconds:.0f} seconds, at "
                f"{at:%H:%M:%S} UTC; {self.remaining:.0f} seconds are left for this source.{higher} Run it "
                "again then, or raise CALLSMITH_REFRESH_SECONDS"
            ) from again.__cause__
        self._sleep(seconds)
        self.counts.waited += seconds

    def _body(self, response: httpx2.Response, most: int) -> bytes:
        return b"".join(self._chunks(response, most))

    def _chunks(self, response: httpx2.Response, most: int) -> Generator[bytes, None, None]:
        """The decoded body in parts, of `most` bytes at most, as long as there is time."""
        url = str(response.url)
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > most:
            _too_large(url, int(declared), most)
        size = 0
        try:
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > most:
                    _too_large(url, size, most)
                self._time_left(url)
                yield chunk
        except (httpx2.TransportError, httpx2.DecodingError) as exc:
            raise _Again(_said(exc)) from exc
        finally:
            self.counts.bytes += response.num_bytes_downloaded

    def _beginning(self, response: httpx2.Response) -> bytes:
        """The first bytes of a refusal; what is broken of it doesn't matter."""
        found = b""
        with (
            contextlib.suppress(_Again),
            contextlib.closing(self._chunks(response, sys.maxsize)) as chunks,
        ):
            for chunk in chunks:
                found += chunk
                if len(found) >= _BEGINNING:
                    break
        return found[:_BEGINNING]

    def _time_left(self, url: str) -> float:
        if (left := self.remaining) > 0:
            return left
        raise SourceTimeout(
            f"the time of this source was over when {shown(url)} was to be read. What came so far is kept, "
            "and the next run goes on from it; raise CALLSMITH_REFRESH_SECONDS to give it longer"
        )

    def _token_for(self, url: str) -> SecretStr | None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            return None
        return self._tokens.get(host_of(url))

    def _token_missing(self, host: str) -> bool:
        return host not in self._tokens and host in self._variables

    def _token_advice(self, url: str) -> str:
        host = host_of(url)
        variable = self._variables.get(host, "its environment variable")
        if host not in self._tokens:
            return f"Set {variable} to a token that may read it"
        if self._token_for(url) is None:
            return f"Its token, in {variable}, is sent over https only: give an https address"
        return f"Check that the token in {variable} is valid and may read it"

    def _stated(self, response: httpx2.Response, body: bytes) -> str:
        """What the upstream says of its refusal, in brackets, without any token that it repeats."""
        text = response.headers.get("x-error-message", "")
        if not text:
            with contextlib.suppress(ValueError, RecursionError):
                told = json.loads(body)
                text = str(told.get("message") or told.get("error") or "") if isinstance(told, dict) else ""
        for token in self._tokens.values():
            text = text.replace(token.get_secret_value(), "…")
        return f" ({text[:200]!r})" if text else ""


class _Again(Exception):
    """A try that failed and may be repeated, after `seconds` where the upstream says so.

    `nothing_done` says that the upstream did nothing of what was asked.
    """

    def __init__(self, reason: str, *, seconds: float | None = None, nothing_done: bool = False) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.nothing_done = nothing_done


@dataclass(slots=True)
class _Conditions:
    """What each address of a chain was answered with before; `kept` belongs to the last one asked for."""

    cache: HttpCache
    headers: Mapping[str, str]
    kept: Kept | None = field(default=None, init=False)

    def of(self, url: str) -> dict[str, str]:
        """The headers that ask only for what is new."""
        self.kept = self.cache.find(url, self.headers)
        return {} if self.kept is None else self.kept.conditions()


def user_agent() -> str:
    """Who asks: the product, its version, and where it lives if its package says so."""
    package = metadata("callsmith")
    homes = dict(entry.split(", ", 1) for entry in package.get_all("Project-URL") or [] if ", " in entry)
    home = f" (+{homes['Repository']})" if "Repository" in homes else ""
    return f"callsmith/{package['Version']}{home}"


def _too_large(url: str, size: int, most: int) -> NoReturn:
    raise SourceError(
        f"{shown(url)} has {size:,} bytes or more; at most {most:,} are read. Check that it is what you mean"
    )


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _said(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
