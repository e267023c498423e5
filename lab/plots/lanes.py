"""Charts with a lane for each worker: what it did when, and how many heartbeats it missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lab.model.trace import Span, State, Trace
from lab.plots.axes import (
    MOST_LANE_NAMES,
    SHORTEST_OPEN_SPAN,
    SMALL,
    add_bars,
    add_key,
    corners,
    fits,
    is_open,
    set_lanes,
    set_time_axis,
    time_limit,
    write_on_bar,
    write_title,
)
from lab.plots.chart import Chart, chart
from lab.plots.figure import LEFT, RIGHT, WIDTH
from lab.plots.palette import ARROW, BEATS, LIFELINE, LOOKS, Look, look_of
from lab.plots.words import printable
from lab.tracing import describe
from lab.tracing.labels import others_in
from lab.tracing.names import finding

__all__ = ["LANE", "Health", "looks_in", "missed_beats", "tell_arrows", "timeline"]

LANE: Final = 36  # pixels
MOST_LANES: Final = 20  # so high; more of them share the height
BAR_HEIGHT: Final = 0.8  # of a lane
MOST_TEXTS: Final = 300
MOST_TOLD: Final = 20  # workers given up, in the alternative text
_APART: Final = 6  # pixels between arrows of one instant
_VISIBLE, _WIDE = 2, 60  # pixels of a bar: to be seen, and to ask for a number
BARS_A_COLUMN: Final = 1  # with more bars than that to a column of pixels, shares are drawn


def _lanes_height(trace: Trace) -> int:
    return max(LANE * min(max(len(trace.workers), 1), MOST_LANES), 50)


@chart("what each worker did when", height=_lanes_height, overlays=False, tell=describe)
def timeline(
    trace: Trace,
    ax: Axes,
    *,
    title: str | None = None,
    key: bool = True,
    end: float | None = None,
    arrows: bool = False,
) -> None:
    """Draw what every worker did when, one lane a worker, the first on top.

    `title` replaces the finding; `key` says whether to explain the looks above the chart, and
    `end` where its time axis will end (seconds), if that is not where the run does. `arrows` says
    whether to draw who woke whom: an arrow from the task that sent, received, closed, cancelled or
    ended, to the one that waited for it. Tasks that are no workers have lanes on top then.
    """
    lanes = [*(others_in(trace) if arrows else ()), *trace.workers]
    lane = {name: number for number, name in enumerate(lanes)}
    end = max(time_limit(trace), end or 0.0)
    by_look = _spans_by_look(trace)
    columns = int(ax.get_window_extent().width)
    lasting = sum(span.end > span.start for span in trace.spans)
    if lasting > BARS_A_COLUMN * columns * len(lane):
        _draw_shares(ax, by_look, lane, np.linspace(0, end, columns + 1))
    else:
        for name, spans in by_look.items():
            _draw_bars(ax, LOOKS[name], spans, lane, trace)
        _write_jobs(ax, trace, lane, end)
    set_lanes(ax, lanes)
    set_time_axis(ax, trace)
    write_title(ax, finding(trace) if title is None else title)
    if key:
        add_key(ax, looks_in([trace]))
    if arrows:
        _draw_arrows(ax, trace, lane, end)


def tell_arrows(trace: Trace) -> str:
    """Say what the arrows of a timeline show."""
    if not trace.wakes:
        return "No arrows: nobody was woken by another, or who woke whom was not recorded."
    times = Counter((wake.by, wake.task) for wake in trace.wakes)
    told = [f"{by} woke {task} {_times(n)}" for (by, task), n in times.most_common(MOST_TOLD)]
    more = len(times) - len(told)
    return f"Arrows: {', '.join(told + [f'and {more} more pairs'] * (more > 0))}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _draw_arrows(ax: Axes, trace: Trace, lane: dict[str, int], end: float) -> None:
    """Draw an arrow from each task that ended another's wait to the one that waited."""
    for other in range(len(lane) - len(trace.workers)):
        ax.axhline(other, color=LIFELINE, linewidth=1, zorder=0.5)
    if not trace.wakes:
        return
    wakes = sorted(trace.wakes, key=lambda wake: wake.time)
    width = ax.get_window_extent().width
    apart = min(_APART, width / len(wakes)) * end / width
    x, free = [], 0.0
    for wake in wakes:  # of one instant, they stand beside one another in their order
        x.append(max(wake.time, free))
        free = x[-1] + apart
    # A bar of a worker is met at its edge, for its number stands in its middle.
    row = np.array([(lane[wake.by], lane[wake.task]) for wake in wakes], float)
    sign = np.sign(row[:, 1] - row[:, 0])
    of_worker = np.array([[name in trace.workers for name in (w.by, w.task)] for w in wakes])
    tail, tip = (row + of_worker * np.outer(sign, (1, -1)) * BAR_HEIGHT / 2).T
    late = [wake.went_on - wake.time for wake in wakes]
    ax.scatter(x, tail, s=14, color=ARROW, linewidths=0, clip_on=False, zorder=2.9)
    ax.quiver(
        x,
        tail,
        late,
        tip - tail,
        angles="xy",
        scale_units="xy",
        scale=1,
        units="dots",
        width=1.8,
        headwidth=5,
        headlength=6,
        headaxislength=5,
        color=ARROW,
        path_effects=[withStroke(linewidth=2, foreground="white")],  # seen across the bars
        clip_on=False,
        zorder=2.8,  # above bars, below their numbers
    )


