"""Check the bank: enough rows for every domain, no two alike, no model's name, none in another language.

What is set apart for judging counts as well, and is compared with the rest: a row that says the same as one
of those would teach what is judged. Knows the rules; how they are told is the report's work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api_docs.domains import Domain
from finetune.instructions.bank import Row
from finetune.instructions.names import Names
from finetune.instructions.sameness import TOO_CLOSE, Pair, close_pairs, highest_cosine, sharing_runs
from finetune.instructions.tongue import guess_language
from retriever.embedding import Encoder

LEAST_ROWS: Final = 2_400
LEAST_OF_DOMAIN: Final = 40
MOST_CLOSE: Final = 0.01
"""Share of the pairs within a domain that may be closer than `sameness.TOO_CLOSE`."""
_FEW_PAIRS: Final = 100
"""With fewer pairs than this a single one is more than the share: such domains are judged together."""


class Rule(StrEnum):
    """What a bank has to be."""

    ENOUGH = "enough rows"
    DOMAINS = "every domain"
    RUNS = "no shared run"
    CLOSE = "not too close"
    NAMES = "no names"
    LANGUAGE = "the language it says"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not as it should be: the rule, the rows, and what to do, in one line."""

    rule: Rule
    said: str


@dataclass(frozen=True, slots=True)
class Closeness:
    """How alike the rows of one domain and language are; `close` are the pairs that are too close."""

    domain: Domain
    language: str
    rows: int
    close: tuple[tuple[Row, Row, float], ...]
    closest: float  # the highest cosine of two rows

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return self.rows * (self.rows - 1) // 2


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. `close` has every domain and language that has two rows, in their order."""

    rows: tuple[Row, ...]
    held: tuple[Row, ...]
    close: tuple[Closeness, ...]
    faults: tuple[Fault, ...]

    @property
    def every_row(self) -> tuple[Row, ...]:
        """The rows of both kinds."""
        return (*self.rows, *self.held)


def check_bank(
    rows: Sequence[Row],
    held: Sequence[Row],
    *,
    domains: Collection[Domain],
    names: Names,
    encoder: Encoder,
) -> Checked:
    """Judge the bank's rows and those set apart by every rule. `domains` are those that need rows."""
    every = [*rows, *held]
    close = tuple(_closeness(every, encoder))
    faults = (
        *_too_few(every, domains),
        *_shared_runs(every),
        *_close(close),
        *_names(every, names),
        *_other_languages(every),
    )
    return Checked(tuple(rows), tuple(held), close, faults)


def _too_few(rows: Sequence[Row], domains: Collection[Domain]) -> Iterator[Fault]:
    if len(rows) < LEAST_ROWS:
        yield Fault(Rule.ENOUGH, f"{len(rows):,} rows; a bank has at least {LEAST_ROWS:,}")
    counts = Counter(row.instruction.domain for row in rows)
    for domain in sorted(domains):
        if counts[domain] < LEAST_OF_DOMAIN:
            yield Fault(
                Rule.DOMAINS,
                f"{domain.value}: {counts[domain]} rows; every domain has at least {LEAST_OF_DOMAIN}",
            )


def _shared_runs(rows: Sequence[Row]) -> Iterator[Fault]:
    for pair in sharing_runs(row.instruction.text for row in rows):
        yield Fault(Rule.RUNS, f"{_both(rows, pair)} share {pair.shared!r}; write one of them anew")


def _closeness(rows: Sequence[Row], encoder: Encoder) -> Iterator[Closeness]:
    # All at once: texts of one length are encoded together, and a domain has few of each.
    vectors = encoder.encode([row.instruction.text for row in rows])
    groups: dict[tuple[Domain, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[row.instruction.domain, row.instruction.language].append(place)
    for (domain, language), places in sorted(groups.items()):
        if len(places) < 2:
            continue
        group = [rows[place] for place in places]
        too_close = tuple(
            (group[pair.first], group[pair.second], pair.cosine) for pair in close_pairs(vectors[places])
        )
        yield Closeness(domain, language, len(group), too_close, highest_cosine(vectors[places]))


def _close(found: Sequence[Closeness]) -> Iterator[Fault]:
    """Domains with many pairs are judged each for itself, the others together, language by language."""
    together: dict[str, list[Closeness]] = defaultdict(list)
    for one in found:
        together[f"{one.domain.value}, {one.language}" if one.pairs >= _FEW_PAIRS else one.language].append(
            one
        )
    for name, group in sorted(together.items()):
        close = [pair for one in group for pair in one.close]
        pairs = sum(one.pairs for one in group)
        if len(close) < MOST_CLOSE * pairs or not close:
            continue
        for first, second, cosine in close:
            yield Fault(
                Rule.CLOSE,
                f"{first.where} and {second.where} have cosine {cosine:.3f} ({name}: {len(close)} of "
                f"{pairs} pairs are above {TOO_CLOSE}, fewer than {MOST_CLOSE:.0%} may be); write one anew",
            )


def _names(rows: Sequence[Row], names: Names) -> Iterator[Fault]:
    for row in rows:
        if found := names.found(row.instruction.text):
            yield Fault(Rule.NAMES, f"{row.where} names {_listed(found)}; say what it should do instead")


def _other_languages(rows: Sequence[Row]) -> Iterator[Fault]:
    for row in rows:
        said, guessed = row.instruction.language, guess_language(row.instruction.text)
        if guessed not in (None, said):
            yield Fault(
                Rule.LANGUAGE, f"{row.where} says {said!r} and reads like {guessed!r}; mend one of them"
            )


def _both(rows: Sequence[Row], pair: Pair) -> str:
    return f"{rows[pair.first].where} and {rows[pair.second].where}"


def _listed(found: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in found)


def by_rule(faults: Sequence[Fault]) -> Mapping[Rule, int]:
    """How many faults there are of each rule, in the rules' order."""
    counts = Counter(fault.rule for fault in faults)
    return {rule: counts[rule] for rule in Rule}
