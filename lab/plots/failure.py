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
MOST_WORDS: Final = 400  # characters; the whole story is `Failure.story`
_LAST: Final = 3  # turns named where none decides
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
    return Picture(figure, _in_words(failure, tables[0]))


def _first_row(turns: Sequence[Turn]) -> int:
    moved = [number for number, turn in enumerate(turns) if turn.instead_of]
    if not moved:
        return max(len(turns) - _MOST_ROWS, 0)
    latest = max(moved[-1] + 4 - _MOST_ROWS, 0)  # the last move has to be in the picture
    return max(moved[0] - _BEFORE, latest, 0)


def _fit_side_by_side(panels: Sequence[Sequence[Turn]]) -> bool:
    shown = [turn for turns in panels for turn in turns]
    return column_width(shown) * len({turn.task for turn in shown}) <= _HALF


def _in_words(failure: Failure, table: Table) -> str:
    """Say what goes wrong, which turn decides it, and what of the other order is known."""
    parts = [f"Goes wrong: {failure.message}."]
    decisive = table.decisive
    if decisive is None:
        last = "; ".join(f"{turn.task} {turn}" for turn in table.turns[-_LAST:])
        parts.append(f"It does so in the base order. Last: {last}.")
    else:
        turn = table.turns[decisive]
        moved = next(t for t in reversed(table.turns[: decisive + 1]) if t.instead_of)
        parts.append(f"Decisive: {turn.task} {turn}; it was let go before {moved.instead_of}.")
    if failure.passing_trace is None:
        parts.append("No schedule near it goes well.")
    else:
        parts.append("Beside it: the nearest schedule that goes well.")
    if has_timeline(failure.trace):
        parts.append(f"Timeline: {describe(failure.trace)}")
    text = " ".join(parts)
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