def looks_in(traces: Iterable[Trace], pixels: float = WIDTH - LEFT - RIGHT) -> list[Look]:
    """Return the looks to explain that the timelines of these runs have, in the palette's order.

    Those that nowhere fill two of the `pixels` of a lane cannot be seen; and if all is work, there
    is nothing to tell apart.
    """
    runs = list(traces)
    second = pixels / max(map(time_limit, runs), default=1.0)
    there = {
        name
        for trace in runs
        for name, spans in _spans_by_look(trace).items()
        if _widest(spans) * second >= _VISIBLE or any(s.start == s.end for s in spans)
    }
    looks = [look for look in LOOKS.values() if look.name in there]
    return [] if [look.name for look in looks] == ["working"] else looks


def _widest(spans: Sequence[Span]) -> float:
    """Return how many seconds of one lane these spans fill at most."""
    seconds: dict[str, float] = {}
    for span in spans:
        seconds[span.worker] = seconds.get(span.worker, 0.0) + span.duration
    return max(seconds.values())


def _spans_by_look(trace: Trace) -> dict[str, list[Span]]:
    """Return the spans of each look that occurs, in the palette's order.

    A worker who left at once leaves its lane empty.
    """
    found: dict[str, list[Span]] = {name: [] for name in LOOKS}
    for span in trace.spans:
        if span.end > span.start or span.state is not State.STOPPED:
            found[look_of(span).name].append(span)
    return {name: spans for name, spans in found.items() if spans}


def _draw_bars(
    ax: Axes, look: Look, spans: Sequence[Span], lane: dict[str, int], trace: Trace
) -> None:
    height = BAR_HEIGHT if len(lane) <= 3 * MOST_LANE_NAMES else 1.0
    left, right = np.array([(span.start, span.end) for span in spans]).T
    row = np.array([lane[span.worker] for span in spans])
    last = {span.worker: span for span in trace.spans}  # of two at the end, the one without length
    still = [span is last[span.worker] and is_open(trace, span) for span in spans]
    right[still] = time_limit(trace) if trace.elapsed else SHORTEST_OPEN_SPAN
    instant = left == right
    bars = corners(left, right, row, height)[~instant]
    many = len(bars) > MOST_TEXTS
    if len(bars):
        add_bars(ax, look, bars, linewidth=0 if many else 0.8, hatched=not many)
    if instant.any():
        ticks = np.stack([left, row - height / 2, left, row + height / 2], 1)[instant]
        segments = list(ticks.reshape(-1, 2, 2))
        marks = LineCollection(segments, color=look.fill, linewidth=1.5, label=look.name)
        ax.add_collection(marks, autolim=False)


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
        add_bars(ax, LOOKS[name], bands, linewidth=0)
        floor = top
    ax.set_ylabel("shares of time")


def _write_jobs(ax: Axes, trace: Trace, lane: dict[str, int], end: float) -> None:
    second = ax.get_window_extent().width / end
    worked = [s for s in trace.spans if s.state is State.WORKING and s.job is not None]
    if len(worked) > MOST_TEXTS or len(trace.workers) > MOST_LANE_NAMES:
        return
    names = [(span, printable(span.job)) for span in worked]
    roomy = [(span, name) for span, name in names if fits(name, span.duration * second)]
    visible = sum(span.duration * second >= _VISIBLE for span in worked)
    if 3 * len(roomy) < visible:  # a few numbers among many bars without one are a riddle
        roomy = [(span, name) for span, name in roomy if span.duration * second >= _WIDE]
    for span, name in roomy:
        write_on_bar(ax, (span.start + span.end) / 2, lane[span.worker], name, look_of(span))


class Health(Protocol):
    """What the supervisor of a heartbeat pool saw of a worker at one time."""

    @property
    def time(self) -> float: ...

    @property
    def worker(self) -> str: ...

    @property
    def missed(self) -> int: ...

    @property
    def verdict(self) -> str: ...


def missed_beats(history: Iterable[Health], limit: int) -> Chart:
    """Return a chart of the beats each worker had missed at each look of its supervisor.

    A square a look, in the same lanes as the timeline's: the darker, the more beats missed; where
    a worker is given up, the verdict is written beside it.

    Args:
        history: what the supervisor saw, in order.
        limit: missed beats at which a worker is given up, >= 1.
    """
    seen = list(history)
    given_up = [health for health in seen if health.verdict != "well"]

    def paint(trace: Trace, ax: Axes) -> None:
        workers = list(dict.fromkeys([*trace.workers, *(health.worker for health in seen)]))
        lane = {worker: number for number, worker in enumerate(workers)}
        ax.scatter(
            [health.time for health in seen],
            [lane[health.worker] for health in seen],
            c=[_shade(health.missed, limit) for health in seen],
            marker="s",
            s=26,
            edgecolors="0.4",
            linewidths=0.5,
            clip_on=False,
            zorder=3,
        )
        for health in given_up[:MOST_TEXTS]:
            ax.annotate(
                printable(health.verdict),
                (health.time, lane[health.worker]),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
            )
        title = "a square for each look: the darker, the more beats missed (black: given up)"
        write_title(ax, title, size=SMALL)
        set_lanes(ax, workers)
        set_time_axis(ax, trace)

    words = f"beats missed by each worker at each look ({_in_words(given_up)})"
    return Chart(paint, words, height=_lanes_height, overlays=False)


def _in_words(given_up: Sequence[Health]) -> str:
    first = [f"{h.worker} {h.verdict} at {h.time:.6g} s" for h in given_up[:MOST_TOLD]]
    more = len(given_up) - len(first)
    return ", ".join(first + [f"and {more} more"] * (more > 0)) or "all well"


def _shade(missed: int, limit: int) -> str:
    share = min(missed / limit, 1)
    return BEATS[0] if missed == 0 else BEATS[1 + (share > 0.5) + (share == 1)]
