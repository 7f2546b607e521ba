"""What can be set: one frozen object, read from `CALLSMITH_*` variables and checked before anything starts.

Knows names, limits and defaults. Opens no port, no connection, and no file but that of the engine's key.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api_docs.errors import ConfigurationError
from retriever.hits import Quality

PREFIX = "CALLSMITH_"
RUN_FOLDER = "CALLSMITH_RUN_FOLDER"
NOT_SETTINGS = frozenset({"CALLSMITH_DATA", "CALLSMITH_ENGINE_PYTHON", RUN_FOLDER})
"""Variables with our prefix that aren't settings: other people's data, for tests and measurements; the
folder that the supervising process makes for its workers."""


class OnUnverified(StrEnum):
    """What becomes of a model's call that is not in the catalogue."""

    REFUSE = "refuse"
    REPAIR = "repair"


class LogLevel(StrEnum):
    """The least severe messages that are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """Every setting of Callsmith; the variable is `CALLSMITH_` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    host: Annotated[str, Field(description="Address to listen on; `0.0.0.0` listens on all of them.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Field(ge=1, le=65_535, description="Port to listen on.")] = 8000
    workers: Annotated[int, Field(ge=1, le=64, description="Worker processes that share the port.")] = 1
    keys: Annotated[
        Path | None,
        Field(
            description="File with the keys that callers need, made by `callsmith keys add`; none when unset."
        ),
    ] = None
    allow_anonymous: Annotated[
        bool, Field(description="Whether a service that others can reach may start without keys.")
    ] = False
    var: Annotated[Path, Field(description="Folder for what Callsmith writes: indexes and catalogues.")] = (
        Path("var")
    )
    catalogue: Annotated[
        Path | None,
        Field(
            description="Catalogue folder to serve; when unset, what `callsmith docs publish` published, or "
            "the shipped snapshot."
        ),
    ] = None
    watch_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=3_600,
            allow_inf_nan=False,
            description="How often a worker looks whether another catalogue is to be served; 0: never.",
        ),
    ] = 5.0
    refresh_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=86_400,
            allow_inf_nan=False,
            description="Seconds that one source may take in a refresh; later it keeps its previous docs.",
        ),
    ] = 900.0
    keep_versions: Annotated[
        int,
        Field(
            ge=1,
            le=1_000,
            description="Published versions to keep for `callsmith docs rollback`, the served one included.",
        ),
    ] = 7
    hubs: Annotated[
        Path | None,
        Field(description="File with hubs of your own; `hubs.toml` in CALLSMITH_VAR when unset."),
    ] = None
    hf_models: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Models of Hugging Face that a refresh lists, the most downloaded of each task.",
        ),
    ] = 2_000
    github_api: Annotated[str, Field(description="GitHub's API; `HF_ENDPOINT` is that of Hugging Face.")] = (
        "https://api.github.com"
    )
    github_raw: Annotated[str, Field(description="Where GitHub has single files.")] = (
        "https://raw.githubusercontent.com"
    )
    github_archives: Annotated[str, Field(description="Where GitHub has whole repositories as archives.")] = (
        "https://codeload.github.com"
    )
    pypi: Annotated[
        str, Field(description="Where torchvision's wheels are listed: an index or a mirror of it.")
    ] = "https://pypi.org"
    kaggle: Annotated[str, Field(description="Kaggle, where TFHub's models are now.")] = (
        "https://api.kaggle.com"
    )
    embedding_model: Annotated[
        str,
        Field(min_length=1, max_length=400, description="sentence-transformers model: name or folder."),
    ] = "sentence-transformers/all-MiniLM-L6-v2"
    embedding_backend: Annotated[
        Literal["onnx", "torch"],
        Field(
            description="What encodes instructions: ONNX Runtime, twice as fast on CPUs; torch, also on GPUs."
        ),
    ] = "onnx"
    embedding_threads: Annotated[
        int,
        Field(
            ge=0,
            le=256,
            description="Cores that one encoding may use; 0: each worker's share of all, 4 at most.",
        ),
    ] = 0
    retriever_matrix: Annotated[
        Path | None,
        Field(
            description="Matrix that turns instructions' vectors before docs are compared with them, made by "
            "`callsmith finetune retriever --method matrix`; none when unset."
        ),
    ] = None
    bm25: Annotated[
        Literal["bm25s", "rank-bm25"],
        Field(description="BM25 implementation; `rank-bm25` is the published baseline, and slow."),
    ] = "bm25s"
    faiss_device: Annotated[
        Literal["cpu", "gpu"],
        Field(
            description="Where vectors are compared: `gpu` puts them on every GPU; needs the extra gpu "
            "(faiss-gpu-cu12)."
        ),
    ] = "cpu"
    quality: Annotated[
        Quality,
        Field(
            description="How `hybrid` ranks where a request doesn't say: `fast` by words alone, `balanced`, "
            "or `best`, with all weight on domains, however few there are."
        ),
    ] = Quality.BALANCED
    judge: Annotated[
        Path | None,
        Field(
            description="What was learnt of instructions, made by `callsmith finetune judge`: which domain "
            "they mean, whether anything serves them. When unset the one that ships, for the default "
            "embedding model."
        ),
    ] = None
    no_match_threshold: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            allow_inf_nan=False,
            description="Probability of being served at all below which an instruction gets `no_match`; "
            "0 refuses nothing.",
        ),
    ] = 0.25
    on_unverified: Annotated[
        OnUnverified,
        Field(description="A model's call that fails verification: `refuse`, or `repair` to the nearest."),
    ] = OnUnverified.REFUSE
    prompt_style: Annotated[
        Literal["gorilla", "callsmith", "compact", "chat"],
        Field(
            description="Prompt style for the engine: `gorilla` for the published weights, `callsmith` (docs "
            "first) for models of our own, `compact` for small ones, `chat` for models with a chat template."
        ),
    ] = "gorilla"
    engine_url: Annotated[
        str | None,
        Field(description="OpenAI-compatible endpoint, such as `http://127.0.0.1:8001/v1`; none when unset."),
    ] = None
    engine_model: Annotated[
        str | None,
        Field(max_length=400, description="The engine's model; its first one when unset."),
    ] = None
    engine_key: Annotated[
        SecretStr | None, Field(description="The engine's API key. Never logged, never shown.")
    ] = None
    engine_key_file: Annotated[
        Path | None,
        Field(description="File that holds the engine's API key, such as a secret; an empty file is no key."),
    ] = None
    engine_timeout: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            allow_inf_nan=False,
            description="Seconds that a request may take until the engine is done with it, waiting for "
            "anything included.",
        ),
    ] = 30.0
    engine_retries: Annotated[
        int, Field(ge=0, le=10, description="How often a failed request to the engine is tried again.")
    ] = 2
    engine_concurrency: Annotated[
        int,
        Field(
            ge=1, le=10_000, description="Requests that the engine gets at once; workers share them evenly."
        ),
    ] = 32
    engine_failures: Annotated[
        int,
        Field(
            ge=1,
            le=1_000,
            description="Failures in a row after which the engine is left alone until it answers a probe.",
        ),
    ] = 5
    engine_probe_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=3_600,
            allow_inf_nan=False,
            description="Seconds between two looks at an engine that nobody asks.",
        ),
    ] = 10.0
    engine_context: Annotated[
        int, Field(ge=256, le=2_000_000, description="Tokens that prompt and answer may have together.")
    ] = 2_048
    constrained: Annotated[
        bool, Field(description="Whether the engine may only write calls that the retrieved docs allow.")
    ] = True
    threads: Annotated[
        int, Field(ge=1, le=256, description="Requests that one worker computes at once; more of them wait.")
    ] = 40
    max_in_flight: Annotated[
        int | None,
        Field(
            ge=1,
            le=10_000,
            description="Requests held at once over all workers, waiting included; more get 429. Unset: 96 a "
            "worker, and as many as the engine gets at once.",
        ),
    ] = None
    max_body: Annotated[
        int, Field(ge=1_024, le=16 * 2**20, description="Largest request body in bytes; more gets a 413.")
    ] = 64 * 2**10
    shutdown_timeout: Annotated[
        int, Field(ge=1, le=3_600, description="Seconds that requests in flight get to finish after SIGTERM.")
    ] = 30
    log_level: Annotated[LogLevel, Field(description="Least severe messages to log.")] = LogLevel.INFO
    log_format: Annotated[
        Literal["auto", "json", "plain"],
        Field(
            description="Log lines: `plain` on a terminal and JSON elsewhere (`auto`), or always one of them."
        ),
    ] = "auto"
    log_instructions: Annotated[
        bool,
        Field(description="Whether the log says what was asked. People's words: off unless you need them."),
    ] = False
    report: Annotated[
        Path | None,
        Field(
            description="Folder of the evaluation report that the page's Status and `GET /report` show, made "
            "by `callsmith evaluate report`; the one that ships when unset."
        ),
    ] = None
    otlp_endpoint: Annotated[
        str | None,
        Field(
            description="OpenTelemetry collector for traces, such as `http://127.0.0.1:4318`; needs the "
            "extra `telemetry`. No traces when unset."
        ),
    ] = None

    @field_validator("host")
    @classmethod
    def _host_is_a_name_or_address(cls, host: str) -> str:
        bare = host.strip("[]")
        parts = bare.rstrip(".").split(".")
        if not _is_ipv6(bare) and not all(part and part.replace("-", "").isalnum() for part in parts):
            raise ValueError("expected an address or a host name, without scheme and port")
        return bare

    @field_validator("engine_url")
    @classmethod
    def _engine_url_is_plain(cls, url: str | None) -> str | None:
        return None if url is None else _plain_url(url, "/v1", "CALLSMITH_ENGINE_KEY")

    @field_validator("otlp_endpoint")
    @classmethod
    def _otlp_endpoint_is_plain(cls, url: str | None) -> str | None:
        return None if url is None else _plain_url(url, "", "OTEL_EXPORTER_OTLP_HEADERS")

    @field_validator("github_api", "github_raw", "github_archives", "pypi", "kaggle")
    @classmethod
    def _upstreams_are_plain(cls, url: str) -> str:
        return _plain_url(url, "", "the upstream's token")

    @field_validator("hubs")
    @classmethod
    def _hubs_have_an_absolute_path(cls, hubs: Path | None) -> Path | None:
        return None if hubs is None else hubs.expanduser().absolute()

    @field_validator("var")
    @classmethod
    def _var_is_a_folder_of_our_own(cls, var: Path) -> Path:
        resolved = var.expanduser().absolute()
        if resolved in (Path(resolved.anchor), Path.home()):
            raise ValueError("expected a folder of its own, such as 'var'")
        if resolved.exists() and not resolved.is_dir():
            raise ValueError("there is a file in that place; name a folder")
        return resolved

    @field_validator("keys")
    @classmethod
    def _keys_have_an_absolute_path(cls, keys: Path | None) -> Path | None:
        return None if keys is None else keys.expanduser().absolute()

    @field_validator("report")
    @classmethod
    def _report_has_an_absolute_path(cls, report: Path | None) -> Path | None:
        return None if report is None else report.expanduser().absolute()

    @field_validator("retriever_matrix")
    @classmethod
    def _retriever_matrix_is_a_file(cls, path: Path | None) -> Path | None:
        return _file_in(path, "matrix.safetensors", "callsmith finetune retriever --method matrix")

    @field_validator("judge")
    @classmethod
    def _judge_is_a_file(cls, path: Path | None) -> Path | None:
        return _file_in(path, "judge.safetensors", "callsmith finetune judge")

    @field_validator("catalogue")
    @classmethod
    def _catalogue_is_a_folder(cls, catalogue: Path | None) -> Path | None:
        if catalogue is None:
            return None
        resolved = catalogue.expanduser().absolute()
        if not resolved.is_dir():
            raise ValueError("no such folder; write one with `callsmith docs import` or `docs build`")
        return resolved

    @model_validator(mode="before")
    @classmethod
    def _engine_key_is_read_from_its_file(cls, given: dict[str, Any]) -> dict[str, Any]:
        """So that a file that can't be read is told before anything starts. A key that is set wins."""
        file = given.get("engine_key_file")
        if not file or given.get("engine_key"):
            return given
        try:
            key = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
            raise ValueError(
                f"CALLSMITH_ENGINE_KEY_FILE is {str(file)!r}, which can't be read: {reason}; name the file "
                "that holds the key, and let this user read it"
            ) from exc
        return {**given, "engine_key": key} if key else given

    @model_validator(mode="after")
    def _engine_settings_have_an_engine(self) -> Self:
        if self.engine_url is None and (self.engine_key is not None or self.engine_model is not None):
            name = "CALLSMITH_ENGINE_KEY" if self.engine_key is not None else "CALLSMITH_ENGINE_MODEL"
            raise ValueError(f"{name} is set, but CALLSMITH_ENGINE_URL is not; set the URL, or unset {name}")
        return self

    @property
    def hubs_file(self) -> Path:
        """The file with people's own hubs, whether it is there or not."""
        return self.hubs or self.var / "hubs.toml"

    @property
    def requests_held(self) -> int:
        """How many requests are held at once over all workers."""
        if self.max_in_flight is not None:
            return self.max_in_flight
        return 96 * self.workers + (self.engine_concurrency if self.engine_url is not None else 0)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the service; a name other than localhost may lead anywhere."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.rstrip(".").lower() == "localhost"

    def check_access(self) -> None:
        """Refuse to serve whoever can reach this machine, unless that is said on purpose.

        Raises:
            ConfigurationError: naming the three ways out.
        """
        if self.keys is not None or self.allow_anonymous or self.is_loopback:
            return
        raise ConfigurationError(
            f"host {self.host!r} lets others than this machine ask, and no keys are set; make one with "
            "`callsmith keys add NAME --file keys.json` and set CALLSMITH_KEYS=keys.json, or listen on this "
            "machine only with --host 127.0.0.1, or let everybody ask with CALLSMITH_ALLOW_ANONYMOUS=true"
        )

    def environment(self) -> dict[str, str]:
        """The settings that differ from their defaults as variables, for worker processes."""
        found = {}
        for name, value in self:
            if value is None or value == type(self).model_fields[name].default:
                continue
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            found[variable(name)] = str(plain)
        return found


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment; `overrides` (None means unset) win, as flags of a command do.

    Raises:
        ConfigurationError: naming every variable that is wrong, its value and what was expected.
    """
    _refuse_unknown(os.environ)
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as exc:
        raise ConfigurationError("; ".join(_complaints(exc, given))) from exc


def _file_in(path: Path | None, name: str, command: str) -> Path | None:
    """A file that is there; `name` is what `command`, which makes one, calls it. Raises `ValueError`."""
    if path is None:
        return None
    resolved = path.expanduser().absolute()
    if resolved.is_dir():
        raise ValueError(f"it is a folder; name the file in it, such as {name!r}")
    if not resolved.is_file():
        raise ValueError(f"no such file; `{command}` makes one")
    return resolved


def _plain_url(url: str, path: str, instead: str) -> str:
    """An address without anything secret; `instead` is where a secret belongs. Raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected http://host:port{path} or https://…")
    if parts.username or parts.password:
        raise ValueError(f"a URL must not carry a password; use {instead}")
    if parts.query or parts.fragment:
        raise ValueError("expected an address without ? and #")
    _ = parts.port  # its ValueError says what is wrong
    return url.rstrip("/")


def variable(field: str) -> str:
    """The environment variable of a field."""
    return f"{PREFIX}{field.upper()}"


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """A misspelt variable would be ignored without a word, and its author believe it in force."""
    known = {variable(name) for name in Settings.model_fields}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known | NOT_SETTINGS:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {close[0]}?" if close else "docs/settings.md lists all"
            raise ConfigurationError(
                f"{name} is no setting of Callsmith; {hint} Unset it, or correct its name"
            )


def _complaints(exc: ValidationError, given: Iterable[str]) -> Iterable[str]:
    for error in exc.errors(include_url=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        message = error["msg"].removeprefix("Value error, ")
        if not field:
            yield message
            continue
        name = f"--{field.replace('_', '-')}" if field in given else variable(field)
        yield f"{name}{_shown(field, error['input'])}: {message}"


def _shown(field: str, value: object) -> str:
    """The value, where it can't hold a secret."""
    return "" if field == "engine_key" or "@" in str(value) else f" is {value!r}"
