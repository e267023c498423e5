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
from matplotlib.patches import Rectangle

from lab.model.trace import Trace, Turn, decisive, telling
from lab.plots.axes import LINE, SMALL, add_key, share_time, time_limit
from lab.plots.figure import AXIS, TITLE, WIDTH, Row, page, styled
from lab.plots.lanes import looks_in, timeline
from lab.plots.palette import AHEAD, PALE, PLAIN, RING, WAITS
from lab.plots.picture import Picture
from lab.plots.words import shorten, width_of, wrap
from lab.tracing import Traced, trace_of

__all__ = [
    "Table",
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
_TEXT: Final = SMALL
_LINE: Final = 14  # pixels, for a second line in a box
_TITLE: Final = 10  # points
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
    tasks = tuple(dict.fromkeys(turn.task for turn in turns))
    table = Table(shown, tasks=tasks, ready=ready or {})
    page_rows = [turns_row(table, title), *timeline_rows(traces)]
    figure, (ax, *below) = page(page_rows, key=0, below=AXIS if traces else 12)
    paint_turns(ax, table, title=title, first=first, done=passed - first, ring=False)
    draw_timelines(below, dict.fromkeys(["timeline"] if traces else [], *traces))
    if below and passed < len(visible):
        now = visible[passed - 1].time if passed else 0.0
        below[0].axvspan(now, time_limit(traces[0]), color="white", alpha=0.8, zorder=6)
    said = "; ".join(f"{turn.task} {turn}" for turn in visible[first:passed])
    return Picture(figure, f"{text}\n{said}" if said else text)


class Table:
    """Turns laid out, one below the other, in a column for each task.

    Attributes:
        turns: in the order in which they were taken.
        tasks: the columns, from left to right.
        column: how wide each is, in pixels.
        lines: what stands in the box of each turn, in one or two lines.
        ready: who could go next, and with what.
        heights: of the rows, in pixels; one more if somebody is ready.
    """

    def __init__(
        self,
        turns: Sequence[Turn],
        *,
        tasks: Sequence[str] = (),
        ready: Mapping[str, str] = MappingProxyType({}),
        charts: int = 1,
    ) -> None:
        self.turns = turns
        self.tasks = _columns(turns, tasks)
        whole = (WIDTH - charts * _LEFT - _RIGHT) // charts
        self.column = whole / max(len(self.tasks), 1)
        room = self.column * (1 - 1.5 * _MARGIN)
        self.lines = [_in_lines(turn, room) for turn in turns]
        self.ready = {task: wrap(f"{what}?", room, _TEXT) for task, what in ready.items()}
        self.heights = [_ROW + _LINE * (len(lines) - 1) for lines in self.lines]
        if ready:
            self.heights.append(_ROW + _LINE * (max(map(len, self.ready.values())) - 1))

    @property
    def height(self) -> int:
        """Of all rows, in pixels."""
        return sum(self.heights)

    @property
    def decisive(self) -> int | None:
        """Which turn makes the difference; None without a move."""
        return decisive(self.turns)


def paint_turns(
    ax: Axes,
    table: Table,
    *,
    title: str,
    first: int = 0,
    done: int | None = None,
    ring: bool = True,
    height: int | None = None,
) -> None:
    """Draw turns one below the other, a column a task, the first task on the left.

    Args:
        ax: where to draw.
        table: the turns; who could go next comes below, in dashed boxes.
        title: what stands above.
        first: number of the first one, from 0.
        done: how many of the turns are done; the others are drawn pale. None: all.
        ring: whether to ring the turn that makes the difference.
        height: pixels of the chart, if it is higher than the table.
    """
    column = {task: number for number, task in enumerate(table.tasks)}
    middles = [sum(table.heights[:row]) + pixels / 2 for row, pixels in enumerate(table.heights)]
    done = len(table.turns) if done is None else done
    for row, turn in enumerate(table.turns):
        if turn.task not in column:
            continue
        x, y = column[turn.task], middles[row]
        fill, edge, ink = _look(turn) if row < done else PALE
        bold = "bold" if turn.instead_of else "normal"
        _box(ax, x, y, table.heights[row], facecolor=fill, edgecolor=edge)
        _write(ax, x, y, table.lines[row], color=ink, fontweight=bold)
        if ring and row == table.decisive:
            _ring(ax, x, y, table.heights[row])
    for task, lines in table.ready.items():
        if task in column:
            x, y = column[task], middles[-1]
            dashed = (0, (4, 3))
            _box(ax, x, y, table.heights[-1], facecolor="none", edgecolor="0.3", linestyle=dashed)
            _write(ax, x, y, lines, fontstyle="italic")
    ax.set_xlim(0, max(len(table.tasks), 1))
    ax.set_ylim(max(height or table.height, 1), 0)
    names = [shorten(task, table.column - 4, _TEXT) for task in table.tasks]
    ax.set_xticks([n + 0.5 for n in range(len(names))], names)
    ax.xaxis.tick_top()
    ax.set_yticks(middles[: len(table.turns)], _row_names(table.turns, first))
    ax.tick_params(length=0, labelsize=_TEXT)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if first:
        ax.annotate(
            f"{first} before",
            (0, 1),
            xycoords="axes fraction",
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            color="0.3",
            fontsize=_TEXT,
            annotation_clip=False,
            gid="before",
        )
    lines = wrap(title, _title_room(table), _TITLE, bold=True)
    ax.set_title("\n".join(lines), fontsize=_TITLE, pad=18)


def turns_row(table: Table, *titles: str, charts: int = 1) -> Row:
    """Return the room for a table under its title; or for several, side by side, of its height."""
    room = _title_room(table)
    most = max(len(wrap(title, room, _TITLE, bold=True)) for title in titles)
    above = _ABOVE + LINE * (most - 1)
    return Row(max(table.height, _ROW), above=above, left=_LEFT, right=_RIGHT, charts=charts)


def _title_room(table: Table) -> float:
    return table.column * max(len(table.tasks), 1)


def column_width(turns: Sequence[Turn]) -> float:
    """Return how many pixels a column needs for the longest of these turns."""
    widest = max((width_of(shorten(turn, WIDTH, _TEXT), _TEXT) for turn in turns), default=0)
    return widest / (1 - 2 * _MARGIN)


def has_timeline(trace: Trace) -> bool:
    """Whether its timeline says anything."""
    return bool(trace.workers and trace.elapsed)


def timeline_rows(traces: Iterable[Trace]) -> list[Row]:
    """Return the room for timelines below turns, and for their key."""
    runs = list(traces)
    key = 34 if looks_in(runs) else 12
    lanes = [min(max(len(trace.workers), 1), _MOST_LANES) for trace in runs]
    return [
        Row(max(30 * number, 50), above=TITLE if place else TITLE + key, right=_TIMELINE_RIGHT)
        for place, number in enumerate(lanes)
    ]


def draw_timelines(axes: Sequence[Axes], traces: Mapping[str, Trace]) -> None:
    """Draw timelines under their titles, on one time axis."""
    end = max(map(time_limit, traces.values()), default=None)
    for ax, (title, trace) in zip(axes, traces.items(), strict=True):
        timeline(trace, ax, title=title, key=False, end=end)
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


def _in_lines(turn: Turn, room: float) -> list[str]:
    """Return what stands in a box: in two lines, if need be, and if it can be with the result."""
    bold = bool(turn.instead_of)
    lines = wrap(turn, room, _TEXT, bold=bold)
    parts = [f"{replace(turn, result='')}:", turn.result]
    if len(lines) == 2 and all(wrap(part, room, _TEXT, bold=bold) == [part] for part in parts):
        return parts
    return lines


def _box(ax: Axes, x: float, y: float, height: float, **look: Any) -> None:
    ax.add_patch(Rectangle((x + 0.02, y - height / 2 + 2), 0.96, height - 4, **look))


def _ring(ax: Axes, x: float, y: float, height: float) -> None:
    """Draw a thick line around a box, which touches neither its text nor another's."""
    ring = Rectangle(
        (x + 0.005, y - height / 2 + 0.5),
        0.99,
        height - 1,
        fill=False,
        edgecolor=RING,
        linewidth=2.4,
        zorder=5,
        gid="ring",
    )
    ring.set_clip_on(False)
    ax.add_patch(ring)


def _write(ax: Axes, x: float, y: float, lines: Sequence[str], **look: Any) -> None:
    text = "\n".join(lines)
    ax.text(
        x + _MARGIN, y, text, va="center", fontsize=_TEXT, linespacing=1.1, clip_on=True, **look
    )


def _row_names(turns: Sequence[Turn], first: int) -> list[str]:
    """Number the rows; where the clock has moved, say to where."""
    times = [None, *(turn.time for turn in turns)]
    return [
        f"{number}" if turn.time == before else f"{turn.time:.6g} s  {number}"
        for number, (turn, before) in enumerate(zip(turns, times, strict=False), start=first + 1)
    ]
