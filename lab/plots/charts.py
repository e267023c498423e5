"""The charts: each takes a trace and an optional `ax`, draws through it only, and returns it.

Arithmetic stays in `lab.tracing`; here is only what has to do with looks.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lab import tracing
from lab.plots.palette import CURVES, LOOKS, STYLE_FILE, Look, look
from lab.tracing import Outcome, Span, State, Trace

__all__ = [
    "add_key",
    "draw_curve",
    "finding",
    "label_end",
    "new_axes",
    "queue_depth",
    "set_count_axis",
    "set_lanes",
    "set_time_axis",
    "spans_by_look",
    "throughput",
    "time_limit",
    "timeline",
    "worker_count",
    "write_on_bar",
]

BAR_HEIGHT: Final = 0.8
MOST_TEXTS: Final = 300
MOST_END_LABELS: Final = 3
BARS_A_COLUMN: Final = 1  # with more bars than that to a column of pixels, shares are drawn
MOST_LANE_NAMES: Final = 30
SHORTEST_OPEN_SPAN: Final = 0.05  # of the axis; a wait that a deadlock cut off at once must show


def timeline(
    trace: Trace, *, ax: Axes | None = None, title: str | None = None, key: bool = True
) -> Axes:
    """Draw what every worker did when, one lane a worker, the first on top.

    `title` replaces the finding; `key` says whether to explain the looks above the chart.
    """
    with matplotlib.rc_context(fname=STYLE_FILE):
        ax = ax or new_axes(height=1.2 + 0.42 * min(len(trace.workers), MOST_LANE_NAMES))
        lane = {worker: number for number, worker in enumerate(trace.workers)}
        end = time_limit(trace)
        by_look = spans_by_look(trace)
        columns = int(ax.get_window_extent().width)
        lasting = sum(span.end > span.start for span in trace.spans)
        if lasting > BARS_A_COLUMN * columns * len(lane):
            _draw_shares(ax, by_look, lane, np.linspace(0, end, columns + 1))
        else:
            for name, spans in by_look.items():
                _draw_bars(ax, LOOKS[name], spans, lane, trace.elapsed, end)
            _write_jobs(ax, trace, lane, end)
        set_lanes(ax, trace.workers)
        set_time_axis(ax, trace, end)
        if key:
            add_key(ax, by_look)
        ax.set_title(title if title is not None else finding(trace))
        return ax


def throughput(trace: Trace, *, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw the jobs done so far against time; jobs that failed are a curve of their own."""
    with matplotlib.rc_context(fname=STYLE_FILE):
        ax = ax or new_axes(height=2.2)
        times, counts = tracing.jobs_done(trace)
        _step(ax, [0.0, *times, trace.elapsed], [0, *counts, len(counts)], label or "")
        failed, numbers = tracing.jobs_done(trace, Outcome.FAILED)
        if failed and label is None:
            colour = LOOKS["failed"].fill
            values = [0, *numbers, len(numbers)]
            ax.step(
                [0.0, *failed, trace.elapsed], values, where="post", color=colour, linestyle=":"
            )
            label_end(ax, trace.elapsed, values[-1], "of these failed", colour)
        ax.set_ylabel("jobs done")
        set_count_axis(ax)
        set_time_axis(ax, trace, time_limit(trace))
        return ax


def queue_depth(
    trace: Trace, *, ax: Axes | None = None, name: str | None = None, label: str | None = None
) -> Axes:
    """Draw the values buffered in a channel against time; `name` None means the job channel.

    The capacity is drawn where the queue came near it. Raises ValueError for an unknown name.
    """
    with matplotlib.rc_context(fname=STYLE_FILE):
        ax = ax or new_axes(height=2.0)
        times, depths = tracing.queue_depth(trace, name)
        wanted = name or trace.job_queue
        if times:
            _step(ax, [*times, trace.elapsed], [*depths, depths[-1]], label or "")
            limit = next((q.limit for q in trace.queues if q.name == wanted), None)
            if limit and label is None and limit <= 2 * max(depths):
                ax.axhline(limit, color="0.35", linestyle=(0, (4, 3)), linewidth=1)
                label_end(ax, time_limit(trace), limit, f"capacity {limit}", "0.25")
        ax.set_ylabel("jobs queued" if wanted == trace.job_queue else f"in {wanted}")
        set_count_axis(ax)
        set_time_axis(ax, trace, time_limit(trace))
        return ax


