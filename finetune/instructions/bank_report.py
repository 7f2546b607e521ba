"""Tell what the bank holds and how it was checked: figures as JSON, and a page for people with rows to read.

Knows nothing about how faults are found.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.files import write_file
from api_docs.markdown import table
from finetune.instructions.bank import Row
from finetune.instructions.bank_check import LEAST_OF_DOMAIN, LEAST_ROWS, MOST_CLOSE, Checked, by_rule
from finetune.instructions.instruction import lot
from finetune.instructions.sameness import RUN_CHARACTERS, RUN_WORDS, TOO_CLOSE

PAGE: Final = "REPORT.md"
FIGURES: Final = "report.json"
SHOWN: Final = 30
"""Rows that the page shows."""
SEED: Final = 0

_LENGTHS: Final = (5, 10, 15, 20, 30, 40, 60)
"""Upper ends of the lengths that are counted together, in words; the last group is open."""
_MOST_VOICES: Final = 12


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What the figures depend on beside the rows."""

    catalogue: str  # its version
    encoder: str


def figures(checked: Checked, made_with: MadeWith) -> dict[str, Any]:
    """Every count and measure, ready for JSON."""
    rows = checked.every_row
    return {
        "catalogue": made_with.catalogue,
        "encoder": made_with.encoder,
        "rows": len(rows),
        "to_learn_from": len(checked.rows),
        "set_apart": len(checked.held),
        "languages": _counted(row.instruction.language for row in rows),
        "hubs": _counted(row.instruction.hub or "any" for row in rows),
        "voices": len({row.instruction.voice for row in rows}),
        "words": _lengths(rows),
        "faults": {rule.value: count for rule, count in by_rule(checked.faults).items()},
        "close_pairs": _close(checked),
        "domains": _domains(checked),
    }


