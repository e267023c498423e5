"""Charts of a number against time: jobs done, jobs queued, workers, tokens in a bucket."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from operator import itemgetter
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

_THIN: Final[dict[str, Any]] = {"linewidth": 1.2, "linestyle": (0, (1, 1.2))}
_TOO_MANY: Final[dict[str, Any]] = {
    "facecolor": LOOKS["failed"].fill,
    "edgecolor": LOOKS["failed"].ink,
    "hatch": LOOKS["failed"].hatch,
}


def _tell_throughput(trace: Trace) -> str:
    done, failed = (tracing.jobs_done(trace, how)[0] for how in (Outcome.OK, Outcome.FAILED))
    text = f"Jobs done: {len(done)}"
    if done:
        half = done[(len(done) - 1) // 2]
        text += f", half of them by {_at(half, trace)}, the last at {_at(done[-1], trace)}"
    return text + (f"; {len(failed)} failed." if failed else ".")


@chart("jobs done", tell=_tell_throughput)
def throughput(trace: Trace, ax: Axes, *, label: str = "") -> None:
    """Draw the jobs done so far against time; those that failed are a thin curve of their own."""
    times, counts = tracing.jobs_done(trace, Outcome.OK)
    failed, numbers = tracing.jobs_done(trace, Outcome.FAILED)
    draw_curve(ax, [0.0, *times, trace.elapsed], [0, *counts, len(counts)], label)
    if failed:
        colour = str(ax.lines[-1].get_color()) if label else LOOKS["failed"].fill
        x, y = [0.0, *failed, trace.elapsed], [0, *numbers, len(numbers)]
        ax.step(x, y, where="post", color=colour, clip_on=False, gid="failed", **_THIN)
        if not label:
            label_end(ax, trace.elapsed, len(counts), "succeeded", str(ax.lines[0].get_color()))
            label_end(ax, trace.elapsed, len(numbers), "failed", colour)
    thin = any(line.get_gid() == "failed" for line in ax.lines) and label
    ax.set_ylabel("jobs done\n(thin: failed)" if thin else "jobs done")
    set_count_axis(ax)
    set_time_axis(ax, trace)


def _tell_queue(trace: Trace) -> str:
    times, depths = tracing.queue_depth(trace)
    if not depths or not max(depths):
        return "Jobs queued: none."
    most = max(depths)
    at = _at(times[depths.index(most)], trace)
    return f"Jobs queued: at most {most}, at {at}; {depths[-1]} at the end."


@chart("queue depth", tell=_tell_queue)
def queue_depth(trace: Trace, ax: Axes, *, name: str | None = None, label: str = "") -> None:
    """Draw the values buffered in a channel against time; `name` None means the job channel.

    A thin line is a job that was taken at the moment it came; a gap that is filled at that moment
    is left out. The capacity is drawn where the queue came near it. Raises ValueError for an
    unknown name.
    """
    times, depths = tracing.queue_depth(trace, name)
    wanted = name or trace.job_queue
    if times:
        draw_curve(ax, *_lasting([*times, trace.elapsed], [*depths, depths[-1]]), label)
        x, y = _peaks(times, depths)
        ax.plot(x, y, color=str(ax.lines[-1].get_color()), linewidth=0.8, clip_on=False, gid="peak")
        limit = next((q.limit for q in trace.queues if q.name == wanted), None)
        if limit and not label and limit <= 2 * max(depths):
            draw_limit(ax, trace, limit, f"capacity {limit}")
    is_job_queue = wanted == trace.job_queue
    ax.set_ylabel("jobs queued" if is_job_queue else f"in {shorten(wanted, 100)}")
    set_count_axis(ax)
    set_time_axis(ax, trace)


def _lasting(times: Sequence[float], values: Sequence[int]) -> tuple[list[float], list[int]]:
    """Return the steps of a curve that last; its last point stays where it is."""
    kept = dict(zip(times[:-1], values[:-1], strict=True))
    return [*kept, times[-1]], [*kept.values(), values[-1]]


def _peaks(times: Sequence[float], values: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return lines up to values that last no time, and are above those before and after."""
    x, y, before = list[float](), list[float](), 0
    for time, group in itertools.groupby(zip(times, values, strict=True), key=itemgetter(0)):
        at_once = [value for _, value in group]
        base = max(before, at_once[-1])
        if max(at_once) > base:
            x += [time, time, math.nan]
            y += [base, max(at_once), math.nan]
        before = at_once[-1]
    return x, y


def _tell_workers(trace: Trace) -> str:
    counter = tracing.worker_count(trace)
    times, numbers = _lasting([*counter.times, trace.elapsed], [*counter.values, 0])
    until = [number for at, number in zip(times, numbers, strict=True) if at < trace.elapsed]
    steps = [number - before for before, number in itertools.pairwise(until)]
    rises, falls = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    most = max(counter.values, default=0)
    changes = [f"rises {_times(rises)}"] * (rises > 0) + [f"falls {_times(falls)}"] * (falls > 0)
    if not changes:
        return f"Workers: {most} throughout."
    return f"Workers: at most {most}; the number {' and '.join(changes)} before the end."


@chart("workers alive", tell=_tell_workers)
def worker_count(trace: Trace, ax: Axes, *, label: str = "") -> None:
    """Draw the number of workers alive against time; one that lasts no time is left out."""
    counter = tracing.worker_count(trace)
    last = counter.values[-1] if counter.values else 0
    draw_curve(ax, *_lasting([*counter.times, trace.elapsed], [*counter.values, last]), label)
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

    def tell(trace: Trace) -> str:
        corners, levels = tracing.token_levels(trace, rate, burst, times)
        least = min(levels)
        at = _at(corners[levels.index(least)], trace)
        broken = ": below 0, so more jobs went through than such a bucket allows" * (least < 0)
        return f"Tokens in the bucket of {burst}: lowest {least:.4g}, at {at}{broken}."

    return Chart(paint, "tokens in the bucket", tell=tell)


def _at(seconds: float, trace: Trace) -> str:
    return f"{seconds:.{4 if trace.clock == 'virtual' else 2}g} s"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
