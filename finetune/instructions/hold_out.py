"""Set a part of the bank apart for judging, before anything is taught with it.

The rows are drawn by the SHA-256 of their text, so that nobody chooses them, and from every domain in
proportion. This is the one module beside the evaluation that opens their file: it draws them, and lets the
bank's check compare them with the rest. Nothing that makes data to learn from imports it; a test sees to
that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api_docs.domains import Domain
from api_docs.errors import TrainingDataError
from api_docs.files import write_file
from finetune.instructions.bank import BANK, Row, read_rows, rows_of
from finetune.instructions.instruction import HELD_OUT, lot

WANTED: Final = 300
"""Rows to set apart in all, whenever they were drawn."""
LANGUAGE: Final = "en"
"""Only these are drawn: what is judged is judged in one language."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a drawing did: the rows that it moved, and how many are set apart now, by domain."""

    moved: tuple[Row, ...]
    held: Mapping[Domain, int]


def held_rows(folder: Path = BANK) -> list[Row]:
    """The rows that are set apart, none before the first drawing.

    Raises:
        TrainingDataError: naming the file, the line and the reason.
    """
    path = folder / HELD_OUT
    return list(rows_of(path)) if path.exists() else []


def hold_out(folder: Path = BANK, wanted: int = WANTED) -> Drawing:
    """Move rows out of their files until as many as wanted are set apart; none goes back.

    Run again it changes nothing. A run that died half-way is mended by the next: rows are written where they
    go before they leave where they were.

    Raises:
        TrainingDataError: when a row is broken, or there are too few.
        StorageError: when the disk is full or read-only.
    """
    held = held_rows(folder)
    texts = {row.instruction.text for row in held}
    rows = read_rows(folder)
    free = [row for row in rows if row.instruction.language == LANGUAGE and row.instruction.text not in texts]
    if wanted > len(held) + len(free):
        raise TrainingDataError(
            f"{wanted} rows are to be set apart, but {str(folder)!r} has {len(held) + len(free)} in "
            f"{LANGUAGE!r}; write more, or set fewer apart"
        )
    moved = _draw(free, Counter(row.instruction.domain for row in held), wanted)
    left_behind = [row for row in rows if row.instruction.text in texts]
    if moved:
        _write_lines(folder / HELD_OUT, [*held, *moved], folder)
    _take_out([*moved, *left_behind], folder)
    return Drawing(tuple(moved), Counter(row.instruction.domain for row in [*held, *moved]))


def quotas(counts: Mapping[Domain, int], wanted: int) -> dict[Domain, int]:
    """How many of each domain are wanted, in proportion to what there is, by largest remainders.

    They add up to `wanted`; equal remainders go by the domain's name.
    """
    total = sum(counts.values())
    if not total:
        return {}
    shares = {domain: divmod(wanted * count, total) for domain, count in counts.items()}
    found = {domain: whole for domain, (whole, _) in shares.items()}
    by_remainder = sorted(shares, key=lambda domain: (-shares[domain][1], domain))
    for domain in by_remainder[: wanted - sum(found.values())]:
        found[domain] += 1
    return found


def _draw(free: Sequence[Row], held: Mapping[Domain, int], wanted: int) -> list[Row]:
    """The rows to move: of each domain those with the smallest lots, as many as its quota lacks."""
    counts = Counter(row.instruction.domain for row in free)
    quota = quotas(Counter(held) + counts, wanted)
    by_domain: dict[Domain, list[Row]] = defaultdict(list)
    for row in sorted(free, key=_lot):
        by_domain[row.instruction.domain].append(row)
    lacking = [
        row
        for domain, rows in by_domain.items()
        for row in rows[: max(0, quota[domain] - held.get(domain, 0))]
    ]
    # Rows that were added later move quotas, and what is held stays: together never more than wanted.
    return sorted(lacking, key=_lot)[: max(0, wanted - sum(held.values()))]


def _lot(row: Row) -> str:
    return lot(row.instruction.text)


def _write_lines(path: Path, rows: Iterable[Row], folder: Path) -> None:
    """Write rows as they stand in their files, by domain, then by lot."""
    lines = {name: _lines(folder / name) for name in {row.file for row in rows}}
    ordered = sorted(rows, key=lambda row: (row.instruction.domain, _lot(row)))
    write_file(path, b"".join(lines[row.file][row.line - 1] for row in ordered))


def _take_out(rows: Iterable[Row], folder: Path) -> None:
    gone: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        gone[row.file].add(row.line)
    for name, numbers in sorted(gone.items()):
        kept = (line for number, line in enumerate(_lines(folder / name), start=1) if number not in numbers)
        write_file(folder / name, b"".join(kept))


def _lines(path: Path) -> list[bytes]:
    """The lines of a file, as they are counted, each with its end."""
    with path.open("rb") as lines:
        return [line.rstrip(b"\r\n") + b"\n" for line in lines]
