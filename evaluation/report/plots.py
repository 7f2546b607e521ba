"""Plots as SVG: legible on white and on black, with title and description, the same bytes each time.

Lines and letters get their colour from a style inside the file, which follows the reader's preference; the
colours of the figures are of middle lightness. Letters stay letters. No outside address is left in the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK: Final = "#010203"
_FAINT: Final = "#040506"
_COLOURS: Final = ("#2f81c7", "#d0702a", "#3f9a63", "#9a6bc4", "#b8567a", "#8a8f98", "#a08a2c")
_MARKS: Final = ("o", "s", "D", "^", "v", "P", "X")
_LABEL: Final = 34
"""Characters of a label at most."""
_STYLE: Final = (
    "<style>:root{--ink:#22272d;--faint:#c3c9d0}"
    "@media(prefers-color-scheme:dark){:root{--ink:#dfe3e8;--faint:#4a525c}}</style>"
)
_SETTINGS: Final[dict[Any, Any]] = {  # matplotlib lists its keys one by one
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar in a label is a dollar
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _FAINT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "grid.color": _FAINT,
    "grid.linewidth": 0.6,
    "figure.facecolor": "none",
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together, in per cent on the axis of figures; `low` and `high` end an interval."""

    name: str
    values: Sequence[float | None]
    intervals: Sequence[Sequence[float] | None] = field(default=())


def dots(
    title: str, alt: str, panels: Sequence[tuple[str, Sequence[str], Sequence[Series]]], axis: str
) -> bytes:
    """For each panel one line per label and one mark per series, from 0 to 100 per cent."""
    heights = [len(labels) for _, labels, _ in panels]

    def draw(axes: Sequence[Axes]) -> None:
        for ax, (name, labels, series) in zip(axes, panels, strict=True):
            for number, one in enumerate(series):
                _marks(ax, one, number, len(series), len(labels))
            if name:
                ax.set_title(name)
            ax.set_yticks(range(len(labels)), labels)
            ax.set_ylim(len(labels) - 0.5, -0.5)
            ax.set_xlim(-2, 102)
            ax.grid(visible=True, axis="both")
            ax.set_axisbelow(True)
        axes[-1].set_xlabel(axis)

    return _drawn(title, alt, draw, (9.2, 1.1 + 0.32 * sum(heights) + 0.55 * len(panels)), heights)


def _marks(ax: Axes, one: Series, number: int, of: int, lines: int) -> None:
    """One series of `dots`, moved a little up or down so that equal values don't hide each other."""
    shift = (number - (of - 1) / 2) * min(0.14, 0.6 / max(of, 1))
    colour = _COLOURS[number % len(_COLOURS)]
    for line in range(lines):
        value = one.values[line]
        if value is None:
            continue
        if one.intervals and (interval := one.intervals[line]) is not None:
            ends = [100 * end for end in interval]
            ax.plot(ends, [line + shift] * 2, color=colour, linewidth=1.6, alpha=0.7, zorder=2)
    places = [line + shift for line in range(lines) if one.values[line] is not None]
    values = [100 * value for value in one.values if value is not None]
    mark = _MARKS[number % len(_MARKS)]
    ax.plot(values, places, mark, color=colour, markersize=6, label=one.name, zorder=3)


def lines(  # noqa: PLR0913 - what a plot needs, by name
    title: str,
    alt: str,
    panels: Sequence[tuple[str, Sequence[float], Sequence[Series]]],
    *,
    across: str,
    up: str,
    diagonal: bool = False,
) -> bytes:
    """For each panel the series over the same places, in per cent; with a diagonal, where both are equal."""

    def draw(axes: Sequence[Axes]) -> None:
        for ax, (name, places, series) in zip(axes, panels, strict=True):
            if diagonal:
                ax.plot([0, 100], [0, 100], "--", color=_FAINT, linewidth=1)
                ax.set_xlim(0, 100)
            for number, one in enumerate(series):
                colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
                shown = [None if value is None else 100 * value for value in one.values]
                ax.plot(places, shown, f"{mark}-", color=colour, markersize=5, label=one.name)  # type: ignore[arg-type]
                if one.intervals:
                    low, high = ([100 * (ends or [0, 0])[end] for ends in one.intervals] for end in (0, 1))
                    ax.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
            if name:
                ax.set_title(name)
            if not diagonal:
                ax.set_xticks(_ticks(places))
            ax.set_ylim(0, 102)
            ax.set_xlabel(across)
            ax.grid(visible=True)
            ax.set_axisbelow(True)
        axes[0].set_ylabel(up)

    return _drawn(title, alt, draw, (9.2, 4.2), None, across=len(panels))


def _ticks(places: Sequence[float]) -> list[float]:
    """Few enough places to be read."""
    return list(places) if len(places) <= 10 else [places[0], *(one for one in places if one % 5 == 0)]


