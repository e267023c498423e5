"""Pictures of runs: charts one below the other, on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.model.trace import Span, Trace
from lab.plots.axes import (
    MOST_END_LABELS,
    add_key,
    second_line,
    share_time,
    time_limit,
    write_title,
)
from lab.plots.chart import Chart, as_chart, told
from lab.plots.curves import throughput
from lab.plots.figure import BARE, KEY, RIGHT, TITLE, Row, page, styled
from lab.plots.lanes import LANE, looks_in, tell_arrows, timeline
from lab.plots.palette import Look
from lab.plots.picture import Picture
from lab.plots.words import shorten, width_of
from lab.tracing import Traced, trace_of
from lab.tracing.labels import others_in
from lab.tracing.names import finding, name_of, named

__all__ = ["compare", "draw"]

Charts: TypeAlias = Callable[..., Any]

_LABEL, _LEGEND_LABEL = 160, 220  # pixels, for the names of runs


@styled()
def draw(run: Traced, *charts: Charts, title: str | None = None, arrows: bool = False) -> Picture:
    """Draw `charts` of one run (by default its timeline) one below the other.

    Args:
        run: a run, a deadlock, or the trace of one.
        charts: those of `lab.plots`, or functions of a trace and `ax`.
        title: replaces the run's name and the finding that stand over the first chart.
        arrows: whether arrows on the timeline show which task woke which.

    Raises TypeError for anything but one run, ValueError for arrows without a timeline.
    """
    trace, shown = trace_of(run), [as_chart(function) for function in charts or (timeline,)]
    if arrows and timeline not in shown:
        raise ValueError("arrows must not be True without the timeline, on which they are drawn")
    name = name_of(run)
    heading = title if title is not None else _entitled(name, trace)
    titles = [heading] + [""] * (len(shown) - 1)
    looks = looks_in([trace]) if timeline in shown else []
    extra = LANE * len(others_in(trace)) if arrows else 0
    heights = [chart.height(trace) + extra * (chart is timeline) for chart in shown]
    figure, axes = _page(heights, titles, looks)
    for ax, chart, own in zip(axes, shown, titles, strict=True):
        _draw_one(chart, trace, ax, own, arrows=arrows)
    add_key(axes[0], looks)
    share_time(axes, [trace])
    said = f"{title if title is not None else name}. " if title or name else ""
    woke = f" {tell_arrows(trace)}" if arrows else ""
    return Picture(figure, f"{said}{_silent(shown)}{_in_words(trace, shown)}{woke}")


@styled()
def compare(runs: Mapping[Any, Traced] | Iterable[Traced], *charts: Charts) -> Picture:
    """Draw several runs on one time axis: a timeline each, then curves of all in one chart.

    Args:
        runs: by label, as a sweep or a dict has them; or just runs, which have names.
        charts: as for `draw`; by default timelines and throughput.

    Raises ValueError for no runs.
    """
    traces = {label: trace_of(run) for label, run in named(runs).items()}
    if not traces:
        raise ValueError("runs must hold at least one run, got none")
    shown = [as_chart(function) for function in charts or (timeline, throughput)]
    rows: list[tuple[Chart, dict[str, Trace], str]] = []
    for chart in shown:
        if chart.overlays:
            rows.append((chart, traces, ""))
        else:
            alike = _alike(traces) if chart is timeline else {name: name for name in traces}
            rows += [
                (chart, {name: traces[name]}, _entitled(names, traces[name]))
                for name, names in alike.items()
            ]
    end = max(map(time_limit, traces.values()))
    heights = [max(chart.height(trace) for trace in some.values()) for chart, some, _ in rows]
    looks = looks_in(traces.values()) if timeline in shown else []
    titles = [title for _, _, title in rows]
    figure, axes = _page(heights, titles, looks, _right(traces))
    for ax, (chart, some, title) in zip(axes, rows, strict=True):
        for label, trace in some.items():
            _draw_one(chart, trace, ax, title, label, end=end)
    add_key(axes[0], looks)
    share_time(axes, list(traces.values()))
    described = " ".join(f"{label}: {_in_words(run, shown)}" for label, run in traces.items())
    return Picture(figure, f"On one time axis. {_silent(shown)}{described}")


def _entitled(name: str, trace: Trace) -> str:
    """Return a name, cut if it is long, and the finding."""
    return f"{shorten(name, 300, 11, bold=True)}: {finding(trace)}" if name else finding(trace)


def _page(
    heights: Sequence[int], titles: Sequence[str], looks: Sequence[Look], right: int = RIGHT
) -> tuple[Figure, list[Axes]]:
    """Return a page with as much room above its charts as their titles and the key need."""
    rows: list[Row] = []
    for height, title in zip(heights, titles, strict=True):
        above = TITLE if title or rows or looks else BARE
        rows.append(Row(height, above=above + second_line(title), right=right))
    return page(rows, key=KEY if looks else 0)


def _alike(traces: Mapping[str, Trace]) -> dict[str, str]:
    """Return the runs whose timelines to draw, and whose each is: of many, those that differ."""
    if len(traces) <= MOST_END_LABELS:
        return {name: name for name in traces}
    first: dict[tuple[Span, ...], list[str]] = {}
    for name, trace in traces.items():
        first.setdefault(trace.spans, []).append(name)
    return {names[0]: " = ".join(names) for names in first.values()}


def _silent(charts: Iterable[Chart]) -> str:
    """Name the charts that say nothing of a run themselves."""
    words = ", ".join(chart.words for chart in charts if chart.tell is None)
    return f"Against time: {words}. " if words else ""


def _in_words(trace: Trace, charts: Sequence[Chart]) -> str:
    return told([timeline, *(chart for chart in charts if chart is not timeline)], trace)


def _draw_one(
    chart: Chart,
    trace: Trace,
    ax: Axes,
    title: str,
    label: str = "",
    end: float | None = None,
    arrows: bool = False,
) -> None:
    if chart.overlays:
        chart(trace, ax, label=label)
    elif chart is timeline:
        timeline(trace, ax, title="", key=False, end=end, arrows=arrows)
    else:
        chart(trace, ax)
    if title:
        write_title(ax, title, lines=2)


def _right(traces: Mapping[str, Trace]) -> int:
    """Return how many pixels the names of the curves need."""
    many = len(traces) > MOST_END_LABELS
    room, beside = (_LEGEND_LABEL, 90) if many else (_LABEL, 20)
    longest = max(width_of(shorten(label, room, 9), 9) for label in traces)
    return max(RIGHT, beside + round(longest))
