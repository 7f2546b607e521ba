"""A refresh's report as one page that a person reads: what changed, what was refused, what was set aside.

Self-contained, without scripts, fetching nothing. Everything in it came from strangers: all text is escaped,
and only http addresses become links.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from api_docs.diff import CatalogueDiff, DocChange
from service.refresh.report import RefreshReport, Result, SourceReport

Link = Callable[[str], str | None]
"""From a doc's id to its source's address, None where there is none."""

_SHOWN: Final = 500
"""Docs and records of a kind that the page shows; the JSON beside it has all."""
_LONG: Final = 300
"""Characters of a value that are shown."""

_SAID: Final[Mapping[Result, str]] = {
    Result.PUBLISHED: "Published",
    Result.UNCHANGED: "No change",
    Result.REFUSED: "Not published",
    Result.FAILED: "Failed",
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
tr { border-bottom: 1px solid #8886; }
td.number, th.number { text-align: right; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
h1 span { font-weight: normal; opacity: .7; font-size: .6em; }
ul { padding-left: 1.2rem; } li { margin: .2rem 0; }
.good { color: light-dark(#1a7f37, #3fb950); } .bad { color: light-dark(#b35900, #f0883e); }
.gone { opacity: .7; } details { margin: .5rem 0; } summary { cursor: pointer; }
"""


def report_page(report: RefreshReport, link: Link) -> str:
    """The page of a report, as HTML."""
    title = f"{_SAID[report.result]}: refresh of {report.started:%Y-%m-%d %H:%M} UTC"
    parts = [
        _headline(report),
        _gates(report),
        _sources(report.sources),
        _changes(report.changes, link) if report.changes is not None else "",
        _canaries(report),
        _set_aside(report.sources),
        _times(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, parts))
        + "\n</body>\n</html>\n"
    )


def _headline(report: RefreshReport) -> str:
    mood = "good" if report.result.success else "bad"
    when = f"{report.started:%Y-%m-%d %H:%M} UTC"
    said = [f'<h1 class="{mood}">{_SAID[report.result]} <span>{when}</span></h1>']
    if report.reason:
        said.append(_paragraph(report.reason))
    counts = ", ".join(f"{hub} {number:,}" for hub, number in report.docs.items())
    total = sum(report.docs.values())
    same = report.before == report.after
    versions = f"version {_code(report.after)}" if same else f"{_code(report.before)} → {_code(report.after)}"
    said.append(f"<p>{versions}; {total:,} docs: {escape(counts)}.</p>")
    said += [_paragraph(note) for note in report.notes]
    if report.accepted:
        said.append(_paragraph(f"Accepted as smaller than before: {', '.join(report.accepted)}."))
    return "\n".join(said)


def _gates(report: RefreshReport) -> str:
    rows = [
        [gate.name, _mood("passed" if gate.passed else "failed", good=gate.passed), escape(gate.said)]
        for gate in report.gates
    ]
    return _section("What had to hold", _table(("gate", "", "what was found"), rows)) if rows else ""


def _sources(sources: Sequence[SourceReport]) -> str:
    if not sources:
        return ""
    head = ("hub", "", "docs", "listed", "missing", "set aside", "requests", "seconds", "")
    rows = [
        [
            escape(one.hub),
            _mood(one.outcome, good=not one.reason),
            f"{one.docs:,}",
            f"{one.listed:,}" + ("" if one.complete else " (not all)"),
            f"{one.kept_missing:,}",
            f"{len(one.quarantined):,}",
            f"{one.requests.requests:,}",
            f"{one.seconds:,.0f}",
            "<br>".join(map(escape, _remarks(one))),
        ]
        for one in sources
    ]
    return _section("Sources", _table(head, rows, numbers=range(2, 8)))


def _remarks(source: SourceReport) -> list[str]:
    said = [source.reason] if source.reason else []
    said += source.notes
    said += [f"left alone: {reason}: {number:,}" for reason, number in source.skipped.items()]
    said += [f"passed over: {reason}: {number:,}" for reason, number in source.passed_over.items()]
    return [*said, f"revision {source.revision}"] if source.revision else said


