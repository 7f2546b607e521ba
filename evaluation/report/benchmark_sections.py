"""What the page says of APIBench: systems side by side, what labels allow, retrieval on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from evaluation.report import plots
from evaluation.report.content import Block, Code, Heading, Inline, Plot, Table, percent, prose
from evaluation.report.service_sections import heat_map
from evaluation.report.systems import Kind

HUBS: Final = {"torchhub": "TorchHub", "tfhub": "TFHub", "huggingface": "Hugging Face"}
COLUMNS: Final = {
    "exists": "exists",
    "exact": "exact",
    "domain": "domain",
    "domain_averaged": "domain averaged",
    "official_accuracy": "official",
}
_KINDS: Final = {
    Kind.DUMMY.value: "Dummy: ",
    Kind.PUBLISHED.value: "Gorilla, ",
    Kind.OURS.value: "Callsmith, ",
}
LABELS: Final = {
    "docs": "docs",
    "docs_quarantined": "docs that can't be read as calls",
    "calls": "distinct calls",
    "docs_of_the_commonest_call": "docs of the commonest call",
    "docs_that_share_a_description": "docs that share their description",
    "docs_that_share_their_text": "docs that share their whole text",
    "rows": "rows",
    "rows_outside_the_docs": "rows whose label is in no doc: unanswerable as labelled",
    "rows_refused_as_written": "rows whose label is refused as written: in no doc, or in one that was mended",
    "rows_unparseable": "of these, rows whose label is no Python at all",
    "rows_whose_call_several_docs_have": "rows whose call several docs have",
    "rows_whose_call_has_several_domains": "rows whose call has several domains: any of them counts",
    "rows_whose_description_other_calls_have": "rows whose description other calls have, too",
    "rows_whose_text_other_calls_have": "rows whose whole text other calls have, too",
}
_CEILINGS: Final = {
    "labels": "exact of who knows every label",
    "whole_text": "expected exact of who knows the right text",
    "description": "expected exact of who knows the right description",
}
_RECALLS: Final = ("recall@1", "recall@3", "recall@5", "recall@10")
_RETRIEVAL: Final = (*_RECALLS, "ndcg@10", "mrr")


def hub_name(name: str) -> str:
    """A hub's name for people."""
    return HUBS.get(name, name)


def system_name(system: Mapping[str, Any]) -> str:
    """A system's name for people, with whose it is."""
    return f"{_KINDS[system['kind']]}{system['system']}"


def by_hub(rows: Sequence[dict[str, Any]], key: str = "hub") -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows that lie together, by hub."""
    return [(name, list(found)) for name, found in groupby(rows, lambda row: str(row[key]))]


def apibench_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of all systems, with dummies beside them."""
    yield Heading("APIBench: every system, dummies beside it", "apibench")
    yield prose(
        "APIBench's rows for choosing, each hub with its own docs, all graded alike, per cent. `exists`: the "
        "call verifies against the docs. `exact`: it is the row's API by its identifying arguments, equal "
        "calls merged. `domain`: it exists and a doc with that call has the row's domain; `domain "
        "averaged`: every domain counts alike, however many rows it has. `official`: the published rule with "
        "its flaws, for comparison with published figures only. Rows labelled with a call that is in no doc "
        "count as misses. In brackets: 95% bootstrap intervals."
    )
    yield prose(
        "The dummies understand nothing. The constant answer is one call for every row; it is chosen on "
        "these very rows, and for each column anew, so it is the most that any constant reaches. The best "
        "BM25 hit is that of the published baseline: `rank-bm25` over whole docs, split at blanks. The "
        "right doc is copied with its call as the catalogue has it, the label letter by letter: what these "
        "miss is the labels' fault and no system's. Gorilla's systems are their published responses; "
        "`RT_oracle` was given the right doc."
    )
    yield _systems_plot(part)
    for hub, systems in by_hub(part["systems"]):
        yield _systems_table(hub, systems)
        for one in systems:
            if one.get("confusions"):
                caption = f"{hub_name(hub)}, Callsmith by default, the most confused domains"
                yield heat_map(f"confusions-{hub}", caption, one["confusions"], one["right_by_domain"])
    yield Table(
        "The constant answers",
        ("hub", "best in", "the call that every row was answered with", "reaches"),
        tuple(_constants(part["systems"])),
        left=3,
    )


def _systems_plot(part: Mapping[str, Any]) -> Plot:
    shown = ("exists", "exact", "domain", "official_accuracy")
    panels = []
    for hub, systems in by_hub(part["systems"]):
        series = [
            plots.Series(
                COLUMNS[name],
                [one[name] for one in systems],
                [one.get("intervals", {}).get(name) if name != "exists" else None for one in systems],
            )
            for name in shown
        ]
        panels.append((hub_name(hub), [system_name(one) for one in systems], series))
    alt = " ".join(
        f"{hub_name(hub)}, domain: "
        + ", ".join(f"{system_name(one)} {percent(one['domain'])}" for one in systems)
        + "."
        for hub, systems in by_hub(part["systems"])
    )
    caption = "Accuracy by hub and system; lines are 95% intervals"
    return Plot("systems", caption, alt, plots.dots(caption, alt, panels, "per cent of the rows"))


def _systems_table(hub: str, systems: Sequence[Mapping[str, Any]]) -> Table:
    rows: list[tuple[Inline, ...]] = []
    for one in systems:
        intervals = one.get("intervals", {})
        cells = [percent(one[name], intervals.get(name)) for name in COLUMNS]
        rows.append((system_name(one), str(one["n"]), *cells))
    ours = tuple(place for place, one in enumerate(systems) if one["kind"] == Kind.OURS)
    return Table(hub_name(hub), ("system", "n", *COLUMNS.values()), tuple(rows), emphasised=ours)


