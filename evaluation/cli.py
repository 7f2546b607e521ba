"""`callsmith evaluate`: measurements that anyone can rerun."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api_docs.models import Hub
from evaluation.engine.cli import app as engine
from evaluation.refresh.cli import app as refresh
from retriever.hits import RetrieverName
from service.cli.output import AsJson, new_app, out, progress, show_json

app = new_app("Measure: APIBench by two rules, retrieval, speed.")
app.add_typer(engine, name="engine")
app.add_typer(refresh, name="refresh")


class Ranking(StrEnum):
    """The retrievers that rank anything."""

    HYBRID = "hybrid"
    BM25 = "bm25"
    DENSE = "dense"


class Part(StrEnum):
    """The parts of the report that are measured at will."""

    APIBENCH = "apibench"
    RETRIEVAL = "retrieval"
    SERVICE = "service"


@app.command()
def apibench(  # noqa: PLR0913, PLR0917 - every one is an option of the command
    hub: Annotated[Hub, typer.Option(help="Whose docs and rows these are.")],
    docs: Annotated[Path, typer.Option(help="APIBench's API docs, JSONL.")],
    evaluation_rows: Annotated[Path, typer.Option("--eval", help="Evaluation rows, JSONL.")],
    folder: Annotated[Path, typer.Option("--out", help="Where the results go.")],
    responses: Annotated[
        Path | None, typer.Option(help="Grade these responses instead of answering the rows.")
    ] = None,
    retriever: Annotated[Ranking, typer.Option(help="Which retriever answers.")] = Ranking.HYBRID,
    as_json: AsJson = False,
) -> None:
    """Answer APIBench's rows, or grade given responses, by the published and the strict rule."""
    from evaluation import apibench as bench  # noqa: PLC0415 - heavy

    benchmark = bench.Benchmark.read(hub, docs, evaluation_rows)
    if responses is not None:
        answers = bench.given_answers(benchmark, responses)
    else:
        from retriever.embedding import load_encoder  # noqa: PLC0415 - heavy

        searcher = bench.searcher_over(benchmark, load_encoder())
        with progress("answering") as report:
            answers = bench.answer_rows(benchmark, searcher, RetrieverName(retriever.value), report)
    with progress("grading") as report:
        graded = bench.grade(benchmark, answers, report)
    figures = bench.metrics(benchmark, graded, answers)
    figures |= {
        "retriever": None if responses else retriever.value,
        "responses": responses and responses.name,
    }
    bench.write_run(folder, answers, graded, figures)
    if as_json:
        show_json(figures)
    else:
        _show(figures, folder)


@app.command()
def bench(
    requests: Annotated[int, typer.Option(min=64, max=5_000, help="Requests of the 32 clients.")] = 2_000,
    keyword_docs: Annotated[int, typer.Option(min=100, max=200_000, help="Texts for the two BM25.")] = 40_000,
    folder: Annotated[Path | None, typer.Option("--out", help="Where the results go.")] = None,
    as_json: AsJson = False,
) -> None:
    """Speed and memory of a real server on this machine."""
    from evaluation import bench as speed  # noqa: PLC0415 - heavy

    results = speed.run(requests, keyword_docs)
    path = speed.write(results, folder or speed.RESULTS)
    if as_json:
        show_json(results)
    else:
        _show(results, path)


@app.command()
def scale(
    docs: Annotated[
        int,
        typer.Option(min=1_000, max=1_000_000, help="Docs of the larger catalogue; the other has a fifth."),
    ] = 50_000,
    vectors: Annotated[
        int, typer.Option(min=10_000, max=10_000_000, help="Vectors of the largest flat index.")
    ] = 1_000_000,
    folder: Annotated[Path | None, typer.Option("--out", help="Where the results go.")] = None,
    as_json: AsJson = False,
) -> None:
    """Memory and search time of many docs; a gigabyte and some minutes."""
    from evaluation import scale as growth  # noqa: PLC0415 - heavy

    with progress("measuring") as report:
        results = growth.run(docs, vectors, report)
    path = growth.write(results, folder or growth.RESULTS)
    if as_json:
        show_json(results)
    else:
        _show(results, path)


