"""Which rows of APIBench can't be answered as they are labelled, and the ceiling that duplicates leave.

Works on docs and rows alone: what is said here holds for every system.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from api_docs.call import parse_call
from api_docs.catalogue import Identity
from api_docs.errors import CallError
from api_docs.models import ApiDoc
from api_docs.verification import verify
from evaluation.apibench import Benchmark
from evaluation.strict_rule import StrictRule

TextOf = Callable[[ApiDoc], str]


def whole_text(doc: ApiDoc) -> str:
    """All that a doc says to people of what it does: everything but its name and its call."""
    facts = " ".join(f"{data} {figures}" for data, figures in sorted(doc.performance.items()))
    return " ".join(f"{doc.source_domain} {doc.functionality} {doc.description} {facts}".casefold().split())


def description(doc: ApiDoc) -> str:
    """A doc's description, however it is capitalised and spaced."""
    return " ".join(doc.description.casefold().split())


_TEXTS: Final[Mapping[str, TextOf]] = {"description": description, "whole_text": whole_text}


def label_figures(benchmark: Benchmark) -> dict[str, Any]:
    """Counts of docs and rows, and `ceiling`: the expected `exact` of three oracles.

    *labels* knows every answer, and fails where the label is in no doc. *whole text* knows which text is
    right, *description* which description, and guesses among the calls that share it.
    """
    strict = StrictRule(benchmark.catalogue)
    entries, rows = benchmark.catalogue.entries, benchmark.rows
    targets = [strict.target(row) for row in rows]
    domains: dict[Identity, set[str]] = defaultdict(set)
    docs: dict[Identity, list[ApiDoc]] = defaultdict(list)
    for entry in entries:
        domains[entry.identity].add(entry.doc.source_domain)
        docs[entry.identity].append(entry.doc)
    chances = {name: _chances(benchmark, of) for name, of in _TEXTS.items()}
    known = [target for target in targets if target is not None]
    unparseable = sum(not _parses(row.api_call) for row in rows)
    most = max(docs.values(), key=len, default=[])
    return {
        "hub": benchmark.hub.value,
        "docs": len(entries),
        "docs_quarantined": benchmark.quarantined,
        "calls": len(docs),
        "docs_of_the_commonest_call": len(most),
        "docs_that_share_a_description": _sharing(benchmark, description),
        "docs_that_share_their_text": _sharing(benchmark, whole_text),
        "rows": len(rows),
        "rows_unparseable": unparseable,
        "rows_refused_as_written": sum(
            not verify(row.api_call, benchmark.catalogue).verified for row in rows
        ),
        "rows_outside_the_docs": sum(target is None for target in targets),
        "rows_whose_call_several_docs_have": sum(len(docs[target]) > 1 for target in known),
        "rows_whose_call_has_several_domains": sum(len(domains[target]) > 1 for target in known),
        "rows_whose_description_other_calls_have": sum(chances["description"][t] < 1 for t in known),
        "rows_whose_text_other_calls_have": sum(chances["whole_text"][t] < 1 for t in known),
        "ceiling": {
            "labels": len(known) / len(rows),
            **{name: sum(found[target] for target in known) / len(rows) for name, found in chances.items()},
        },
    }


def _chances(benchmark: Benchmark, text_of: TextOf) -> dict[Identity, float]:
    """For each API the chance of guessing it among all that share its text; of several texts, the best."""
    calls: dict[str, set[Identity]] = defaultdict(set)
    for entry in benchmark.catalogue.entries:
        calls[text_of(entry.doc)].add(entry.identity)
    found: dict[Identity, float] = {}
    for entry in benchmark.catalogue.entries:
        chance = 1 / len(calls[text_of(entry.doc)])
        found[entry.identity] = max(chance, found.get(entry.identity, 0.0))
    return found


def _sharing(benchmark: Benchmark, text_of: TextOf) -> int:
    """How many docs have a text that another doc has, too."""
    docs: dict[str, int] = defaultdict(int)
    for entry in benchmark.catalogue.entries:
        docs[text_of(entry.doc)] += 1
    return sum(count for count in docs.values() if count > 1)


def _parses(call: str) -> bool:
    try:
        parse_call(call)
    except CallError:
        return False
    return True
