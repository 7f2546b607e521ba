"""What the page says of the service as it is configured: questions of our own, asked of the shipped docs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from evaluation.report import plots
from evaluation.report.content import Block, Code, Heading, Inline, Plot, Table, percent, prose, share_cell

_LANGUAGES: Final = {"en": "English", "es": "Spanish", "zh": "Chinese"}
_MOST_CONFUSED: Final = 12
"""Domains on a heat map; all others share a column."""
_OTHERS: Final = "any other, or none"
_TOLD: Final = 8
"""Pairs that a map's description names."""


def answer_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of the answers to questions that are served."""
    ways = part["ways"]
    yield Heading("The service: is the first answer of the right domain?", "service")
    yield prose(
        f"The service as it is configured, with its {part['docs']:,} docs (catalogue `{part['catalogue']}`), "
        f"asked {ways[0]['first']['n']} instructions without naming a hub: the reporting half of "
        "`evaluation/questions/served.jsonl`, on which nothing was chosen. Right is an answer of the domain "
        "that the instruction was written for; among: the first answer or an alternative is. Latency is that "
        "of one caller on this machine, other work beside it."
    )
    rows = [
        (one["way"], *(share_cell(one[name]) for name in ("first", "among", "answered")), *_took(one))
        for one in ways
    ]
    heads = (
        "asked by",
        "first answer right",
        "right among all shown",
        "answered at all",
        "median ms",
        "p95 ms",
    )
    yield Table("Answers by way of asking, per cent", heads, tuple(rows), emphasised=(0,))
    yield _latency_plot(ways)
    yield _depth_plot(part["depth"])


def _took(way: Mapping[str, Any]) -> tuple[str, str]:
    return f"{way['median_ms']:.1f}", f"{way['p95_ms']:.1f}"


def _latency_plot(ways: Sequence[Mapping[str, Any]]) -> Plot:
    points = [(one["median_ms"], one["first"]["value"] or 0.0) for one in ways]
    names = [one["way"] for one in ways]
    alt = ", ".join(f"{name}: {percent(y)} in {x:.0f} ms" for name, (x, y) in zip(names, points, strict=True))
    caption = "Accuracy against latency"
    intervals = [one["first"]["interval"] for one in ways]
    drawn = plots.scatter(
        caption,
        alt,
        names,
        points,
        intervals,
        across="median milliseconds",
        up="first answer right, per cent",
    )
    return Plot("latency", caption, alt, drawn)


def _depth_plot(depth: Sequence[Mapping[str, Any]]) -> Plot:
    series = plots.Series(
        "a right domain", [one["value"] for one in depth], [one["interval"] for one in depth]
    )
    alt = ", ".join(f"{one['k']}: {percent(one['value'])}" for one in depth)
    caption = "Accuracy against k: a right domain among the first k calls found"
    drawn = plots.lines(
        caption,
        alt,
        [("", [one["k"] for one in depth], [series])],
        across="k",
        up="per cent of the questions",
    )
    return Plot("depth", caption, alt, drawn)


def language_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of languages."""
    yield Heading("By language", "language")
    yield prose(
        "English is the reporting half of the served questions; Chinese and Spanish are the instruction "
        "bank's rows in these languages, written by other hands in other domains, so compare with care. With "
        "a judge, which is taught on the bank, theirs are the figures of its card: of folds in which they "
        "were not taught, over all hubs, and *shown* is the right domain among the likeliest six."
    )
    found = part["language"]
    rows: list[tuple[Inline, ...]] = [
        (
            _LANGUAGES.get(name, name),
            str(one["first"]["n"]),
            *(share_cell(one[kind]) for kind in ("first", "among", "answered")),
        )
        for name, one in found.items()
    ]
    heads = ("language", "n", "first answer right", "right among all shown", "answered at all")
    yield Table("Answers by language, per cent", heads, tuple(rows))
    labels = [_LANGUAGES.get(name, name) for name in found]
    series = [
        plots.Series(
            said,
            [one[kind]["value"] for one in found.values()],
            [one[kind]["interval"] for one in found.values()],
        )
        for kind, said in (("first", "first answer right"), ("among", "right among all shown"))
    ]
    alt = ", ".join(
        f"{name}: first answer right {percent(value)}"
        for name, value in zip(labels, series[0].values, strict=True)
    )
    caption = "Accuracy by language"
    drawn = plots.dots(caption, alt, [("", labels, series)], "per cent of the questions")
    yield Plot("language", caption, alt, drawn)


