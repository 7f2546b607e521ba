"""The upstreams of a refresh as settings and environment name them, and where their tokens may go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime

from pydantic import SecretStr

from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.base import Upstream
from api_docs.upstreams.github import Addresses
from api_docs.upstreams.hf_api import hub_endpoint
from api_docs.upstreams.huggingface import HuggingFaceHub
from api_docs.upstreams.own import own_upstreams
from api_docs.upstreams.tfhub import TFHub
from api_docs.upstreams.torchhub import TorchHub
from service.settings import Settings


def default_upstreams(
    settings: Settings, today: date | None = None, known: Collection[str] = ()
) -> list[Upstream]:
    """The three hubs, then people's own.

    `today` is the day of the run, the present one in UTC where it is None; `known` are the models of Hugging
    Face in the catalogue that there is.

    Raises:
        ConfigurationError: when an address, or the file with people's own hubs, is wrong.
    """
    day = today or datetime.now(UTC).date()
    github = Addresses(settings.github_api, settings.github_raw, settings.github_archives)
    return [
        TorchHub(github=github, index=settings.pypi, today=day),
        TFHub(github=github, kaggle=settings.kaggle, today=day),
        HuggingFaceHub(today=day, most=settings.hf_models, known=known),
        *own_upstreams(settings.hubs_file),
    ]


def token_variables(settings: Settings) -> dict[str, str]:
    """By host, the environment variable with the token that may be sent there."""
    github = (settings.github_api, settings.github_raw, settings.github_archives)
    found = {host_of(address): "GITHUB_TOKEN" for address in github}
    found[host_of(hub_endpoint())] = "HF_TOKEN"
    found[host_of(settings.kaggle)] = "KAGGLE_API_TOKEN"
    return found


def tokens_in(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, SecretStr]:
    """By host, the tokens that there are."""
    found = {host: environment.get(name, "").strip() for host, name in variables.items()}
    return {host: SecretStr(token) for host, token in found.items() if token}
