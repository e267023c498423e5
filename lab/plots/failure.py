"""A schedule that goes wrong, beside the nearest that goes well; the timelines stand below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.exploration import Failure
from lab.model.trace import Turn, telling
from lab.plots.figure import AXIS, page, styled
from lab.plots.picture import Picture
from lab.plots.turns import (
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

    The turn that makes the difference is ringed: the last one at which the schedule let another
    task go first. If the base run itself goes wrong there is none, and the end is shown.
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
    lengths = [len(shown) for shown in panels.values()]
    if len(panels) == 2 and _fit_side_by_side([*panels.values()]):
        lengths = [max(lengths)] * 2
        rows = [turns_row(lengths[0], charts=2)]
    else:
        rows = [turns_row(length) for length in lengths]
    rows += timeline_rows(traces.values())
    figure, axes = page(rows, key=0, below=AXIS if traces else 12)
    for ax, (title, shown), length in zip(axes, panels.items(), lengths, strict=False):
        paint_turns(ax, shown, title=title, first=start)
        ax.set_ylim(length - 0.4, -0.6)
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
