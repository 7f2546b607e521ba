"""Addresses of upstreams: how they are told, compared and followed. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx2

from api_docs.errors import SourceError

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Params = Mapping[str, str | int | float | bool | None]

_HOST: Final = re.compile(r"[\w.:-]+")
_MOST_HOPS: Final = 10
_SAME_METHOD: Final = frozenset({307, 308})


def host_of(url: str) -> str:
    """The key of an address among tokens: its host, with the port where the address names one."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def shown(url: str) -> str:
    """An address as it may be told: without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    return f"{parts.scheme}://{host_of(url)}{parts.path}" if parts.netloc else url.partition("?")[0]


def checked(url: str, params: Params | None = None) -> str:
    """The address, with further parameters in its query, if it can be asked.

    Raises:
        SourceError: when it is none of http or https.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.hostname or "")
        if known and (parts.port is None or parts.port):
            return str(httpx2.URL(url).copy_merge_params(dict(params))) if params else url
    except (ValueError, httpx2.InvalidURL):
        pass  # told below, without what may be secret in it
    raise SourceError(f"{shown(url)!r} is no address to ask; expected https://host/path. Check it for typos")


def redirected(method: str, url: str, location: str, status: int, hops: int) -> str:
    """Where a redirect leads, if it may be followed.

    Raises:
        SourceError: when it would make another kind of request, give up encryption, lead from the network to
            this machine, or is one too many.
    """
    try:
        target = checked(urljoin(url, location))
    except ValueError as exc:
        raise SourceError(
            f"{shown(url)} redirects to what is no address: {exc}. Ask its maintainers"
        ) from exc
    before, after = urlsplit(url), urlsplit(target)
    reason = ""
    if hops > _MOST_HOPS:
        reason = f"after {_MOST_HOPS} redirects before"
    elif method != "GET" and status not in _SAME_METHOD:
        reason = f"with status {status}, which would make another request of a {method}"
    elif (before.scheme, after.scheme) == ("https", "http"):
        reason = "which is not encrypted as it was"
    elif after.hostname in LOOPBACK and before.hostname not in LOOPBACK:
        reason = "which is this machine"
    if reason:
        raise SourceError(
            f"{shown(url)} redirects to {shown(target)!r}, {reason}. If it lives there now, give that address"
        )
    return target
