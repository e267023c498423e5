"""Turns of a schedule: who did what in which order.

Most operations take no time, so on a time axis they would all lie on one spot. Here they come one
below the other, a column a task.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, Rectangle

from lab.model.trace import Trace, Turn, telling
from lab.plots.axes import add_key, share_time, time_limit, write_title
from lab.plots.figure import AXIS, TITLE, WIDTH, Row, page, styled
from lab.plots.lanes import looks_in, timeline
from lab.plots.palette import AHEAD, PALE, PLAIN, RING, WAITS
from lab.plots.picture import Picture
from lab.plots.words import shorten, width_of
from lab.tracing import Traced, trace_of

__all__ = [
    "column_width",
    "draw_timelines",
    "draw_turns",
    "has_timeline",
    "paint_turns",
    "timeline_rows",
    "turns_row",
]

_ROW, _ABOVE, _LEFT, _RIGHT = 22, 62, 78, 14  # pixels
_TIMELINE_RIGHT: Final = 40  # pixels
_MOST_LANES: Final = 12
_TEXT: Final = 8  # points
_MARGIN: Final = 0.06  # of a column, before a text
_MOST_COLUMNS: Final = 7


@styled()
def draw_turns(
    turns: Sequence[Turn],
    *,
    title: str,
    text: str,
    rows: int = 20,
    done: int | None = None,
    ready: Mapping[str, str] | None = None,
    run: Traced | None = None,
    moves: bool = False,
) -> Picture:
    """Draw turns of a run, a column a task: the last ones, or those around the last one done.

    Args:
        turns: in the order in which they were taken.
        title: what stands above.
        text: the alternative text; what the picture shows is said behind it.
        rows: turns to show, >= 1.
        done: turns done so far, of those that the picture can show, >= 0; the later ones are drawn
            pale. None: all.
        ready: who could go next, and with what; drawn dashed.
        run: whose timeline to draw below, pale after the time of the last turn done.
        moves: whether to mark the turns at which the schedule moved somebody ahead.
    """
    visible = telling(turns if moves else [replace(turn, instead_of=None) for turn in turns])
    passed = len(visible) if done is None else min(max(done, 0), len(visible))
    first = max(min(max(passed - rows // 2, 0), len(visible) - rows), 0)
    shown = visible[first : first + rows]
    traces = [] if run is None else [trace for trace in [trace_of(run)] if has_timeline(trace)]
    page_rows = [turns_row(max(len(shown) + bool(ready), 1)), *timeline_rows(traces)]
    figure, (ax, *below) = page(page_rows, key=0, below=AXIS if traces else 12)
    paint_turns(
        ax,
        shown,
        title=title,
        first=first,
        tasks=tuple(dict.fromkeys(turn.task for turn in turns)),
        done=passed - first,
        ready=ready or {},
        ring=False,
    )
    draw_timelines(below, dict.fromkeys(["timeline"] if traces else [], *traces))
    if below and passed < len(visible):
        now = visible[passed - 1].time if passed else 0.0
        below[0].axvspan(now, time_limit(traces[0]), color="white", alpha=0.8, zorder=6)
    said = "; ".join(f"{turn.task} {turn}" for turn in visible[first:passed])
    return Picture(figure, f"{text}\n{said}" if said else text)


def paint_turns(
    ax: Axes,
    turns: Sequence[Turn],
    *,
    title: str,
    first: int = 0,
    tasks: Sequence[str] = (),
    done: int | None = None,
    ready: Mapping[str, str] = MappingProxyType({}),
    ring: bool = True,
) -> None:
    """Draw turns one below the other, a column a task, the first task on the left.

    Args:
        ax: where to draw.
        turns: in the order in which they were taken.
        title: what stands above.
        first: number of the first one, from 0.
        tasks: the columns, if they are not just those of the turns.
        done: how many of the turns are done; the others are drawn pale. None: all.
        ready: who could go next, and with what: dashed boxes below.
        ring: whether to ring the last turn at which the schedule moved somebody ahead.
    """
    tasks = _columns(turns, tasks)
    column = {task: number for number, task in enumerate(tasks)}
    pixels = ax.get_position().width * WIDTH / max(len(tasks), 1)
    guilty = max((n for n, turn in enumerate(turns) if turn.instead_of), default=None)
    done = len(turns) if done is None else done
    for row, turn in enumerate(turns):
        if turn.task not in column:
            continue
        x = column[turn.task]
        fill, edge, ink = _look(turn) if row < done else PALE
        bold = bool(turn.instead_of)
        _box(ax, x, row, facecolor=fill, edgecolor=edge)
        _write(ax, x, row, str(turn), pixels, color=ink, fontweight="bold" if bold else "normal")
        if row == guilty and ring:
            around = Ellipse(
                (x + 0.5, row), 1.06, 1.5, fill=False, edgecolor=RING, linewidth=2.4, zorder=5
            )
            around.set_clip_on(False)
            ax.add_patch(around)
    for task, operation in ready.items():
        if task in column:
            x = column[task]
            _box(ax, x, len(turns), facecolor="none", edgecolor="0.3", linestyle=(0, (4, 3)))
            _write(ax, x, len(turns), f"{operation}?", pixels, fontstyle="italic")
    ax.set_xlim(0, max(len(tasks), 1))
    ax.set_ylim(len(turns) + bool(ready) - 0.4, -0.6)
    names = [shorten(task, pixels - 4, _TEXT) for task in tasks]
    ax.set_xticks([n + 0.5 for n in range(len(tasks))], names)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(turns)), _row_names(turns, first))
    ax.tick_params(length=0, labelsize=_TEXT)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    write_title(ax, title, size=10, pad=18)


def turns_row(turns: int, charts: int = 1) -> Row:
    """Return the room for so many turns, in charts side by side."""
    return Row(turns * _ROW, above=_ABOVE, left=_LEFT, right=_RIGHT, charts=charts)


def column_width(turns: Sequence[Turn]) -> float:
    """Return how many pixels a column needs for the longest of these turns."""
    widest = max((width_of(shorten(turn, WIDTH, _TEXT), _TEXT) for turn in turns), default=0)
    return widest / (1 - 2 * _MARGIN)


def has_timeline(trace: Trace) -> bool:
    """Whether its timeline says anything."""
    return bool(trace.workers and trace.elapsed)


def timeline_rows(traces: Iterable[Trace]) -> list[Row]:
    """Return the room for timelines below turns, and for their key."""
    lanes = [min(max(len(trace.workers), 1), _MOST_LANES) for trace in traces]
    return [
        Row(max(30 * number, 50), above=TITLE if place else TITLE + 34, right=_TIMELINE_RIGHT)
        for place, number in enumerate(lanes)
    ]


def draw_timelines(axes: Sequence[Axes], traces: Mapping[str, Trace]) -> None:
    """Draw timelines under their titles, on one time axis."""
    for ax, (title, trace) in zip(axes, traces.items(), strict=True):
        timeline(trace, ax, title=title, key=False)
        ax.title.set_fontsize(10)
    if axes:
        add_key(axes[0], looks_in(traces.values()))
        share_time(axes, list(traces.values()))


def _look(turn: Turn) -> tuple[str, str, str]:
    if turn.instead_of:
        return AHEAD
    return WAITS if "waits" in turn.result else PLAIN


def _columns(turns: Sequence[Turn], tasks: Sequence[str]) -> Sequence[str]:
    """Return the tasks to draw: if there are too many, those first that do something."""
    if len(tasks) > _MOST_COLUMNS or not tasks:
        tasks = tuple(dict.fromkeys([*(turn.task for turn in turns), *tasks]))
    return sorted(tasks[:_MOST_COLUMNS], key=_by_number)


def _by_number(task: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Sort main before the others, and worker-2 before worker-10."""
    parts = re.split(r"([0-9]+)", task)
    return task != "main", [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]


def _box(ax: Axes, x: float, row: int, **look: Any) -> None:
    ax.add_patch(Rectangle((x + 0.02, row - 0.42), 0.96, 0.84, **look))


def _write(ax: Axes, x: float, row: int, text: str, pixels: float, **look: Any) -> None:
    bold = look.get("fontweight") == "bold"
    shown = shorten(text, pixels * (1 - 1.5 * _MARGIN), _TEXT, bold=bold)
    ax.text(x + _MARGIN, row, shown, va="center", fontsize=_TEXT, clip_on=True, **look)


def _row_names(turns: Sequence[Turn], first: int) -> list[str]:
    """Number the rows; where the clock has moved, say to where."""
    times = [None, *(turn.time for turn in turns)]
    return [
        f"{number}" if turn.time == before else f"{turn.time:.6g} s  {number}"
        for number, (turn, before) in enumerate(zip(turns, times, strict=False), start=first + 1)
    ]
