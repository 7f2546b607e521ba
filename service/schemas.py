"""What goes in and out of the service: requests, responses, their fields and limits.

The same models serve HTTP, the command line and batches. They know no HTTP status.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api_docs.domains import Domain
from api_docs.verification import Verification
from retriever.hits import Quality, RetrieverName
from service.instruction import MAX_LENGTH, clean_instruction

MAX_K = 50
MAX_PER_PAGE = 100
MAX_PAGE = 1_000_000


class GeneratorChoice(StrEnum):
    """The generators a request may choose; `AUTO` is the engine where one is set, else `GROUNDED`."""

    AUTO = "auto"
    VLLM = "vllm"
    GROUNDED = "grounded"


class Status(StrEnum):
    """What became of an instruction."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    NO_MATCH = "no_match"


Instruction = Annotated[
    str,
    AfterValidator(clean_instruction),
    Field(
        description="What the API should do, in plain words.",
        json_schema_extra={"minLength": 1, "maxLength": MAX_LENGTH},
        examples=["I want to classify photos of animals on a phone"],
    ),
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- requests ------------------------------------------------------------------------------------


class SearchRequest(_Model):
    """Which API docs answer an instruction?"""

    instruction: Instruction
    hub: Annotated[
        str | None,
        Field(description="Only this hub; all hubs when left out.", examples=["torchhub"]),
    ] = None
    domain: Annotated[Domain | None, Field(description="Only this domain; all when left out.")] = None
    k: Annotated[int, Field(strict=True, ge=1, le=MAX_K, description="API docs to retrieve.")] = 5
    retriever: Annotated[
        RetrieverName,
        Field(description="`hybrid` (words and vectors), `bm25`, `dense`, or `none` (zero-shot)."),
    ] = RetrieverName.HYBRID
    quality: Annotated[
        Quality | None,
        Field(
            description="How `hybrid` ranks: `fast` by words alone, `balanced` by words, vectors and what "
            "was learnt of domains, `best` with more weight on domains, which gets more of them right and "
            "fewer very APIs; the service's setting when left out."
        ),
    ] = None


class GenerateRequest(SearchRequest):
    """Which call does what an instruction asks for?"""

    generator: Annotated[
        GeneratorChoice,
        Field(description="`vllm` (the engine), `grounded` (no model), `auto` (the engine, if one is set)."),
    ] = GeneratorChoice.AUTO
    temperature: Annotated[
        float, Field(strict=True, ge=0, le=2, allow_inf_nan=False, description="For the engine; 0 is greedy.")
    ] = 0.0
    max_tokens: Annotated[
        int, Field(strict=True, ge=1, le=4_096, description="For the engine: the most tokens it may write.")
    ] = 512
    include_prompt: Annotated[
        bool, Field(strict=True, description="Whether the response shows the prompt.")
    ] = False
    pin_revision: Annotated[
        bool,
        Field(strict=True, description="Whether `code` loads the revision that the doc recorded, if it can."),
    ] = False
    stream: Annotated[
        bool,
        Field(
            strict=True,
            description="Whether to answer in server-sent events: `hits`, then `text` as the engine writes "
            "it, then `result` (the response), or `error`.",
        ),
    ] = False


class Listing(_Model):
    """Which API docs to list: a page of those that pass every filter."""

    hub: Annotated[str | None, Field(description="Only this hub.")] = None
    domain: Annotated[Domain | None, Field(description="Only this domain.")] = None
    q: Annotated[
        str | None,
        Field(max_length=200, description="Only docs that contain every one of these words, in any case."),
    ] = None
    page: Annotated[int, Field(ge=1, le=MAX_PAGE, description="1 is the first page.")] = 1
    per_page: Annotated[int, Field(ge=1, le=MAX_PER_PAGE, description="API docs on a page.")] = 20


# ---- responses -----------------------------------------------------------------------------------


Preferences = Annotated[
    tuple[str, ...],
    Field(
        description="What the instruction was understood to prefer among models that do the same, and "
        "`hits` are ordered by: `smallest`, `largest`, `fastest`, `most_accurate`, `most_popular`, `newest`; "
        "a hub, such as `torchhub`; or which way to translate, such as `de-en`. Mostly empty, and always for "
        "`bm25` and `dense`. It never changes the domain of the best hit.",
        examples=[["smallest"]],
    ),
]


class HitInfo(_Model):
    """One retrieved API; `merged` are ids of other docs with an equal call."""

    id: Annotated[str, Field(description="Id of the API doc; `GET /api_docs/{id}` shows it.")]
    rank: Annotated[int, Field(description="1 is the best.")]
    score: Annotated[float, Field(description="What the ranking went by; higher is better.")]
    scores: Annotated[
        dict[str, float],
        Field(description="Each retriever's own score, the fused one, and what a preference adds."),
    ]
    name: str
    hub: str
    domain: Domain
    source_url: str | None
    merged: tuple[str, ...] = ()


class Alternative(_Model):
    """Another verified call."""

    call: str
    id: str
    name: str
    hub: str
    domain: Domain
    score: float
    source_url: str | None


class VerificationInfo(Verification):
    """The verdict on the generator's call; `repaired` says that the nearest valid call took its place."""

    repaired: bool = False


class TokenCounts(_Model):
    """Tokens, as the engine counts them."""

    prompt: int
    completion: int


class GeneratorInfo(_Model):
    """Who answered; `degraded` says that another generator had to stand in, `reason` why.

    `reason_code` is the code of the error behind it, for programs.
    """

    backend: str
    model: str | None = None
    degraded: bool = False
    reason: str | None = None
    reason_code: str | None = None
    call_logprob: Annotated[
        float | None,
        Field(
            description="Natural log of the probability of its call, under the constraint; null if unknown."
        ),
    ] = None
    tokens: Annotated[TokenCounts | None, Field(description="Null where the generator counts none.")] = None


class SearchTiming(_Model):
    """Milliseconds."""

    retrieve: float
    total: float


class Timing(SearchTiming):
    """Milliseconds by step."""

    generate: float
    verify: float


class SearchResponse(_Model):
    """The best API docs for an instruction, best first."""

    hits: tuple[HitInfo, ...]
    preferences: Preferences = ()
    index_version: str
    request_id: str
    timing_ms: SearchTiming


class GenerateResponse(_Model):
    """One verified call, or why there is none. `call` and `code` are null unless verified."""

    status: Status
    call: Annotated[str | None, Field(description="One line of Python.")] = None
    code: Annotated[str | None, Field(description="A snippet that loads and uses the model.")] = None
    hub: str | None = None
    domain: Domain | None = None
    doc_id: str | None = None
    explanation: str
    warnings: Annotated[
        tuple[str, ...], Field(description="What to know before running it: remote code, pickles, dead docs.")
    ] = ()
    verification: VerificationInfo
    hits: tuple[HitInfo, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    confidence: Annotated[
        float | None,
        Field(
            description="Probability that `domain` (of the nearest hit, where there is no match) is the one "
            "that is meant; calibrated. Null where nothing was learnt: for docs of domains of your own, and "
            "for searches that aren't `hybrid` with vectors of the default embedding model."
        ),
    ] = None
    preferences: Preferences = ()
    generator: GeneratorInfo
    index_version: str
    request_id: str
    timing_ms: Timing
    prompt: Annotated[str | None, Field(description="Only where `include_prompt` asked for it.")] = None


class DocCall(_Model):
    """An API doc's own call, and the verdict on it. `call` and `code` are null unless verified."""

    id: str
    call: Annotated[str | None, Field(description="One line of Python.")] = None
    code: Annotated[str | None, Field(description="A snippet that loads and uses the model.")] = None
    warnings: Annotated[
        tuple[str, ...], Field(description="What to know before running it: remote code, pickles, dead docs.")
    ] = ()
    verification: Verification
    index_version: str


class DocSummary(_Model):
    """One line of the list of API docs."""

    id: str
    hub: str
    domain: Domain
    name: str
    functionality: str
    call: str
    license: str | None
    source_url: str | None
    alive: bool


class DocList(_Model):
    """One page of API docs, in catalogue order."""

    items: tuple[DocSummary, ...]
    total: Annotated[int, Field(description="Docs that pass the filters, on all pages.")]
    page: int
    per_page: int
    pages: int
    index_version: str


class Health(_Model):
    """The process answers."""

    status: str
    version: str


class IndexReadiness(_Model):
    """The index that answers; `problem` says why a later version could not be taken up."""

    version: str
    docs: int
    hubs: tuple[str, ...]
    opened_at: datetime
    problem: str | None = None


class EngineReadiness(_Model):
    """The engine. `up` is null before the first contact, `problem` what was last wrong with it."""

    model: str | None
    up: bool | None
    circuit: Annotated[str, Field(description="`closed`: asked; `open`: left alone; `half_open`: tried.")]
    problem: str | None
    since: datetime


class Readiness(_Model):
    """What the service would answer with. `degraded`: `grounded` stands in for an engine that is down."""

    status: Literal["ready", "degraded"]
    generator: Annotated[str, Field(description="What `auto` means here.")]
    index: IndexReadiness
    engine: Annotated[EngineReadiness | None, Field(description="Null where no engine is set.")]


class ErrorInfo(_Model):
    """What went wrong, for programs (`code`) and for people (`message`)."""

    code: str
    message: str
    field: Annotated[str | None, Field(description="The part of the request that is wrong.")] = None
    request_id: str


class ErrorResponse(_Model):
    """The body of every response that isn't 2xx."""

    error: ErrorInfo


class OpenAIErrorInfo(_Model):
    """What went wrong, in the shape that OpenAI's clients read."""

    message: str
    type: str
    param: Annotated[str | None, Field(description="The part of the request that is wrong.")]
    code: str


class OpenAIErrorResponse(_Model):
    """The body of every response under `/v1` that isn't 2xx."""

    error: OpenAIErrorInfo