def domain_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of domains and what they are taken for."""
    yield Heading("By domain", "domain")
    wrong = sum(pair["n"] for pair in part["confusions"])
    yield prose(
        f"The same questions. {wrong} of them got another domain, or no answer. The map shows the "
        f"{_MOST_CONFUSED} domains that are most often missed or wrongly answered; right answers stand on "
        "its diagonal. A domain has few questions, so one more or less moves it far."
    )
    right = {one["domain"]: one["right"] for one in part["domain"]}
    if part["confusions"]:
        yield heat_map("confusions", "The most confused domains", part["confusions"], right)
    ordered = sorted(part["domain"], key=lambda one: (one["right"] / one["n"], one["domain"]))
    cells: list[tuple[Inline, ...]] = [
        (one["domain"], str(one["n"]), str(one["right"]), percent(one["right"] / one["n"])) for one in ordered
    ]
    heads = ("domain", "questions", "right", "per cent")
    yield Table("First answers by domain, worst first", heads, tuple(cells))


def heat_map(name: str, caption: str, pairs: Sequence[Mapping[str, Any]], right: Mapping[str, int]) -> Plot:
    """A map of what was wanted against what was answered, of the domains with most errors.

    `pairs` are of `answers.confusions`, `right` the right answers by domain.
    """
    errors: Counter[str] = Counter()
    for pair in pairs:
        for domain in (pair["wanted"], pair["answered"]):
            errors[domain] += pair["n"]
    wanted = {pair["wanted"] for pair in pairs} | set(right)
    worst = sorted(errors, key=lambda domain: (-errors[domain], domain))
    shown = sorted([domain for domain in worst if domain in wanted][:_MOST_CONFUSED])
    counted: Counter[tuple[str, str]] = Counter({(domain, domain): right.get(domain, 0) for domain in shown})
    for pair in pairs:
        counted[pair["wanted"], pair["answered"] if pair["answered"] in shown else _OTHERS] += pair["n"]
    across = [*shown, _OTHERS]
    counts = [[counted[domain, got] for got in across] for domain in shown]
    taken = [(counted[domain, got], domain, got) for domain in shown for got in across if domain != got]
    commonest = sorted((one for one in taken if one[0]), key=lambda one: (-one[0], one[1:]))[:_TOLD]
    alt = "Most often: " + ", ".join(f"{domain} taken for {got} {count}" for count, domain, got in commonest)
    said = f"{caption}: what was wanted, what was answered, how often"
    return Plot(name, said, alt, plots.heat(said, alt, shown, across, counts))


def no_match_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of what nothing serves."""
    yield Heading("No match: what nothing serves", "no-match")
    yield prose(
        "The reporting halves of `evaluation/questions`: thresholds may be chosen on the other halves only. "
        "Near misses, the right words of a task that no doc serves, are told apart and count nowhere else."
    )
    names = {
        "unserved_refused": "unserved, refused",
        "served_answered": "served, answered",
        "near_misses_refused": "near misses, refused",
    }
    rows: list[tuple[Inline, ...]] = [
        (one["way"], *(share_cell(one["no_match"][name]) for name in names)) for one in part["ways"]
    ]
    yield Table(
        "No match by way of asking, per cent", ("asked by", *names.values()), tuple(rows), emphasised=(0,)
    )
    both = part["near_misses_of_both_halves"]
    first = part["ways"][0]["no_match"]
    counts = ", ".join(f"{first[name]['n']} {said.partition(',')[0]}" for name, said in names.items())
    yield prose(
        f"Instructions: {counts}. Of all {both['n']} near misses of both halves, {percent(both['value'])} "
        "per cent are refused by default."
    )
    kinds: list[tuple[Inline, ...]] = [
        (kind, str(one["n"]), share_cell(one)) for kind, one in first["refused_by_kind"].items()
    ]
    yield Table("Unserved instructions by kind, by default", ("kind", "n", "refused, per cent"), tuple(kinds))


