"""What is asked of the Hugging Face hub and how it answers: addresses, pages, models, cards.

The addresses and parameters are those of `huggingface_hub`'s own client, and a test holds them against it.
Its session is left alone: it is one for the whole process, it waits and tries again without a limit of time,
and its listings don't tell the cursor that an interrupted one would go on from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from huggingface_hub import hf_hub_url
from huggingface_hub.errors import HFValidationError

from api_docs.errors import ConfigurationError, SourceError, SourceGone, SourceRefused
from api_docs.upstreams.addresses import shown
from api_docs.upstreams.client import Client

DEFAULT_ENDPOINT: Final = "https://huggingface.co"

EXPANDED: Final = (
    "cardData",
    "config",
    "disabled",
    "downloads",
    "gated",
    "lastModified",
    "library_name",
    "likes",
    "model-index",
    "pipeline_tag",
    "private",
    "safetensors",
    "sha",
    "tags",
    "transformersInfo",
)
"""What the hub is asked to say of a model, beside `_id` and `id`: all that the source reads."""

_CONFIG: Final = ("architectures", "diffusers", "model_type")
"""What is kept of `config`, which may hold whole templates of chats."""

_NEXT: Final = re.compile(r'<([^<>]+)>\s*;[^,<]*\brel\s*=\s*"?next\b')
_NAME: Final = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
_REFUSALS: Final = {"RepoNotFound": "gone", "GatedRepo": "gated"}
"""What 401 and 403 mean by `X-Error-Code`: without a token, a model that isn't there is a 401."""

_DISABLED: Final = ("Access to this resource is disabled", "disabled")
_NO_CARD: Final = frozenset({"", "EntryNotFound"})
_MOST_OF_A_CARD: Final = 8 * 2**20  # bytes


def hub_endpoint(environ: Mapping[str, str] = os.environ) -> str:
    """The hub's address: `HF_ENDPOINT` as it is now, for a mirror of it, else the public one.

    Raises:
        ConfigurationError: when that is no address, or one with a password in it.
    """
    endpoint = environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(
            f"HF_ENDPOINT is {shown(endpoint)!r}; expected an address such as {DEFAULT_ENDPOINT!r}"
        )
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"HF_ENDPOINT {shown(endpoint)!r} carries a user or password; give the token in HF_TOKEN instead"
        )
    return endpoint


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, and the address of the next; empty where it is the last."""

    models: tuple[Any, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub says of a model: its record, or why there is none for us (`gone`, `gated`, `disabled`)."""

    body: Mapping[str, Any] | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class HubApi:
    """Asks one hub, by a polite client."""

    client: Client
    endpoint: str

    def listing(self, task: str, limit: int) -> str:
        """The address of the first page of a task's models, the most downloaded first, `limit` a page."""
        wanted = [("pipeline_tag", task), ("sort", "downloads"), ("limit", str(limit))]
        return f"{self.endpoint}/api/models?{urlencode([*wanted, *_EXPAND])}"

    def page(self, url: str) -> Page:
        """One page of models, each with what is of use; entries that are no models as they are.

        Raises:
            SourceError: when the hub doesn't answer with a list, or names a next page that is not its own.
        """
        # The figures of one night are not those of the next: neither are the cursors, nor would the tags be.
        reply = self.client.get(url, keep=False)
        entries = reply.json()
        if not isinstance(entries, list):
            raise SourceError(
                f"{shown(reply.url)} answered with a {type(entries).__name__}; expected a list of models. "
                "Check HF_ENDPOINT"
            )
        found = _NEXT.search(reply.headers.get("link", ""))
        models = tuple(slim(entry) if isinstance(entry, dict) else entry for entry in entries)
        return Page(models, self._own(urljoin(url, found[1])) if found else "")

    def model(self, name: str) -> Answer:
        """A model by any name that it has or had: the hub redirects from former ones.

        Raises:
            SourceError: when the hub can't say.
        """
        if not _NAME.fullmatch(name):
            return Answer(None, "gone")
        url = f"{self.endpoint}/api/models/{quote(name)}?{urlencode(_EXPAND)}"
        try:
            body = self.client.get(url).json()
        except SourceGone:
            return Answer(None, "gone")
        except SourceRefused as exc:
            why = _DISABLED[1] if _DISABLED[0] in str(exc) else _REFUSALS.get(exc.reason)
            if why is None:
                raise
            return Answer(None, why)
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise SourceError(f"{shown(url)} answered with no model; expected an object with an id")
        return Answer(slim(body))

    def card(self, name: str, revision: str, target: Path) -> bool:
        """Fetch the card of a model's revision; it is whole at `target`, or False says that there is none.

        Raises:
            SourceError: when the hub doesn't give it.
        """
        try:
            url = hf_hub_url(name, "README.md", revision=revision, endpoint=self.endpoint)
            self.client.download(url, target, most=_MOST_OF_A_CARD)
        except HFValidationError as exc:
            raise SourceError(f"{name!r} is no id of a model: {exc}") from exc
        except SourceGone as exc:
            if exc.reason not in _NO_CARD:
                raise
            return False
        return True

    def _own(self, url: str) -> str:
        """An address that the hub names, at the mirror where we ask one."""
        if url.startswith(f"{DEFAULT_ENDPOINT}/"):
            url = self.endpoint + url.removeprefix(DEFAULT_ENDPOINT)
        if not url.startswith(f"{self.endpoint}/"):
            raise SourceError(
                f"{self.endpoint} names {shown(url)!r} as its next page; expected one of its own. "
                "Check HF_ENDPOINT"
            )
        return url


def slim(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is of use of the hub's answer: it says more where it is asked for one model."""
    kept = {name: body[name] for name in ("_id", "id", "modelId", *EXPANDED) if name in body}
    if isinstance(config := kept.get("config"), Mapping):
        kept["config"] = {name: config[name] for name in _CONFIG if name in config}
    return kept


_EXPAND: Final = tuple(("expand", name) for name in EXPANDED)