def _constants(systems: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Inline, ...]]:
    """Columns with the same best constant share a line."""
    for one in systems:
        by_call: dict[str, list[str]] = {}
        for name, call in one.get("calls", {}).items():
            by_call.setdefault(call, []).append(name)
        for call, names in by_call.items():
            columns = ", ".join(COLUMNS[name] for name in names)
            yield hub_name(one["hub"]), columns, Code(call), ", ".join(percent(one[name]) for name in names)


def label_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of what labels and duplicates allow."""
    labels = part["labels"]
    yield Heading("What the labels allow", "labels")
    yield prose(
        "Some rows can't be answered as they are labelled, and some docs can't be told apart by anything "
        "but their call. The last three lines say what that leaves: an oracle that knows every label "
        "misses those that are in no doc; one that knows which text is right, all of the doc but its name "
        "and call, has to guess among the calls that share it; one that knows the description alone, among "
        "more of them. A system whose exact is above the last two owes it to names, or to luck."
    )
    rows: list[tuple[Inline, ...]] = [
        (said, *(f"{one[name]:,}" for one in labels)) for name, said in LABELS.items()
    ]
    rows += [
        (f"ceiling: {said}", *(percent(one["ceiling"][name]) for one in labels))
        for name, said in _CEILINGS.items()
    ]
    heads = ("", *(hub_name(one["hub"]) for one in labels))
    yield Table("Docs and rows; ceilings in per cent", heads, tuple(rows))


def retrieval_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of retrieval on its own."""
    rankings = part["rankings"]
    yield Heading("Retrieval on its own", "retrieval")
    yield prose(
        "The rank of the row's own API among all calls found, equal calls merged: each hub among its own "
        "docs, and all rows over the docs of all hubs together, where nothing says which hub is meant. Per "
        "cent, with 95% bootstrap intervals; a row whose label is in no doc counts as not found. The first "
        "line of each table is the published baseline; `rank-bm25` and `bm25s` read the texts that "
        "Callsmith composes."
    )
    yield _retrieval_plot(rankings)
    for pool, systems in by_hub(rankings, "pool"):
        cells = (
            (one["system"], *(percent(one[name], one["intervals"].get(name)) for name in _RETRIEVAL))
            for one in systems
        )
        caption = (
            f"{hub_name(pool).capitalize() if pool == 'all hubs' else hub_name(pool)}, {systems[0]['n']} rows"
        )
        yield Table(caption, ("ranking", *_RETRIEVAL), tuple(cells))
    yield from _folds(rankings)
    yield from _taught(part)


def _retrieval_plot(rankings: Sequence[dict[str, Any]]) -> Plot:
    panels = []
    for pool, systems in by_hub(rankings, "pool"):
        series = [plots.Series(one["system"], [one[name] for name in _RECALLS]) for one in systems]
        panels.append((hub_name(pool), [1, 3, 5, 10], series))
    alt = "Recall at 5. " + " ".join(
        f"{hub_name(pool)}: "
        + ", ".join(f"{one['system']} {percent(one['recall@5'])}" for one in systems)
        + "."
        for pool, systems in by_hub(rankings, "pool")
    )
    caption = "Recall of the row's API among the first k calls"
    drawn = plots.lines(caption, alt, panels, across="k", up="per cent of the rows")
    return Plot("retrieval", caption, alt, drawn)


def _folds(rankings: Sequence[dict[str, Any]]) -> Iterator[Block]:
    yield Heading("By folds of APIs", "folds", 3)
    yield prose(
        "Exact recall@5 in folds grouped by API: equal calls, versions and models of one name are in one "
        "fold, which follows from a hash. Whatever is trained has to be measured like this, taught on all "
        "folds but the one that is asked, for what helps on known APIs may hurt on new ones. What is "
        "listed here was taught on none of these rows; the spread between folds is that of chance, and of "
        "what they hold."
    )
    rows = []
    for one in rankings:
        folds = one["recall@5_by_fold"]
        rows.append((hub_name(one["pool"]), one["system"], *map(percent, folds)))
    heads = ("docs", "ranking", *(f"fold {number}" for number in range(1, 1 + len(rows[0]) - 2)))
    yield Table("Recall@5 by fold", heads, tuple(rows), left=2)


def _taught(part: Mapping[str, Any]) -> Iterator[Block]:
    """Seen and unseen APIs side by side, where a matrix is configured."""
    if not part.get("matrix"):
        yield prose(
            "No query matrix is configured. Where a ranking is *judged*, what was learnt of instructions is "
            "one of its voices; the judge is taught on instructions without any API, so none was seen."
        )
        return
    yield Heading("With the query matrix: APIs that it may have seen, and others", "matrix", 3)
    yield prose(
        f"The configured matrix is `{part['matrix']}`. Seen are rows whose API is in the catalogue that is "
        "served, on which a matrix is taught; unseen are all others."
    )
    rows = []
    for one in part["rankings"]:
        sides = [one[side] for side in ("seen", "unseen") if side in one]
        cells = [percent(side["recall@5"], side["intervals"].get("recall@5")) for side in sides]
        rows.append((hub_name(one["pool"]), one["system"], *(f"{side['n']}" for side in sides), *cells))
    heads = ("docs", "ranking", "rows seen", "rows unseen", "recall@5 seen", "recall@5 unseen")
    yield Table("Recall@5 of seen and unseen APIs", heads, tuple(rows), left=2)
