"""`callsmith call` and `callsmith search`: one instruction, answered in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.cli.output import AsJson, out, printable, progress, python_code, show_json

if TYPE_CHECKING:
    from service.runtime import Runtime
    from service.schemas import GenerateResponse, HitInfo, SearchResponse

_COLOURS = {"verified": "green", "unverified": "red", "no_match": "yellow"}

InstructionArgument = Annotated[
    str,
    typer.Argument(metavar="INSTRUCTION", help="What the API should do, in plain words; `-` reads stdin."),
]
Hub = Annotated[str | None, typer.Option(help="Only this hub, such as torchhub; all hubs when left out.")]
DomainName = Annotated[str | None, typer.Option("--domain", help="Only this domain, such as translation.")]
K = Annotated[int, typer.Option("--k", "-k", help="API docs to retrieve, 1 to 50.")]
QualityChoice = Annotated[
    str | None, typer.Option("--quality", help="fast, balanced or best [default: CALLSMITH_QUALITY].")
]
RetrieverChoice = Annotated[str, typer.Option("--retriever", help="hybrid, bm25, dense or none.")]


def call(  # noqa: PLR0913, PLR0917 - one parameter per option
    instruction: InstructionArgument,
    hub: Hub = None,
    domain: DomainName = None,
    k: K = 5,
    retriever: RetrieverChoice = "hybrid",
    quality: QualityChoice = None,
    generator: Annotated[str, typer.Option(help="auto, grounded (no model) or vllm (the engine).")] = "auto",
    temperature: Annotated[float, typer.Option(help="For the engine; 0 is greedy.")] = 0.0,
    max_tokens: Annotated[int, typer.Option(help="For the engine: the most tokens it may write.")] = 512,
    include_prompt: Annotated[bool, typer.Option("--include-prompt", help="Show the prompt too.")] = False,
    pin_revision: Annotated[
        bool, typer.Option("--pin-revision", help="Let the code load the revision that the doc recorded.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer an instruction with one verified API call."""
    from service.pipeline import generate_call  # noqa: PLC0415 - heavy
    from service.schemas import GenerateRequest  # noqa: PLC0415
    from service.validation import parse_request  # noqa: PLC0415

    request = parse_request(
        GenerateRequest,
        {
            **_search_fields(instruction, hub, domain, k, retriever, quality),
            "generator": generator,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "include_prompt": include_prompt,
            "pin_revision": pin_revision,
        },
    )
    runtime = opened()
    response = runtime.run(generate_call, request, runtime)
    show_json(response) if as_json else out().print(_answer(response))


def search(  # noqa: PLR0913, PLR0917 - one parameter per option
    instruction: InstructionArgument,
    hub: Hub = None,
    domain: DomainName = None,
    k: K = 5,
    retriever: RetrieverChoice = "hybrid",
    quality: QualityChoice = None,
    as_json: AsJson = False,
) -> None:
    """Rank the API docs that answer an instruction."""
    from service import pipeline  # noqa: PLC0415 - heavy
    from service.schemas import SearchRequest  # noqa: PLC0415
    from service.validation import parse_request  # noqa: PLC0415

    request = parse_request(SearchRequest, _search_fields(instruction, hub, domain, k, retriever, quality))
    runtime = opened()
    response = runtime.run(pipeline.search, request, runtime)
    show_json(response) if as_json else out().print(_hits(response))


def opened() -> Runtime:
    """The runtime that the settings describe; builds the index where there is none."""
    from service.runtime import open_runtime  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    with progress("building the index") as report:
        return open_runtime(settings, report)


def _search_fields(  # noqa: PLR0913, PLR0917 - one parameter per option
    instruction: str, hub: str | None, domain: str | None, k: int, retriever: str, quality: str | None
) -> dict[str, Any]:
    text = typer.get_text_stream("stdin").read() if instruction == "-" else instruction
    asked = {"instruction": text, "hub": hub, "domain": domain, "k": k}
    return {**asked, "retriever": retriever, "quality": quality}


def _answer(response: GenerateResponse) -> Group:
    colour = _COLOURS[response.status]
    sure = None if response.confidence is None else f"{response.confidence:.0%} sure of the domain"
    what = " · ".join(str(part) for part in (response.status, response.hub, response.domain, sure) if part)
    body = Text(printable(response.call or response.verification.message), style="bold")
    parts: list[Any] = [Panel(body, title=what, border_style=colour, title_align="left", expand=False)]
    parts.append(Text(printable(response.explanation)))
    if response.preferences:
        parts.append(Text(f"preferred: {', '.join(response.preferences)}"))
    if response.verification.nearest and not response.verification.verified:
        parts.append(Text(f"nearest valid call: {printable(response.verification.nearest)}"))
    if response.generator.degraded:
        parts.append(Text(f"degraded: {printable(response.generator.reason or '')}", style="yellow"))
    parts += [Text(f"! {printable(warning)}", style="yellow") for warning in response.warnings]
    if response.code is not None:
        parts += [Text(), python_code(response.code)]
    if response.alternatives:
        table = Table("hub", "domain", "call", title="alternatives", title_justify="left", box=None)
        for other in response.alternatives:
            table.add_row(other.hub, other.domain, Text(printable(other.call), overflow="fold"))
        parts += [Text(), table]
    if response.prompt is not None:
        parts += [
            Text(),
            Panel(Text(printable(response.prompt)), title="prompt", title_align="left", expand=False),
        ]
    return Group(*parts)


def _hits(response: SearchResponse) -> Table:
    table = Table("#", "score", "domain", "id", "name", box=None)
    for hit in response.hits:
        table.add_row(*_cells(hit))
    return table


def _cells(hit: HitInfo) -> tuple[str, str, str, Text, Text]:
    return (
        str(hit.rank),
        f"{hit.score:.3f}",
        hit.domain,
        Text(printable(hit.id), overflow="fold"),
        Text(printable(hit.name), overflow="fold"),
    )
