"""A schedule that goes wrong, beside the nearest that goes well; the timelines stand below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.exploration import Failure
from lab.model.trace import Turn, telling
from lab.plots.figure import AXIS, page, styled
from lab.plots.picture import Picture
from lab.plots.turns import (
    Table,
    column_width,
    draw_timelines,
    has_timeline,
    paint_turns,
    timeline_rows,
    turns_row,
)
from lab.tracing import describe

__all__ = ["draw_failure"]

_MOST_ROWS: Final = 16
_BEFORE: Final = 3  # rows before the first move
_HALF: Final = 358  # pixels of one of two charts side by side


@styled()
def draw_failure(failure: Failure) -> Picture:
    """Draw a failure: its turns beside those of the nearest schedule that goes well; timelines.

    The turn that makes the difference is ringed: what the task did that the schedule let go first
    the last time. If the base run itself goes wrong there is none, and the end is shown.
    """
    turns = telling(failure.turns)
    start = _first_row(turns)
    panels = {f"goes wrong: {failure.message}": turns[start : start + _MOST_ROWS]}
    if well := telling(failure.passing_turns):
        panels["goes well"] = well[start : start + _MOST_ROWS]
    traces = {"timeline: goes wrong": failure.trace}
    if failure.passing_trace is not None:
        traces["timeline: goes well"] = failure.passing_trace
    traces = {title: trace for title, trace in traces.items() if has_timeline(trace)}
    beside = len(panels) == 2 and _fit_side_by_side([*panels.values()])
    tables = [Table(shown, charts=1 + beside) for shown in panels.values()]
    if beside:
        rows = [turns_row(max(tables, key=lambda table: table.height), *panels, charts=2)]
    else:
        rows = [turns_row(table, title) for title, table in zip(panels, tables, strict=True)]
    heights = [max(table.height for table in tables)] * 2 if beside else [None] * 2
    rows += timeline_rows(traces.values())
    figure, axes = page(rows, key=0, below=AXIS if traces else 12)
    for ax, title, table, height in zip(axes, panels, tables, heights, strict=False):
        paint_turns(ax, table, title=title, first=start, height=height)
    draw_timelines(axes[len(panels) :], traces)
    return Picture(figure, _in_words(failure, [*panels.values()]))


def _first_row(turns: Sequence[Turn]) -> int:
    moved = [number for number, turn in enumerate(turns) if turn.instead_of]
    if not moved:
        return max(len(turns) - _MOST_ROWS, 0)
    latest = max(moved[-1] + 4 - _MOST_ROWS, 0)  # the last move has to be in the picture
    return max(moved[0] - _BEFORE, latest, 0)


def _fit_side_by_side(panels: Sequence[Sequence[Turn]]) -> bool:
    shown = [turn for turns in panels for turn in turns]
    return column_width(shown) * len({turn.task for turn in shown}) <= _HALF


def _in_words(failure: Failure, panels: Sequence[Sequence[Turn]]) -> str:
    text = failure.story()
    if failure.trace.workers:
        text += f"\nTimeline: {describe(failure.trace)}"
    if failure.passing_trace is None:
        return f"{text}\nNo schedule near it goes well."
    turns = "; ".join(f"{turn.task} {turn}" for turn in panels[-1])
    return f"{text}\nThe nearest schedule that goes well: {turns}"