def worker_count(trace: Trace, *, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw the number of workers alive against time."""
    with matplotlib.rc_context(fname=STYLE_FILE):
        ax = ax or new_axes(height=2.0)
        counter = tracing.worker_count(trace)
        last = counter.values[-1] if counter.values else 0
        _step(ax, [*counter.times, trace.elapsed], [*counter.values, last], label or "")
        ax.set_ylabel("workers")
        set_count_axis(ax)
        set_time_axis(ax, trace, time_limit(trace))
        return ax


def new_axes(height: float) -> Axes:
    """Return axes alone on a new figure, `height` inches high."""
    figure = Figure(figsize=(9, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def finding(trace: Trace) -> str:
    """Say in one line what the run came to.

    How busy the workers were is said only if all were there from the start: else it would count
    time in which some did not exist.
    """
    told = tracing.books(trace)
    jobs = f"{told.submitted} job" + "s" * (told.submitted != 1)
    workers = f"{len(trace.workers)} worker" + "s" * (len(trace.workers) != 1)
    text = f"{jobs} on {workers}: {tracing.elapsed_text(trace)}"
    if not tracing.workers_joined(trace):
        text += f", workers busy {tracing.utilisation(trace):.0%}"
    ended = {
        "failed": told.failed,
        "cancelled": told.cancelled,
        "never started": told.never_started,
    }
    return text + "".join(f", {number} {fate}" for fate, number in ended.items() if number)


def time_limit(trace: Trace) -> float:
    """Return where the time axis ends, in seconds: never at 0, and after an open span."""
    if trace.elapsed == 0:
        return 1.0
    cut_off = any(
        span.start == span.end == trace.elapsed and span.state is not State.STOPPED
        for span in trace.spans
    )
    return trace.elapsed * (1 + SHORTEST_OPEN_SPAN * cut_off)


def spans_by_look(trace: Trace) -> dict[str, list[Span]]:
    """Return the spans of each look that occurs, in the palette's order.

    A worker who left at once leaves its lane empty.
    """
    found: dict[str, list[Span]] = {name: [] for name in LOOKS}
    for span in trace.spans:
        if span.end > span.start or span.state is not State.STOPPED:
            found[look(span).name].append(span)
    return {name: spans for name, spans in found.items() if spans}


def _draw_bars(
    ax: Axes, style: Look, spans: Sequence[Span], lane: dict[str, int], elapsed: float, end: float
) -> None:
    height = BAR_HEIGHT if len(lane) <= 3 * MOST_LANE_NAMES else 1.0
    left, right = np.array([(span.start, span.end) for span in spans]).T
    row = np.array([lane[span.worker] for span in spans])
    if spans[0].state is not State.WORKING:  # all spans of one look are in one state
        right[(left == right) & (right == elapsed)] += SHORTEST_OPEN_SPAN * end
    instant = left == right
    bars = _corners(left, right, row, height)[~instant]
    ticks = np.stack([left, row - height / 2, left, row + height / 2], 1)[instant]
    many = len(bars) > MOST_TEXTS
    if len(bars):
        patches = PolyCollection(
            bars,
            facecolor=style.fill,
            edgecolor=style.ink,
            hatch=None if many else style.hatch,
            linewidth=0 if many else 0.8,
            label=style.name,
        )
        ax.add_collection(patches, autolim=False)
    if len(ticks):
        segments = list(ticks.reshape(-1, 2, 2))
        marks = LineCollection(segments, color=style.fill, linewidth=1.5, label=style.name)
        ax.add_collection(marks, autolim=False)


def _corners(
    left: NDArray[np.float64], right: NDArray[np.float64], row: NDArray[np.int_], height: float
) -> NDArray[np.float64]:
    """Return the corners of bars, shape (bars, 4, 2): as one array they are drawn fast."""
    top, bottom = row - height / 2, row + height / 2
    return np.stack([left, top, right, top, right, bottom, left, bottom], 1).reshape(-1, 4, 2)


def _draw_shares(
    ax: Axes, by_look: dict[str, list[Span]], lane: dict[str, int], edges: NDArray[np.float64]
) -> None:
    """Draw lanes in which bars are narrower than a pixel, and would hide one another.

    Between two edges (seconds) a lane is divided, from below, by the shares of the time that its
    worker spent in each state.
    """
    lanes = np.arange(len(lane))[:, np.newaxis]
    apart = 2 * edges[-1]  # the lanes are laid end to end, so that one sum serves all
    floor = np.zeros((len(lane), len(edges) - 1))
    x = np.repeat(edges, 2)[1:-1]
    for name, spans in by_look.items():
        ordered = sorted((lane[span.worker], span.start, span.end) for span in spans)
        number, start, end = np.array(ordered).T
        spent = np.concatenate([[0.0], np.cumsum(end - start)])
        times = np.stack([start, end], axis=1) + apart * number[:, np.newaxis]
        until = np.interp(edges + apart * lanes, times.ravel(), np.repeat(spent, 2)[1:-1])
        top = floor + np.diff(until, axis=1) / np.diff(edges)
        bands = [
            np.column_stack(
                [
                    np.concatenate([x, x[::-1]]),
                    n + BAR_HEIGHT * (0.5 - np.repeat(np.concatenate([low, high[::-1]]), 2)),
                ]
            )
            for n, (low, high) in enumerate(zip(floor, top, strict=True))
            if np.any(high > low)
        ]
        style = LOOKS[name]
        patches = PolyCollection(
            bands,
            facecolor=style.fill,
            edgecolor=style.ink,
            hatch=style.hatch,
            linewidth=0,
            label=name,
        )
        ax.add_collection(patches, autolim=False)
        floor = top
    ax.set_ylabel("shares of time")


def set_lanes(ax: Axes, workers: Sequence[str]) -> None:
    """Give each worker a lane with its name, the first on top."""
    step = -(-len(workers) // MOST_LANE_NAMES) or 1
    ax.set_ylim(max(len(workers), 1) - 0.4, -0.6)
    ax.set_yticks(range(0, len(workers), step), [_short(w) for w in workers[::step]])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"


def _write_jobs(ax: Axes, trace: Trace, lane: dict[str, int], end: float) -> None:
    figure = ax.get_figure()
    assert figure is not None
    inches = ax.get_window_extent().width / figure.dpi
    worked = [s for s in trace.spans if s.state is State.WORKING and s.job is not None]
    if len(worked) > MOST_TEXTS or len(trace.workers) > MOST_LANE_NAMES:
        return
    roomy = [s for s in worked if (len(s.job or "") * 0.085 + 0.06) * end < s.duration * inches]
    if 2 * len(roomy) < sum(span.duration > 0 for span in worked):
        return  # a few numbers among many bars without one are a riddle
    for span in roomy:
        style = look(span)
        write_on_bar(ax, (span.start + span.end) / 2, lane[span.worker], span.job or "", style)


def write_on_bar(ax: Axes, x: float, y: float, text: str, style: Look) -> None:
    """Write a number in the middle of a bar that has this look."""
    # On hatching a number is read only with the fill behind it.
    box = {"facecolor": style.fill, "edgecolor": "none", "pad": 1.2} if style.hatch else None
    ax.text(
        x,
        y,
        text,
        color=style.text,
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold",
        bbox=box,
        clip_on=True,
    )


def add_key(ax: Axes, there: Container[str], looks: Iterable[Look] = tuple(LOOKS.values())) -> None:
    """Explain above the title of `ax` those of `looks` whose names are `there`."""
    handles = [
        Patch(facecolor=s.fill, edgecolor=s.ink, hatch=s.hatch * 2, label=s.name)
        for s in looks
        if s.name in there
    ]
    if handles:
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(-0.01, 1, 0, 0),
            borderpad=0,
            ncols=len(handles),
            frameon=False,
            fontsize=9,
            handlelength=1.6,
            columnspacing=1.2,
            borderaxespad=2.6,  # font sizes: room for the title between key and chart
        )


def _step(ax: Axes, times: Sequence[float], values: Sequence[float], label: str) -> None:
    draw_curve(ax, times, values, label, drawstyle="steps-post")


def draw_curve(
    ax: Axes,
    times: Sequence[float],
    values: Sequence[float],
    label: str,
    drawstyle: Literal["default", "steps-post"] = "default",
) -> None:
    """Draw a curve in the next of the looks for curves, and name it if it has a label."""
    colour, dashes = CURVES[sum(line.get_gid() == "curve" for line in ax.lines) % len(CURVES)]
    ax.plot(
        times,
        values,
        drawstyle=drawstyle,
        color=colour,
        linestyle=dashes,
        gid="curve",
        clip_on=False,
        label=label or "_curve",
    )
    if label:
        _name_curves(ax)


def _name_curves(ax: Axes) -> None:
    """Label the curves where they end, or, if they are many, beside the chart.

    Of curves that coincide only the first is shown; it bears all their names.
    """
    curves: dict[tuple[bytes, bytes], tuple[Line2D, list[str]]] = {}
    for line in ax.lines:
        if line.get_gid() == "curve":
            x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
            first, names = curves.setdefault((x.tobytes(), y.tobytes()), (line, []))
            names.append(str(line.get_label()))
            line.set_visible(line is first)
    for text in [text for text in ax.texts if text.get_gid() == "end"]:
        text.remove()
    if len(curves) > MOST_END_LABELS:
        handles = [
            Line2D([], [], label=name, color=line.get_color(), linestyle=line.get_linestyle())
            if number == 0
            else Line2D([], [], label=f"= {name}", linestyle="none")
            for line, names in curves.values()
            for number, name in enumerate(names)
        ]
        ax.legend(
            handles=handles,
            loc="center left",
            bbox_to_anchor=(1, 0.5),
            frameon=False,
            fontsize=8,
            handlelength=2.8,
            handletextpad=0.5,
            labelspacing=0.2,
            borderpad=0,
            borderaxespad=0.8,
        )
        return
    for line, names in curves.values():
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        label_end(ax, x[-1], y[-1], "\n= ".join(names), str(line.get_color()))


def label_end(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write `text` beside the end of a curve, above the labels that are already there."""
    near = sum(
        other.get_gid() == "end" and abs(other.xy[0] - x) < 0.15 * max(x, 1e-9)  # type: ignore[attr-defined]
        for other in ax.texts
        if abs(getattr(other, "xy", (0, 0))[1] - y) < 0.2 * max(y, 1)
    )
    ax.annotate(
        text,
        (x, y),
        xytext=(5, 11 * near + (7 if y == 0 else 0)),
        textcoords="offset points",
        color=colour,
        fontsize=9,
        va="center",
        annotation_clip=False,
        path_effects=[withStroke(linewidth=3, foreground="white")],  # read across a curve
        gid="end",
    )


def set_count_axis(ax: Axes) -> None:
    """Let the vertical axis begin at 0 and have whole numbers."""
    top = max((max(line.get_ydata()) for line in ax.lines), default=0)  # type: ignore[type-var,arg-type]
    top = float(top)  # type: ignore[arg-type]
    ax.set_ylim(0, max(top * 1.15, 1))
    steps = (digit * 10**power for power in range(9) for digit in (1, 2, 4, 5))
    wide = [step for step in steps if top <= 4 * step]
    # If there is one, a step that meets the highest value, so that it can be read.
    step = next((step for step in wide if step <= top and top % step == 0), wide[0])
    ax.set_yticks(range(0, int(top) + 1, step))


def set_time_axis(ax: Axes, trace: Trace, end: float) -> None:
    """Let the horizontal axis run from 0 to `end` seconds, and name the trace's clock."""
    curves = sum(line.get_gid() == "curve" for line in ax.lines)
    ax.set_xlim(0, max(end, ax.get_xlim()[1] if curves > 1 else 0))
    if trace.elapsed == 0:
        ax.set_xticks([0])
    ax.set_xlabel("seconds (virtual)" if trace.clock == "virtual" else "seconds")