def calibration_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of confidence; it says plainly where there is none."""
    yield Heading("Calibration", "calibration")
    judged = [(one["way"], one["calibration"]) for one in part["ways"] if one["calibration"]]
    if not judged:
        yield prose(
            "Absent: `confidence` is null in every response, so there is nothing to compare with being "
            "right. This section shows a reliability diagram as soon as responses have it."
        )
        return
    yield prose(
        "`confidence` against how often the answer has the right domain, served and unserved instructions "
        "of the reporting halves together; an answer to what nothing serves is never right, and where "
        "nothing was answered the nearest hit stands for the answer. The expected calibration error is the "
        "mean gap of ten bins, weighed by what is in them; with few instructions in a bin its gap is "
        "mostly chance."
    )
    rows = [(way, str(one["n"]), percent(one["expected_calibration_error"])) for way, one in judged]
    yield Table(
        "Calibration by way of asking", ("asked by", "n", "expected calibration error, %"), tuple(rows)
    )
    way, default = judged[0]
    bins = default["bins"]
    alt = f"{way}: " + ", ".join(
        f"confidence {percent(one['confidence'])}: right {percent(one['right'])}, {one['n']} instructions"
        for one in bins
    )
    series = plots.Series(way, [one["right"] for one in bins])
    places = [100 * one["confidence"] for one in bins]
    caption = "Reliability: confidence against being right; the dashed line is perfect calibration"
    drawn = plots.lines(
        caption,
        alt,
        [("", places, [series])],
        across="mean confidence, per cent",
        up="right, per cent",
        diagonal=True,
    )
    yield Plot("calibration", caption, alt, drawn)
    counts = tuple(
        (
            f"{one['from']:.1f}–{one['from'] + 0.1:.1f}",
            str(one["n"]),
            percent(one["confidence"]),
            percent(one["right"]),
        )
        for one in bins
    )
    yield Table(f"Bins of {way}", ("confidence", "n", "mean confidence", "right"), counts)


def failure_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of what failed."""
    found = part["failures"]
    yield Heading("What failed", "failures")
    yield prose(
        f"{len(found)} failures of the reporting halves by default, drawn by the hash of their text and not "
        "by hand: first served instructions that got no answer or one of another domain, then what was "
        "answered although nothing serves it."
    )
    rows: list[tuple[Inline, ...]] = [
        (
            one["instruction"],
            one["wanted"] or "(nothing serves it)",
            one["answered"] or "(no answer)",
            Code(one["call"]) if one["call"] else "",
            one["reason"],
        )
        for one in found
    ]
    heads = ("instruction", "wanted", "answered", "call", "reason")
    yield Table("Examples", heads, tuple(rows), left=5)


def held_out_blocks(part: Mapping[str, Any]) -> Iterator[Block]:
    """The section of what was kept back until the end."""
    yield Heading("Held out", "held-out")
    yield prose(
        f"{part['rows']} instructions of the bank that were drawn by hash before anything was taught, and "
        "opened for this figure alone. Asked without a hub, on the shipped docs."
    )
    rows: list[tuple[Inline, ...]] = [
        (
            one["way"],
            *(share_cell(one[name]) for name in ("first", "among", "answered")),
            percent(one["calibration"]["expected_calibration_error"] if one["calibration"] else None),
        )
        for one in part["ways"]
    ]
    heads = ("asked by", "first answer right", "right among all shown", "answered", "calibration error")
    yield Table("Held-out instructions, per cent", heads, tuple(rows), emphasised=(0,))