def write_report(checked: Checked, made_with: MadeWith, folder: Path, seed: int = SEED) -> tuple[Path, Path]:
    """Write the page and the figures into a folder; their paths.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    found = figures(checked, made_with)
    page, data = folder / PAGE, folder / FIGURES
    write_file(page, _page(checked, found, drawn(checked.rows, seed), seed).encode())
    write_file(data, orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    return page, data


def drawn(rows: Sequence[Row], seed: int, count: int = SHOWN) -> list[Row]:
    """Rows that nobody chose: those with the smallest lots of seed and text."""
    return sorted(rows, key=lambda row: lot(f"{seed} {row.instruction.text}"))[:count]


def _counted(values: Iterable[str]) -> dict[str, int]:
    """How often each occurs, the commonest first, equal ones by name."""
    return dict(sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0])))


def _words(row: Row) -> int:
    return len(row.instruction.text.split())


def _lengths(rows: Sequence[Row]) -> dict[str, Any]:
    """Lengths in words, of languages that part words."""
    counts = [_words(row) for row in rows if row.instruction.language != "zh"]
    ends = [0, *_LENGTHS]
    groups = {
        f"{low + 1} to {high}": sum(low < count <= high for count in counts)
        for low, high in itertools.pairwise(ends)
    }
    return {
        "shortest": min(counts, default=0),
        "mean": round(statistics.fmean(counts), 1) if counts else 0.0,
        "longest": max(counts, default=0),
        "groups": {**groups, f"more than {ends[-1]}": sum(count > ends[-1] for count in counts)},
    }


def _close(checked: Checked) -> dict[str, dict[str, Any]]:
    """By language: pairs within a domain, how many of them are too close, and the closest."""
    found: dict[str, dict[str, Any]] = {}
    for language in sorted({one.language for one in checked.close}):
        group = [one for one in checked.close if one.language == language]
        pairs, close = sum(one.pairs for one in group), sum(len(one.close) for one in group)
        found[language] = {
            "pairs": pairs,
            "above": close,
            "share": round(close / pairs, 5),
            "closest": round(max(one.closest for one in group), 3),
        }
    return found


def _domains(checked: Checked) -> dict[str, dict[str, Any]]:
    held = Counter(row.instruction.domain for row in checked.held)
    found: dict[str, dict[str, Any]] = {}
    for domain, count in sorted(Counter(row.instruction.domain for row in checked.every_row).items()):
        rows = [row for row in checked.every_row if row.instruction.domain is domain]
        close = [one for one in checked.close if one.domain is domain]
        found[domain.value] = {
            "rows": count,
            "set_apart": held[domain],
            "languages": _counted(row.instruction.language for row in rows),
            "voices": len({row.instruction.voice for row in rows}),
            "names_a_hub": sum(row.instruction.hub is not None for row in rows),
            "mean_words": _lengths(rows)["mean"],
            "close_pairs": sum(len(one.close) for one in close),
            "closest": round(max((one.closest for one in close), default=0.0), 3),
        }
    return found


def _page(checked: Checked, found: Mapping[str, Any], shown: Sequence[Row], seed: int) -> str:
    voices = list(_counted(row.instruction.voice for row in checked.every_row).items())[:_MOST_VOICES]
    lines = [
        "# The instruction bank",
        "",
        f"{found['rows']:,} instructions, written one by one for this project: {found['to_learn_from']:,} to "
        f"learn from, {found['set_apart']:,} set apart for judging. `make bank-report` makes this page; the "
        f"figures are in [{FIGURES}]({FIGURES}).",
        "",
        "## Checks",
        "",
        f"At least {LEAST_ROWS:,} rows, and {LEAST_OF_DOMAIN} of every domain of the catalogue (version "
        f"`{found['catalogue']}`). No two rows share a run of {RUN_WORDS} words in lower case without "
        f"punctuation, or of {RUN_CHARACTERS} characters of Chinese. Of the pairs of rows within a domain "
        f"and a language fewer than {MOST_CLOSE:.0%} have a cosine above {TOO_CLOSE} "
        f"(`{found['encoder']}`). No row says a model's id, name or architecture, and none reads like "
        "another language than it says. The rows set apart count as well, and are compared with the rest.",
        "",
        *table(("rule", "faults"), found["faults"].items()),
        "",
        *table(
            ("language", "rows", "pairs within a domain", f"above {TOO_CLOSE}", "share", "closest"),
            (
                (
                    code,
                    found["languages"][code],
                    said["pairs"],
                    said["above"],
                    f"{said['share']:.2%}",
                    said["closest"],
                )
                for code, said in found["close_pairs"].items()
            ),
        ),
        "",
        *_faults(checked),
        "## Rows",
        "",
        f"{found['voices']:,} voices, such as {', '.join(f'{name} ({count})' for name, count in voices)}.",
        "",
        *table(("hub that is asked for", "rows"), found["hubs"].items()),
        "",
        *table(
            ("words", "rows"),
            [
                *found["words"]["groups"].items(),
                ("mean", str(found["words"]["mean"])),
            ],
        ),
        "",
        *_domain_table(found["domains"]),
        "",
        f"## {len(shown)} of them",
        "",
        f"Drawn by the SHA-256 of seed {seed} and text, from those to learn from.",
        "",
        *table(
            ("domain", "voice", "instruction"),
            (
                (row.instruction.domain.value, row.instruction.voice, row.instruction.text)
                for row in sorted(shown, key=lambda row: row.instruction.domain)
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _faults(checked: Checked) -> list[str]:
    return (
        [*(f"- {fault.rule.value}: {fault.said}" for fault in checked.faults), ""] if checked.faults else []
    )


def _domain_table(domains: Mapping[str, Mapping[str, Any]]) -> list[str]:
    heads = ("domain", "rows", "set_apart", "voices", "names_a_hub", "mean_words", "close_pairs", "closest")
    return table(
        [head.replace("_", " ") for head in heads],
        (
            (name, *(str(said[head]) if head == "mean_words" else said[head] for head in heads[1:]))
            for name, said in domains.items()
        ),
    )