def _changes(changes: CatalogueDiff, link: Link) -> str:
    if changes.empty:
        return _section("What changed", "<p>Nothing.</p>")
    counts = (
        f"{len(changes.added):,} added, {len(changes.changed):,} changed, {len(changes.renamed):,} renamed, "
        f"{len(changes.removed):,} removed."
    )
    renamed = [f"{_code(old)} → {_doc(new, link)}" for old, new in changes.renamed.items()]
    parts = [
        _paragraph(counts),
        _items("Added", [_doc(doc_id, link) for doc_id in changes.added]),
        _items("Renamed", renamed),
        _items("Removed", [_doc(doc_id, link) for doc_id in changes.removed]),
        _items(
            "Changed", (_changed(doc, link) for doc in changes.changed[: _SHOWN + 1]), len(changes.changed)
        ),
    ]
    return _section("What changed", "\n".join(filter(None, parts)))


def _changed(doc: DocChange, link: Link) -> str:
    fields = "".join(
        f"<li>{escape(one.field)}: {_value(one.before)} → {_value(one.after)}</li>" for one in doc.fields
    )
    return f"{_doc(doc.id, link)}<ul>{fields}</ul>"


def _canaries(report: RefreshReport) -> str:
    found = report.canaries
    if found is None:
        return ""
    said = (
        f"{found.asked} questions that both versions can answer: {found.before} % found before, "
        f"{found.after} % now."
    )
    parts = [
        _paragraph(said),
        _items("Not found any more", map(escape, found.lost), len(found.lost)),
        _items("Found now", map(escape, found.gained), len(found.gained)),
        _items("Not asked: all their docs are gone", map(escape, found.gone), len(found.gone)),
    ]
    return _section("Canaries", "\n".join(filter(None, parts)))


def _set_aside(sources: Iterable[SourceReport]) -> str:
    parts = [
        _items(
            f"{one.hub}",
            (f"{_code(bad.record)}: {escape(_short(bad.reason))}" for bad in one.quarantined),
            len(one.quarantined),
        )
        for one in sources
        if one.quarantined
    ]
    return _section("Set aside", "\n".join(parts)) if parts else ""


def _times(report: RefreshReport) -> str:
    rows = [[escape(name), f"{seconds:,.1f}"] for name, seconds in report.timing.items()]
    rows.append(["all", f"{report.seconds:,.1f}"])
    said = _paragraph(f"{report.embedded:,} docs were embedded.")
    return _section("How long it took", said + _table(("", "seconds"), rows, numbers=(1,)))


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{body}"


def _items(title: str, items: Iterable[str], number: int | None = None) -> str:
    """A list of what is HTML already, closed where it is long."""
    found = list(items)
    number = len(found) if number is None else number
    if not found:
        return ""
    listed = "".join(f"<li>{one}</li>" for one in found[:_SHOWN])
    more = f"<p>{number - _SHOWN:,} more are in the JSON beside this page.</p>" if number > _SHOWN else ""
    state = "" if number > 20 else " open"
    return f"<details{state}><summary>{escape(title)} ({number:,})</summary><ul>{listed}</ul>{more}</details>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    right = set(numbers)

    def line(tag: str, cells: Sequence[str]) -> str:
        shown = (
            f'<{tag} class="number">{cell}</{tag}>' if place in right else f"<{tag}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(shown)}</tr>"

    return f"<table>{line('th', head)}{''.join(line('td', row) for row in rows)}</table>"


def _doc(doc_id: str, link: Link) -> str:
    address = link(doc_id)
    if address is None or not address.lower().startswith(("https://", "http://")):
        return _code(doc_id)
    return f'<a href="{escape(address)}" rel="noreferrer">{_code(doc_id)}</a>'


def _value(value: Any) -> str:
    return '<span class="gone">nothing</span>' if value is None else _code(_short(str(value)))


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _mood(text: str, *, good: bool) -> str:
    return f'<span class="{"good" if good else "bad"}">{escape(text)}</span>'


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
