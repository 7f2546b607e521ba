"""The page, in HTML and in Markdown, out of the report's file alone: the same file gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from api_docs.errors import EvaluationDataError
from api_docs.files import write_file
from evaluation.report import html, markdown
from evaluation.report.benchmark_sections import (
    apibench_blocks,
    by_hub,
    hub_name,
    label_blocks,
    retrieval_blocks,
)
from evaluation.report.content import (
    Block,
    Heading,
    Inline,
    Paragraph,
    Plot,
    Table,
    percent,
    prose,
    share_cell,
)
from evaluation.report.measuring import COMMAND, Section, read_figures
from evaluation.report.service_sections import (
    answer_blocks,
    calibration_blocks,
    domain_blocks,
    failure_blocks,
    held_out_blocks,
    language_blocks,
    no_match_blocks,
)
from evaluation.report.summary import summary_of
from evaluation.report.systems import Kind
from service.evaluated import SUMMARY

TITLE: Final = "How good are Callsmith's answers?"
HTML: Final = "index.html"
MARKDOWN: Final = "README.md"

_Blocks = Callable[[Mapping[str, Any]], Iterable[Block]]
_SECTIONS: Final[tuple[tuple[Section, tuple[_Blocks, ...]], ...]] = (
    (Section.APIBENCH, (apibench_blocks, label_blocks)),
    (Section.RETRIEVAL, (retrieval_blocks,)),
    (
        Section.SERVICE,
        (
            answer_blocks,
            language_blocks,
            domain_blocks,
            no_match_blocks,
            calibration_blocks,
            failure_blocks,
        ),
    ),
    (Section.HELD_OUT, (held_out_blocks,)),
)


def write_pages(folder: Path) -> list[Path]:
    """Write `index.html`, `README.md`, `summary.json` and `plots/*.svg`; their paths.

    Raises:
        EvaluationDataError: when there are no figures, or they are damaged.
        StorageError: when a file can't be written.
    """
    parts = read_figures(folder).get("parts", {})
    if not parts:
        raise EvaluationDataError(f"{str(folder)!r} has no figures to show; measure them with `{COMMAND}`")
    blocks = list(page_blocks(parts))
    plots = [block for block in blocks if isinstance(block, Plot)]
    short = next(block for block in blocks if isinstance(block, Table))
    drawn = {folder / markdown.PLOTS / f"{plot.name}.svg": plot.svg for plot in plots}
    (folder / markdown.PLOTS).mkdir(parents=True, exist_ok=True)
    for path in (folder / markdown.PLOTS).glob("*.svg"):
        if path not in drawn:  # a plot of figures that are no more
            path.unlink()
    written = {
        folder / HTML: html.page(TITLE, blocks).encode(),
        folder / MARKDOWN: markdown.page(TITLE, blocks).encode(),
        folder / SUMMARY: summary_of(TITLE, short, plots, parts),
        **drawn,
    }
    for path, content in written.items():
        write_file(path, content)
    return list(written)


def page_blocks(parts: Mapping[str, Any]) -> Iterator[Block]:
    """All that the page says of these parts; behind each table and plot how it was made."""
    yield prose(
        "Callsmith turns an instruction in plain words into one verified call of an API. This page says how "
        "often it is the right one, beside dummies that understand nothing. How to read it, how each figure "
        f"is made and where it is weak: `docs/evaluation.md`. Made by `{COMMAND}` out of `report.json`."
    )
    yield from _in_short(parts)
    for section, makers in _SECTIONS:
        if (part := parts.get(section.value)) is not None:
            for make in makers:
                yield from _with_source(make(part), part)
    yield from _measured_on(parts)


def _with_source(blocks: Iterable[Block], part: Mapping[str, Any]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Table | Plot):
            yield _source(part)


def _source(part: Mapping[str, Any]) -> Paragraph:
    machine, versions = part["machine"], part["versions"]
    return prose(
        f"`{part['command']}` · {part['measured'][:10]} · {machine['processor']}, {machine['cores']} cores, "
        f"Python {machine['python']} · Callsmith {versions['callsmith']}; all versions below",
        is_source=True,
    )


def _in_short(parts: Mapping[str, Any]) -> Iterator[Block]:
    """What somebody who reads one table should read."""
    rows: list[tuple[Inline, ...]] = []
    if (benchmarks := parts.get(Section.APIBENCH.value)) is not None:
        for hub, systems in by_hub(benchmarks["systems"]):
            ours = next(one for one in systems if one["kind"] == Kind.OURS)
            constant = next(one for one in systems if "calls" in one)
            copied = next(one for one in systems if one["kind"] == Kind.DUMMY and one is not constant)
            said = f"APIBench, {hub_name(hub)}: domain of the answer"
            beside = (
                f"constant answer {percent(constant['domain'])}, best BM25 hit {percent(copied['domain'])}"
            )
            rows.append((said, percent(ours["domain"], ours["intervals"]["domain"]), beside))
    if (service := parts.get(Section.SERVICE.value)) is not None:
        default = service["ways"][0]
        refused = default["no_match"]
        rows += [
            ("own questions: domain of the first answer", share_cell(default["first"]), "–"),
            ("own questions: a right one among all shown", share_cell(default["among"]), "–"),
            ("served instructions that are answered", share_cell(refused["served_answered"]), "all: 100.0"),
            ("unserved instructions that are refused", share_cell(refused["unserved_refused"]), "none: 0.0"),
        ]
    if (held_out := parts.get(Section.HELD_OUT.value)) is not None:
        first = held_out["ways"][0]
        rows.append(("held-out instructions: domain of the first answer", share_cell(first["first"]), "–"))
        rows.append(("held-out instructions: a right one among all shown", share_cell(first["among"]), "–"))
    yield Heading("In short", "in-short")
    heads = ("what", "Callsmith by default", "a dummy's figure")
    yield Table("Per cent, with 95% bootstrap intervals", heads, tuple(rows), left=1)
    yield prose("Each figure stands again below, with the command that makes it.")


def _measured_on(parts: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Measured with", "measured-with")
    rows: list[tuple[Inline, ...]] = []
    for name, part in parts.items():
        machine = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in part["machine"].items())
        versions = ", ".join(f"{package} {version}" for package, version in part["versions"].items())
        rows.append((name, part["measured"], part["command"], machine, versions))
    yield Table(
        "Machine and versions by part",
        ("part", "when", "command", "machine", "versions"),
        tuple(rows),
        left=5,
    )