def scatter(  # noqa: PLR0913 - what a plot needs, by name
    title: str,
    alt: str,
    names: Sequence[str],
    points: Sequence[tuple[float, float]],
    intervals: Sequence[Sequence[float] | None],
    *,
    across: str,
    up: str,
) -> bytes:
    """Named points, the second coordinate in per cent with its interval."""

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for number, (name, (x, y)) in enumerate(zip(names, points, strict=True)):
            colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
            if (ends := intervals[number]) is not None:
                ax.plot([x, x], [100 * end for end in ends], color=colour, linewidth=1.6, alpha=0.7)
            ax.plot([x], [100 * y], mark, color=colour, markersize=8, label=name)
        ax.set_xlim(left=0, right=1.25 * max((x for x, _ in points), default=1))
        ax.set_ylim(0, 102)
        ax.set_xlabel(across)
        ax.set_ylabel(up)
        ax.grid(visible=True)
        ax.set_axisbelow(True)

    return _drawn(title, alt, draw, (9.2, 4.4), None)


def heat(
    title: str, alt: str, down: Sequence[str], across: Sequence[str], counts: Sequence[Sequence[int]]
) -> bytes:
    """Counts as a table of coloured fields, each with its number; what is 0 stays empty."""
    most = max((count for row in counts for count in row), default=0) or 1

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for row, found in enumerate(counts):
            for column, count in enumerate(found):
                if count:
                    strength = 0.15 + 0.5 * count / most
                    corner = (column - 0.5, row - 0.5)
                    ax.add_patch(_field(corner, _COLOURS[0], strength))
                    ax.text(column, row, str(count), ha="center", va="center", fontsize=9)
        ax.set_xlim(-0.5, len(across) - 0.5)
        ax.set_ylim(len(down) - 0.5, -0.5)
        ax.set_xticks(
            range(len(across)),
            [_short(label) for label in across],
            rotation=40,
            ha="right",
            rotation_mode="anchor",
        )
        ax.set_yticks(range(len(down)), [_short(label) for label in down])
        ax.set_xlabel("answered")
        ax.set_ylabel("wanted")
        ax.set_xticks([place - 0.5 for place in range(len(across) + 1)], minor=True)
        ax.set_yticks([place - 0.5 for place in range(len(down) + 1)], minor=True)
        ax.grid(visible=True, which="minor")
        ax.tick_params(which="minor", length=0)

    return _drawn(title, alt, draw, (9.2, 2.4 + 0.34 * len(down)), None)


def _short(label: str) -> str:
    """A label that leaves room for the plot: of a long one its end, which tells more."""
    if len(label) <= _LABEL:
        return label
    end = label[1 - _LABEL :]
    return f"…{end.partition(' ')[2] or end}"


def _field(corner: tuple[float, float], colour: str, strength: float) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - of the extra `evaluation`, and slow

    return Rectangle(corner, 1, 1, facecolor=colour, alpha=strength, linewidth=0)


def _drawn(  # noqa: PLR0913, PLR0917 - one place that knows how a file is made
    title: str,
    alt: str,
    draw: Callable[[Sequence[Axes]], None],
    size: tuple[float, float],
    heights: Sequence[int] | None,
    across: int = 1,
) -> bytes:
    """What is drawn on one axis, or on several below or beside each other."""
    from matplotlib import rc_context  # noqa: PLC0415 - of the extra `evaluation`, and slow
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context({**_SETTINGS, "svg.hashsalt": title}):
        figure = Figure(figsize=size, layout="constrained")
        ratios = {"height_ratios": list(heights)} if heights else {}
        grid = figure.subplots(
            len(heights or [1]),
            across,
            squeeze=False,
            sharex=bool(heights),
            sharey=across > 1,
            gridspec_kw=ratios,
        )
        draw(list(grid.flat))
        handles, labels = grid.flat[0].get_legend_handles_labels()
        if len(labels) > 1:
            columns = 5 if max(map(len, labels)) < 20 else 3
            figure.legend(handles, labels, loc="outside upper left", ncols=columns, columnspacing=1.2)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _tidy(out.getvalue().decode(), title, alt).encode()


def _tidy(svg: str, title: str, alt: str) -> str:
    """The drawing without what it says of its origin, with our style, a title and a description."""
    drawing = svg[svg.index("<svg") :]
    drawing = re.sub(r"\s*<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = drawing.replace(_INK, "var(--ink)").replace(_FAINT, "var(--faint)")
    told = f'<title id="title">{escape(title)}</title>\n<desc id="about">{escape(alt)}</desc>\n{_STYLE}'
    head, _, rest = drawing.partition(">")
    drawing = f'{head} role="img" aria-labelledby="title about">\n{told}{rest}'
    return "\n".join(line.rstrip() for line in drawing.splitlines()) + "\n"
