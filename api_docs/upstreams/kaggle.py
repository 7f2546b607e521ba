"""Kaggle Models, where TFHub's models live now: which of them there are.

Requests and answers are those of Kaggle's own SDK, `kagglesdk`. Its HTTP client is left aside: it has no
limit of time, reads credentials from files, and does not wait when told to. Ours takes its place, under the
one method that the SDK's services call. (The package `kaggle`, built on it, ends the process without
credentials.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api_docs.errors import SourceError, SourceGone, SourceRefused
from api_docs.upstreams.addresses import shown
from api_docs.upstreams.client import Client, Reply
from api_docs.upstreams.kaggle_handles import Variation

KAGGLE: Final = "https://api.kaggle.com"
"""Where the SDK expects its services."""

VARIABLE: Final = "KAGGLE_API_TOKEN"
_PAGE: Final = 100
_MOST_PAGES: Final = 1_000
_FRAMEWORKS: Final = frozenset({"MODEL_FRAMEWORK_TENSOR_FLOW_1", "MODEL_FRAMEWORK_TENSOR_FLOW_2"})
_PUBLIC: Final = {401: SourceRefused, 403: SourceRefused, 404: SourceGone}


class KaggleModels:
    """Kaggle's models by owner. Asks nothing without a token, which the client has for Kaggle's address."""

    def __init__(self, client: Client, address: str = KAGGLE) -> None:
        self._transport = _Transport(client, address)

    def variations(self, owner: str) -> list[Variation]:
        """All variations of an owner's models that TensorFlow loads; none of an owner that isn't there.

        Raises:
            SourceError: when Kaggle can't be asked, or answers what the SDK doesn't understand.
        """
        request = _sdk().types.ApiListModelsRequest()
        request.owner, request.page_size = owner, _PAGE
        models = (model for page in self._pages("list_models", request) for model in page.models)
        return [variation for model in models for variation in self._variations_of(model)]

    def has(self, name: str) -> bool:
        """Whether a variation, `owner/model/variation`, is there, be it listed or not.

        Raises:
            SourceError: as `variations` does.
        """
        request = _sdk().types.ApiGetModelRequest()
        request.owner_slug, request.model_slug = name.split("/")[:2]
        try:
            model = self._service().get_model(request)
        except SourceGone:
            return False
        return any(variation.name == name for variation in self._variations_of(model))

    def _variations_of(self, model: Any) -> Iterator[Variation]:
        """Those of one model; listings that leave them out are asked for them."""
        owner, _, slug = model.ref.partition("/")
        instances = list(model.instances)
        if not instances:
            request = _sdk().types.ApiListModelInstancesRequest()
            request.owner_slug, request.model_slug, request.page_size = owner, slug, _PAGE
            instances = [
                one for page in self._pages("list_model_instances", request) for one in page.instances
            ]
        for instance in instances:
            if instance.framework.name in _FRAMEWORKS:
                text = "\n".join((instance.overview, instance.usage, model.provenance_sources))
                yield Variation(f"{owner}/{slug}/{instance.slug}", instance.version_number, text)

    def _pages(self, method: str, request: Any) -> Iterator[Any]:
        """The pages of a listing; none of what isn't there."""
        service = self._service()
        for _ in range(_MOST_PAGES):
            try:
                page = getattr(service, method)(request)
            except SourceGone:
                return
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
        raise SourceError(
            f"Kaggle's {method} has more than {_MOST_PAGES} pages; expected fewer. It may go in circles"
        )

    def _service(self) -> Any:
        return _sdk().service(self._transport)


@dataclass(frozen=True, slots=True)
class _Transport:
    """What the SDK's services call: sends a request of theirs, gives the answer as one of their types."""

    client: Client
    address: str

    def call(self, service: str, name: str, request: Any, response_type: Any) -> Any:
        """POST one request; Kaggle's reading requests may be repeated.

        Raises:
            SourceError: when there is no token, or the answer is none.
        """
        if not self.client.has_token(self.address):
            raise SourceRefused(
                f"{shown(self.address)} wants to know who asks. Set {VARIABLE} to a token of yours"
            )
        url = f"{self.address}/v1/{service}/{name}"
        reply = self.client.post_json(url, type(request).to_dict(request), idempotent=True)
        _raise_for_code(reply)
        try:
            return response_type.from_json(reply.body.decode())
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise SourceError(
                f"{shown(url)} answered what kagglesdk doesn't understand: {type(exc).__name__}: {exc}. A "
                "newer one may: pip install --upgrade kagglesdk"
            ) from exc


def _raise_for_code(reply: Reply) -> None:
    """Kaggle says some refusals in the body of a success."""
    told = reply.json()
    if not isinstance(told, dict):
        raise SourceError(
            f"{shown(reply.url)} answered {reply.body[:80]!r}; expected an object. Check CALLSMITH_KAGGLE"
        )
    code = told.get("code")
    if isinstance(code, int) and code >= 400:
        kind = _PUBLIC.get(code, SourceError)
        raise kind(f"{shown(reply.url)} refused with {code}: {str(told.get('message'))[:200]!r}", str(code))


@dataclass(frozen=True, slots=True)
class _Sdk:
    """The parts of the SDK that are used."""

    service: Any
    types: Any


def _sdk() -> _Sdk:
    """The SDK, which is big and only for this.

    Raises:
        SourceError: when it isn't installed.
    """
    try:
        from kagglesdk.models.services import model_api_service as services  # noqa: PLC0415
        from kagglesdk.models.types import model_api_service as types  # noqa: PLC0415
    except ImportError as exc:
        raise SourceError(f"Kaggle's SDK is not installed ({exc}). pip install 'callsmith[refresh]'") from exc
    return _Sdk(services.ModelApiClient, types)
