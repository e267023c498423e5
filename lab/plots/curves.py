"""Charts of a number against time: jobs done, jobs queued, workers, tokens in a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab import tracing
from lab.model.trace import Outcome, Trace
from lab.plots.axes import draw_curve, draw_limit, label_end, set_count_axis, set_time_axis
from lab.plots.chart import Chart, chart
from lab.plots.palette import LOOKS
from lab.plots.words import shorten

__all__ = ["queue_depth", "throughput", "tokens", "worker_count"]

_TOO_MANY: Final[dict[str, Any]] = {
    "facecolor": LOOKS["failed"].fill,
    "edgecolor": LOOKS["failed"].ink,
    "hatch": LOOKS["failed"].hatch,
}


@chart("jobs done")
def throughput(trace: Trace, ax: Axes, *, label: str = "") -> None:
    """Draw the jobs done so far against time; jobs that failed are a curve of their own."""
    times, counts = tracing.jobs_done(trace)
    draw_curve(ax, [0.0, *times, trace.elapsed], [0, *counts, len(counts)], label)
    failed, numbers = tracing.jobs_done(trace, Outcome.FAILED)
    if failed and not label:
        colour = LOOKS["failed"].fill
        values = [0, *numbers, len(numbers)]
        ax.step([0.0, *failed, trace.elapsed], values, where="post", color=colour, linestyle=":")
        label_end(ax, trace.elapsed, values[-1], "of these failed", colour)
    ax.set_ylabel("jobs done")
    set_count_axis(ax)
    set_time_axis(ax, trace)


@chart("queue depth")
def queue_depth(trace: Trace, ax: Axes, *, name: str | None = None, label: str = "") -> None:
    """Draw the values buffered in a channel against time; `name` None means the job channel.

    The capacity is drawn where the queue came near it. Raises ValueError for an unknown name.
    """
    times, depths = tracing.queue_depth(trace, name)
    wanted = name or trace.job_queue
    if times:
        draw_curve(ax, [*times, trace.elapsed], [*depths, depths[-1]], label)
        limit = next((q.limit for q in trace.queues if q.name == wanted), None)
        if limit and not label and limit <= 2 * max(depths):
            draw_limit(ax, trace, limit, f"capacity {limit}")
    is_job_queue = wanted == trace.job_queue
    ax.set_ylabel("jobs queued" if is_job_queue else f"in {shorten(wanted, 100)}")
    set_count_axis(ax)
    set_time_axis(ax, trace)


@chart("workers alive")
def worker_count(trace: Trace, ax: Axes, *, label: str = "") -> None:
    """Draw the number of workers alive against time."""
    counter = tracing.worker_count(trace)
    last = counter.values[-1] if counter.values else 0
    draw_curve(ax, [*counter.times, trace.elapsed], [*counter.values, last], label)
    ax.set_ylabel("workers")
    set_count_axis(ax)
    set_time_axis(ax, trace)


def tokens(rate: float, burst: int, times: Sequence[float] | None = None) -> Chart:
    """Return a chart of the tokens in a bucket that all workers of a run share.

    Where the curve is below 0, more jobs went through than such a bucket allows.

    Args:
        rate: tokens a second, > 0.
        burst: tokens that the bucket holds, >= 1.
        times: seconds, ascending, at which a token was taken; None: the turns in the trace.
    """

    def paint(trace: Trace, ax: Axes, *, label: str = "") -> None:
        bottom = ax.get_ylim()[0] if ax.lines else 0.0
        corners, levels = tracing.token_levels(trace, rate, burst, times)
        draw_limit(ax, trace, burst, "" if label else f"burst {burst}")
        draw_curve(ax, corners, levels, label, "default")
        if min(levels) < 0:
            below = [level < 0 for level in levels]
            ax.fill_between(corners, levels, 0, where=below, interpolate=True, **_TOO_MANY)
        ax.set_ylim(min(bottom, 1.1 * min(levels)), burst * 1.2)
        ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        ax.set_ylabel("tokens")
        set_time_axis(ax, trace)

    return Chart(paint, "tokens in the bucket")
