"""A schedule that goes wrong: who did what in which order, beside the nearest that goes well.

Most operations take no time, so on a time axis they would all lie on one spot. Here they come one
below the other, a column a task; the timelines of both runs stand below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from lab.model.trace import Turn, telling
from lab.plots.charts import add_key, spans_by_look, time_limit, timeline
from lab.plots.palette import STYLE_FILE
from lab.plots.picture import Picture
from lab.tracing import Trace, describe

__all__ = ["FailureLike", "draw_failure", "draw_steps", "steps"]

_WIDTH, _DPI = 900, 100  # pixels, pixels an inch
_ROW, _HEAD, _GAP, _LEFT, _LANE, _FOOT = 22, 62, 0, 78, 30, 52  # pixels
_CHARACTER: Final = 6.4  # pixels, as wide as one is on average
_MOST_ROWS: Final = 16
_MOST_COLUMNS: Final = 7
_BEFORE: Final = 3  # rows before the first move
_GUILTY: Final = "#D55E00"
_MOVED_FILL: Final = "#FBE3D3"
_WAITS_FILL: Final = "#EFEFEF"


Box: TypeAlias = tuple[float, float, float, float]
Panel: TypeAlias = tuple[str, list[Turn], int]  # a name, turns, the number of the first


class FailureLike(Protocol):
    """What a picture needs to know of a schedule that went wrong."""

    @property
    def kind(self) -> str: ...

    @property
    def message(self) -> str: ...

    @property
    def trace(self) -> Trace: ...

    @property
    def turns(self) -> tuple[Turn, ...]: ...

    @property
    def passing_trace(self) -> Trace | None: ...

    @property
    def passing_turns(self) -> tuple[Turn, ...]: ...

    def story(self) -> str: ...


def draw_failure(failure: FailureLike) -> Picture:
    """Draw a failure: its steps beside those of the nearest schedule that goes well; timelines.

    The step that makes the difference is ringed: the last one for which the schedule gave another
    task the turn. If the base run itself goes wrong there is none, and the end is shown.
    """
    wrong, well = telling(failure.turns), telling(failure.passing_turns)
    start = _first_row(wrong)
    panels = [("goes wrong", wrong[start : start + _MOST_ROWS], start)]
    if well:
        panels.append(("goes well", well[start : start + _MOST_ROWS], start))
    traces = [("goes wrong", failure.trace)]
    if failure.passing_trace is not None:
        traces.append(("goes well", failure.passing_trace))
    traces = [(name, trace) for name, trace in traces if trace.workers and trace.elapsed]
    rows = [len(turns) for _, turns, _ in panels]
    shown = [turn for _, turns, _ in panels for turn in turns]
    room = _characters(_WIDTH // 2 - _LEFT, len({turn.task for turn in shown}))
    side_by_side = all(len(str(turn)) <= room for turn in shown)
    if side_by_side:
        rows = [max(rows)] * len(rows)
    with matplotlib.rc_context(fname=STYLE_FILE):
        layout = _Layout(rows, side_by_side, [trace for _, trace in traces])
        figure = Figure(figsize=(_WIDTH / _DPI, layout.height / _DPI), dpi=_DPI)
        FigureCanvasAgg(figure)
        for box, count, (name, turns, first) in zip(layout.panels, rows, panels, strict=True):
            ax = figure.add_axes(box)
            steps(turns, ax=ax, title=_panel_title(name, failure), first=first)
            ax.set_ylim(count - 0.4, -0.6)
        _draw_timelines(figure, layout.timelines, traces)
    return Picture(figure, _in_words(failure, panels))


def draw_steps(
    turns: Sequence[Turn],
    *,
    title: str,
    text: str,
    rows: int = 20,
    done: int | None = None,
    ready: Mapping[str, str] | None = None,
    trace: Trace | None = None,
    moves: bool = False,
) -> Picture:
    """Draw turns of a run, a column a task: the last ones, or those around the last one done.

    Args:
        turns: in the order in which they were taken.
        title: what stands above.
        text: the alternative text; what the picture shows is told behind it.
        rows: turns to show, >= 1.
        done: turns done so far, of those that the picture can show, >= 0; the later ones are drawn
            pale. None: all.
        ready: who could go next, and with what; drawn dashed.
        trace: the timeline to draw below, pale after the time of the last turn done.
        moves: whether to mark the turns at which the schedule moved somebody ahead.
    """
    visible = telling(turns if moves else [replace(turn, instead_of=None) for turn in turns])
    passed = len(visible) if done is None else min(max(done, 0), len(visible))
    first = max(min(max(passed - rows // 2, 0), len(visible) - rows), 0)
    shown = visible[first : first + rows]
    traces = [] if trace is None or not trace.workers or not trace.elapsed else [trace]
    with matplotlib.rc_context(fname=STYLE_FILE):
        layout = _Layout([max(len(shown) + bool(ready), 1)], side_by_side=False, traces=traces)
        figure = Figure(figsize=(_WIDTH / _DPI, layout.height / _DPI), dpi=_DPI)
        FigureCanvasAgg(figure)
        ax = figure.add_axes(layout.panels[0])
        steps(
            shown,
            ax=ax,
            title=title,
            first=first,
            tasks=tuple(dict.fromkeys(turn.task for turn in turns)),
            done=passed - first,
            ready=ready or {},
            ring=False,
        )
        _draw_timelines(figure, layout.timelines, [("", trace) for trace in traces])
        if traces and passed < len(visible):
            now = visible[passed - 1].time if passed else 0.0
            figure.axes[-1].axvspan(now, time_limit(traces[0]), color="white", alpha=0.8, zorder=6)
    told = "; ".join(f"{turn.task} {turn}" for turn in visible[first:passed])
    return Picture(figure, f"{text}\n{told}" if told else text)


def steps(
    turns: Sequence[Turn],
    *,
    ax: Axes,
    title: str | None = None,
    first: int = 0,
    tasks: Sequence[str] = (),
    done: int | None = None,
    ready: Mapping[str, str] = MappingProxyType({}),
    ring: bool = True,
) -> Axes:
    """Draw turns one below the other, a column a task, the first task on the left.

    Args:
        turns: in the order in which they were taken.
        ax: where to draw.
        title: what stands above.
        first: number of the first one, from 0.
        tasks: the columns, if they are not just those of the turns.
        done: how many of the turns are done; the others are drawn pale. None: all.
        ready: who could go next, and with what: dashed boxes below.
        ring: whether to ring the last turn at which the schedule moved somebody ahead.
    """
    tasks = _columns(turns, tasks)
    column = {task: number for number, task in enumerate(tasks)}
    characters = _characters(ax.get_position().width * _WIDTH, len(tasks))
    guilty = max((n for n, turn in enumerate(turns) if turn.instead_of), default=None)
    done = len(turns) if done is None else done
    for row, turn in enumerate(turns):
        if turn.task not in column:
            continue
        x, weight = column[turn.task], "bold" if turn.instead_of else "normal"
        fill = (
            _MOVED_FILL if turn.instead_of else _WAITS_FILL if "waits" in turn.result else "#FFFFFF"
        )
        if row < done:
            edge, ink = "0.6", "black"
        else:
            fill, edge, ink = "#FFFFFF", "0.88", "0.65"
        _box(ax, x, row, facecolor=fill, edgecolor=edge)
        _write(ax, x, row, _short(str(turn), characters), color=ink, fontweight=weight)
        if row == guilty and ring:
            around = Ellipse(
                (x + 0.5, row), 1.06, 1.5, fill=False, edgecolor=_GUILTY, linewidth=2.4, zorder=5
            )
            around.set_clip_on(False)
            ax.add_patch(around)
    for task, operation in ready.items():
        if task in column:
            x = column[task]
            _box(ax, x, len(turns), facecolor="none", edgecolor="0.3", linestyle=(0, (4, 3)))
            _write(ax, x, len(turns), _short(f"{operation}?", characters), fontstyle="italic")
    ax.set_xlim(0, max(len(tasks), 1))
    ax.set_ylim(len(turns) + bool(ready) - 0.4, -0.6)
    ax.set_xticks([n + 0.5 for n in range(len(tasks))], [_short(t, characters) for t in tasks])
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(turns)), _row_names(turns, first))
    ax.tick_params(length=0, labelsize=8)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if title is not None:
        ax.set_title(title, fontsize=10, pad=18)
    return ax


def _characters(width: float, columns: int) -> int:
    """Return how many characters have room in one of the columns in `width` pixels."""
    return int(width / max(columns, 1) / _CHARACTER)


def _columns(turns: Sequence[Turn], tasks: Sequence[str]) -> Sequence[str]:
    """Return the tasks to draw: if there are too many, those first that do something."""
    if len(tasks) > _MOST_COLUMNS or not tasks:
        tasks = tuple(dict.fromkeys([*(turn.task for turn in turns), *tasks]))
    return sorted(tasks[:_MOST_COLUMNS], key=_by_number)


def _by_number(task: str) -> tuple[bool, list[str | int]]:
    """Sort main before the others, and worker-2 before worker-10."""
    parts = re.split(r"(\d+)", task)
    return task != "main", [int(p) if p.isdigit() else p for p in parts]


def _box(ax: Axes, x: float, row: int, **look: Any) -> None:
    ax.add_patch(Rectangle((x + 0.02, row - 0.42), 0.96, 0.84, **look))


def _write(ax: Axes, x: float, row: int, text: str, **look: Any) -> None:
    ax.text(x + 0.06, row, text, va="center", fontsize=8, clip_on=True, **look)


class _Layout:
    """Where the axes lie, in whole pixels, so that no rounding decides where an edge falls."""

    def __init__(self, rows: Sequence[int], side_by_side: bool, traces: list[Trace]) -> None:
        """`rows`: of each panel of steps; the same for all if they stand side by side."""
        across = len(rows) if side_by_side else 1
        lanes = [min(max(len(trace.workers), 1), 12) for trace in traces]
        heights = [max(_LANE * count, 50) for count in lanes]
        self.height = sum(_HEAD + count * _ROW for count in rows[::across]) + 12
        self.height += sum(height + 36 for height in heights) + (_FOOT + 22 if heights else 0)
        width = (_WIDTH - across * _LEFT - (across - 1) * _GAP - 14) // across
        self.panels: list[Box] = []
        self.timelines: list[Box] = []
        top = self.height
        for number, count in enumerate(rows):
            left = _LEFT + (number % across) * (width + _GAP + _LEFT)
            bottom = top - _HEAD - count * _ROW
            self.panels.append(self._box(left, bottom, width, count * _ROW))
            if number % across == across - 1:
                top = bottom
        top -= 34
        for height in heights:
            top -= 36 + height
            self.timelines.append(self._box(95, top, _WIDTH - 95 - 40, height))

    def _box(self, left: int, bottom: int, width: int, height: int) -> Box:
        return left / _WIDTH, bottom / self.height, width / _WIDTH, height / self.height


def _draw_timelines(
    figure: Figure, boxes: Sequence[Box], traces: Sequence[tuple[str, Trace]]
) -> None:
    axes = [figure.add_axes(box) for box in boxes]
    for ax, (name, trace) in zip(axes, traces, strict=True):
        timeline(trace, ax=ax, title=f"timeline: {name}" if name else "timeline", key=False)
        ax.title.set_fontsize(10)
    if axes:
        add_key(axes[0], {name for _, trace in traces for name in spans_by_look(trace)})
        end = max(time_limit(trace) for _, trace in traces)
        for ax in axes:
            ax.set_xlim(0, end)
        for ax in axes[:-1]:
            ax.set_xlabel("")
            ax.tick_params(axis="x", labelbottom=False)


def _first_row(turns: Sequence[Turn]) -> int:
    moved = [number for number, turn in enumerate(turns) if turn.instead_of]
    if not moved:
        return max(len(turns) - _MOST_ROWS, 0)
    latest = max(moved[-1] + 4 - _MOST_ROWS, 0)  # the last move has to be in the picture
    return max(moved[0] - _BEFORE, latest, 0)


def _panel_title(name: str, failure: FailureLike) -> str:
    return _short(f"{name}: {failure.message}", 92) if name == "goes wrong" else name


def _row_names(turns: Sequence[Turn], first: int) -> list[str]:
    """Number the rows; where the clock has moved, say to where."""
    times = [None, *(turn.time for turn in turns)]
    return [
        f"{number}" if turn.time == before else f"{turn.time:.6g} s  {number}"
        for number, (turn, before) in enumerate(zip(turns, times, strict=False), start=first + 1)
    ]


def _short(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def _in_words(failure: FailureLike, panels: Sequence[Panel]) -> str:
    text = failure.story()
    if failure.trace.workers:
        text += f"\nTimeline: {describe(failure.trace)}"
    if failure.passing_trace is None:
        return f"{text}\nNo schedule near it goes well."
    steps_told = "; ".join(f"{turn.task} {turn}" for turn in panels[-1][1])
    return f"{text}\nThe nearest schedule that goes well: {steps_told}"