@app.command("own-apis")
def own_apis(
    document: Annotated[Path, typer.Argument(help="An OpenAPI document, such as GitHub's.")],
    questions: Annotated[
        Path | None, typer.Option(help="Questions, JSONL [default: ten about GitHub's REST API].")
    ] = None,
    server: Annotated[str | None, typer.Option(help="What its paths go on from, if not its servers.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Where the results go.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a real OpenAPI document as a hub, ask it ten questions, remove it; some minutes."""
    from evaluation import own_apis as own  # noqa: PLC0415 - heavy
    from service.cli.output import errors  # noqa: PLC0415

    asked = own.read_questions(questions or own.QUESTIONS)
    results = own.run(document, asked, server, lambda step: errors().print(step, markup=False))
    path = own.write(results, folder or own.RESULTS)
    if as_json:
        show_json(results)
    else:
        _show({name: value for name, value in results.items() if name != "answers"}, path)


@app.command()
def preferences(
    folder: Annotated[Path | None, typer.Option("--out", help="Where the results go.")] = None,
    as_json: AsJson = False,
) -> None:
    """Whether answers honour what instructions prefer of a model: a figure, a hub; a minute."""
    from evaluation import preferences as asking  # noqa: PLC0415 - heavy
    from evaluation import records  # noqa: PLC0415
    from evaluation.bench import RESULTS  # noqa: PLC0415
    from evaluation.command import keep  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415
    from service.var import open_searcher  # noqa: PLC0415

    questions = asking.read_questions()
    with progress("opening the index") as told:
        searcher = open_searcher(load_settings(), told)
    with progress("asking") as told:
        figures = asking.run(searcher, questions, told)
    described = records.described("callsmith evaluate preferences", figures)
    shown = {name: value for name, value in figures.items() if name != "answers"}
    keep(folder or RESULTS, "preferences", described, shown, as_json=as_json)


@app.command()
def report(
    data: Annotated[
        Path | None, typer.Option(envvar="CALLSMITH_DATA", help="Folder with measuring data, for APIBench.")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Where the report goes.")] = None,
    only: Annotated[
        list[Part] | None,
        typer.Option(help="Measure only this part; the others stay as they were. Repeatable."),
    ] = None,
    page_only: Annotated[
        bool, typer.Option("--page-only", help="Measure nothing: write the pages out of report.json.")
    ] = False,
    heldout: Annotated[
        bool, typer.Option("--heldout", help="Open the held-out instructions and measure on them, too: once.")
    ] = False,
) -> None:
    """Measure how good answers are, beside dummies, and write one page of it; some minutes."""
    from evaluation.report import command, measuring, pages  # noqa: PLC0415 - heavy
    from service.cli.output import errors  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    target = folder or command.REPORT
    if page_only:
        written = pages.write_pages(target)
    else:
        sections = [measuring.Section(part.value) for part in only or []]
        if heldout:
            sections = [*(sections or measuring.MEASURED), measuring.Section.HELD_OUT]
        written = command.report(
            load_settings(), data, target, sections, lambda step: errors().print(step, markup=False)
        )
    for path in written[:2]:
        out().print(f"written to {path}")


@app.command()
def playground(
    rounds: Annotated[int, typer.Option(min=5, max=1_000, help="Requests of each kind.")] = 50,
    folder: Annotated[Path | None, typer.Option("--out", help="Where the results go.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the page weighs and how quickly it answers, the whole catalogue included; a minute."""
    from evaluation import playground as page  # noqa: PLC0415 - heavy
    from evaluation import records  # noqa: PLC0415
    from evaluation.bench import RESULTS  # noqa: PLC0415
    from service.cli.output import errors  # noqa: PLC0415

    results = page.run(rounds, lambda step: errors().print(step, markup=False))
    path = records.write(folder or RESULTS, "playground", results)
    if as_json:
        show_json(results)
    else:
        _show(results, path)


@app.command()
def gallery(
    path: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/gallery.md"),
) -> None:
    """Answer the gallery's questions and write the page."""
    from evaluation.gallery import write_page  # noqa: PLC0415 - heavy
    from service.runtime import open_runtime  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    with progress("building the index") as report:
        runtime = open_runtime(load_settings(), report)
    write_page(runtime, path)
    out().print(f"written to {path}")


@app.command()
def page(
    folder: Annotated[Path, typer.Option(help="Folder with the results.")] = Path("evaluation/results"),
) -> None:
    """Write the page of results out of the JSON files beside it."""
    from evaluation.results_page import write_page  # noqa: PLC0415 - heavy

    out().print(f"written to {write_page(folder)}")


def _show(figures: dict[str, Any], where: Path) -> None:
    from rich.table import Table  # noqa: PLC0415 - only for people

    table = Table("figure", "value", show_edge=False)
    for name, value in figures.items():
        for part, inner in value.items() if isinstance(value, dict) else (("", value),):
            shown = f"{inner:.4g}" if isinstance(inner, float) else str(inner)
            table.add_row(f"{name} {part}".strip().replace("_", " "), shown)
    out().print(table)
    out().print(f"written to {where}")
