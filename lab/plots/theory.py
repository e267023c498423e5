"""Formulas beside measurements. Each picture names its source, and where it stops applying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lab import tracing
from lab.plots.charts import label_end, set_count_axis, set_time_axis, time_limit
from lab.plots.palette import CURVES, LOOKS, STYLE_FILE
from lab.plots.picture import Picture, stack
from lab.tracing import Trace
from lab.tracing.theory import burst_envelope, list_scheduling_bound, mmc_waiting_time

__all__ = ["draw_envelope", "draw_littles_law", "draw_makespan_bounds", "draw_waiting"]

_LITTLE: Final = (
    "Little 1961. Holds for any arrivals, service times and order of service, over a time that "
    "begins and ends with no job inside.\nIn between, jobs inside have come and not yet left, and "
    "the two sides differ."
)
_GRAHAM: Final = (
    "Graham 1966. Holds if all jobs are there from the start and only the workers hold them up.\n"
    "It does not with a rate limit, a full buffer of results, or jobs that arrive later."
)
_ERLANG: Final = (
    "Erlang 1917. Holds in the long run, for arrivals at random (Poisson) and exponential service "
    "times.\nConstant service times wait about half as long; a short run that begins empty "
    "scatters, the more the nearer the load is to 100 %."
)
_CRUZ: Final = (
    "Cruz 1991. Holds for one token bucket, in every window of time.\n"
    "Several buckets each let their own burst through; a limit by the calendar lets through two."
)
_FORMULA: Final = "0.2"  # the colour of what a formula says
_DASHES: Final = (0, (5, 2))
_MEASURED: Final = CURVES[0][0]
_BEYOND: Final = LOOKS["failed"].fill
_SLACK: Final = 1e-6  # windows are known to the nanosecond


def draw_littles_law(trace: Trace) -> Picture:
    """Draw Little's law, L = lambda * W: over the whole run, and on the way.

    Above, L is the area under the number of jobs in the system, divided by the time. Below are
    both sides as somebody would measure them who looked at the pool until then.
    """
    law = tracing.littles_law(trace)
    product = law.arrival_rate * law.time_in_system
    end = time_limit(trace)
    times, inside = tracing.jobs_in_system(trace)
    looks = [float(time) for time in np.linspace(end / 600, end, 600)]
    on_the_way = tracing.littles_law_until(trace, looks)
    sides = {
        "L": [at.in_system for at in on_the_way],
        "λ·W": [at.arrival_rate * at.time_in_system for at in on_the_way],
    }
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure, (above, below) = _frame([1.6, 1.6], _LITTLE)
        corners, heights = [*times, trace.elapsed], [*inside, inside[-1]]
        above.fill_between(corners, heights, step="post", color="#56B4E9", linewidth=0)
        above.step(corners, heights, where="post", color=_MEASURED)
        above.axhline(law.in_system, color=_FORMULA, linestyle=_DASHES)
        label_end(above, end, law.in_system, f"L = {law.in_system:.3g}", _FORMULA)
        above.set_ylabel("jobs in system")
        set_count_axis(above)
        set_time_axis(above, trace, end)
        above.set_xlabel("")
        above.tick_params(axis="x", labelbottom=False)
        above.set_title(
            f"L = {law.in_system:.4g} jobs, λ·W = {law.arrival_rate:.4g} jobs/s · "
            f"{law.time_in_system:.4g} s = {product:.4g}"
        )
        below.plot(looks, sides["L"], color=_MEASURED)
        below.plot(looks, sides["λ·W"], color=CURVES[1][0], linestyle="--")
        below.plot([end], [sides["L"][-1]], "o", color=_FORMULA, clip_on=False)
        label_end(below, end, sides["L"][-1], "the whole run", _FORMULA)
        _label_sides(below, looks, sides)
        below.set_ylabel("jobs")
        below.set_ylim(0, 1.15 * max([1e-9, *sides["L"], *sides["λ·W"]]))
        set_time_axis(below, trace, end)
        below.set_title("The two sides, as measured from the start until then")
    text = (
        f"Little's law: {law.in_system:.4g} jobs were in the system on average; "
        f"{law.arrival_rate:.4g} came a second and stayed {law.time_in_system:.4g} s, "
        f"which makes {product:.4g}."
    )
    return _picture(figure, text, _LITTLE)


def draw_makespan_bounds(runs: Mapping[str, Sequence[Trace]]) -> Picture:
    """Draw the makespans of runs between the bounds that no schedule, and no greedy pool, passes.

    Each dot is a run; a run beyond the upper bound, to which it does not apply, is a cross.

    Args:
        runs: runs under a label each, from left to right; none without workers.

    Raises ValueError for no runs.
    """
    if not any(runs.values()):
        raise ValueError("runs must hold at least one run, got none")
    number = beyond = 0
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure, (ax,) = _frame([2.6], _GRAHAM)
        bands = []
        for place, traces in enumerate(runs.values()):
            spans = sorted((tracing.makespan(t), *_bounds(t)) for t in traces)
            low, high = min(s[1] for s in spans), max(s[2] for s in spans)
            left, right = place - 0.4, place + 0.4
            bands.append([(left, low), (right, low), (right, high), (left, high)])
            across = np.linspace(left, right, len(spans) + 2)[1:-1]
            over = [makespan > ceiling + _SLACK for makespan, _, ceiling in spans]
            for marker, colour, wanted in (("o", _MEASURED, False), ("X", _BEYOND, True)):
                found = [
                    (where, makespan)
                    for where, (makespan, _, _), is_over in zip(across, spans, over, strict=True)
                    if is_over == wanted
                ]
                if found:
                    x, y = zip(*found, strict=True)
                    ax.scatter(x, y, s=60 if wanted else 10, marker=marker, color=colour)
            number, beyond = number + len(spans), beyond + sum(over)
        patches = PolyCollection(
            bands, facecolor="0.9", edgecolor="0.45", linewidth=0.8, zorder=0, label="bounds"
        )
        ax.add_collection(patches, autolim=False)
        _beside(ax, bands[-1][2][1], "Graham's\nbound", "bottom")
        _beside(ax, bands[-1][0][1], "no schedule\nis shorter", "top")
        ax.set_xlim(-0.6, len(runs) - 0.4)
        ax.set_xticks(range(len(runs)), runs)
        ax.grid(visible=False, axis="x")
        ax.set_ylim(0, 1.12 * max(1e-9, *(band[2][1] for band in bands), *_makespans(runs)))
        ax.set_ylabel("makespan, seconds")
        ends = "end" if beyond > 1 else "ends"
        ax.set_title(f"{beyond or 'None'} of {number} runs {ends} beyond Graham's bound")
    text = f"Makespans of {number} runs between the shortest that any schedule can reach and "
    text += f"Graham's bound for greedy pools: {beyond} beyond it."
    return _picture(figure, text, _GRAHAM)


def draw_waiting(
    workers: int,
    measured: Mapping[str, Mapping[float, Sequence[float]]],
    *,
    service_seconds: float = 1.0,
) -> Picture:
    """Draw mean waiting times against the load, beside what Erlang's formula says of M/M/c.

    Args:
        workers: c, >= 1.
        measured: for each series of runs, by its label, the mean waits in seconds, one a run, by
            load: the work that arrives as a share of what the workers can do, > 0 and < 1.
        service_seconds: the mean service time, > 0.

    Raises ValueError for a bad number, or for no runs.
    """
    points = {
        label: [(load, wait) for load, waits in by_load.items() for wait in waits]
        for label, by_load in measured.items()
    }
    flat = [point for series in points.values() for point in series]
    if not flat:
        raise ValueError("measured must hold at least one run, got none")

    def formula(load: float) -> float:
        return mmc_waiting_time(workers, load * workers / service_seconds, service_seconds)

    last = max(load for load, _ in flat)
    top = 1.25 * max(formula(last), *(wait for _, wait in flat))
    loads = [load for load in np.linspace(0, 0.999, 1000) if formula(float(load)) <= top]
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure, (ax,) = _frame([2.8], _ERLANG)
        ax.plot(
            loads,
            [formula(float(load)) for load in loads],
            color=_FORMULA,
            linestyle=_DASHES,
            label=f"Erlang's formula, M/M/{workers}",
        )
        for place, (label, series) in enumerate(points.items()):
            if not series:
                continue
            x, y = zip(*series, strict=True)
            ax.scatter(
                x,
                y,
                s=26,
                marker="os^D"[place % 4],
                facecolor=CURVES[place % len(CURVES)][0] if place % 2 == 0 else "none",
                edgecolor=CURVES[place % len(CURVES)][0],
                label=label,
                zorder=3,
            )
        ax.legend(loc="upper left", frameon=False, fontsize=9)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, top)
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_xlabel("load: work that arrives, of what the workers can do")
        ax.set_ylabel("mean wait, seconds")
        ax.set_title(
            f"{workers} workers: a job waits {formula(0.5):.2g} s at half load, "
            f"{formula(0.9):.2g} s at 90 %, by the formula"
        )
    told = "; ".join(
        f"{label}: "
        + ", ".join(
            f"{load:.0%} {sum(waits) / len(waits):.3g} s (formula {formula(load):.3g} s)"
            for load, waits in by_load.items()
            if waits
        )
        for label, by_load in measured.items()
    )
    text = f"Mean waits for one of {workers} workers by load, beside Erlang's formula. {told}."
    return _picture(figure, text, _ERLANG)


def draw_envelope(
    trace: Trace, rate: float, burst: int, times: Sequence[float] | None = None
) -> Picture:
    """Draw the jobs let through so far, and the most in any window, below a token bucket's limit.

    The limit is burst + rate * t, for every window of t seconds, wherever it begins.

    Args:
        trace: a run.
        rate: tokens a second, > 0.
        burst: tokens that the bucket holds, >= 1.
        times: seconds at which jobs were let through; None: the turns in the trace.
    """
    let_through = sorted(tracing.turns(trace) if times is None else times)
    lengths, most = tracing.most_in_window(let_through, _some(len(let_through)))
    length, number = tracing.fullest_window(let_through, rate)
    allowed = burst_envelope(length, rate, burst)
    broken = number > allowed + _SLACK
    end = time_limit(trace)
    limit = [burst_envelope(0.0, rate, burst), burst_envelope(end, rate, burst)]
    words = f"{burst} + {rate:.4g}·t"
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure, (above, below) = _frame([1.6, 0.05, 1.8], _CRUZ, spacers=(1,))
        counts = list(range(len(let_through) + 1))
        for ax, x, y in (
            (above, [0.0, *let_through, end], [*counts, counts[-1]]),
            (below, [0.0, *lengths, end], [0, *most, counts[-1]]),
        ):
            ax.plot([0, end], limit, color=_FORMULA, linestyle=_DASHES)
            ax.step(x, y, where="post", color=_MEASURED)
            ax.set_ylim(0, 1.15 * max(limit[1], counts[-1]))
            label_end(ax, end, limit[1], words, _FORMULA)
            label_end(ax, end, counts[-1], "let through", _MEASURED)
            ax.set_ylabel("jobs")
        set_time_axis(above, trace, end)
        above.set_title("Jobs let through so far")
        below.set_xlim(0, end)
        below.set_xlabel("length t of the window, seconds")
        below.set_title(f"The most within any window: never above {words}")
        if broken:
            below.scatter([length], [number], marker="X", s=60, color=_BEYOND, zorder=3)
            below.set_title(
                f"Broken: {number} jobs within {length:.4g} s, {allowed:.4g} are allowed"
            )
    text = f"Jobs let through, and the most within any window of t seconds, beside {words}: "
    text += (
        f"{number} within {length:.4g} s, {allowed:.4g} are allowed." if broken else "never more."
    )
    return _picture(figure, text, _CRUZ)


def _frame(
    heights: list[float], note: str, spacers: tuple[int, ...] = ()
) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes of these heights (inches) and a note below them."""
    figure, axes = stack([*heights, 0.05])
    for place in (*spacers, len(axes) - 1):
        axes[place].remove()
    left = axes[0].get_position().x0
    figure.text(left, 10 / figure.bbox.height, note, fontsize=8, color="0.3", va="bottom")
    return figure, [ax for ax in axes if ax.figure is not None]


def _picture(figure: Figure, text: str, note: str) -> Picture:
    return Picture(figure, f"{text} {' '.join(note.split())}")


def _some(number: int) -> list[int]:
    """Return 1 to `number`, or so many of them that a curve through the rest looks the same."""
    return sorted({*range(1, number + 1, -(-number // 500) or 1), number} - {0})


def _bounds(trace: Trace) -> tuple[float, float]:
    services, workers = tracing.service_times(trace), tracing.workers_peak(trace)
    return tracing.ideal_makespan(trace), list_scheduling_bound(services, max(workers, 1))


def _makespans(runs: Mapping[str, Sequence[Trace]]) -> list[float]:
    return [tracing.makespan(trace) for traces in runs.values() for trace in traces]


def _beside(ax: Axes, y: float, text: str, side: Literal["bottom", "top"]) -> None:
    ax.annotate(
        text,
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        color=_FORMULA,
        fontsize=9,
        va=side,
        annotation_clip=False,
    )


def _label_sides(ax: Axes, looks: Sequence[float], sides: Mapping[str, Sequence[float]]) -> None:
    """Label two curves where they are furthest apart."""
    (one, first), (other, second) = sides.items()
    gaps = [abs(a - b) for a, b in zip(first, second, strict=True)]
    place = gaps.index(max(gaps))
    for name, values, rival, colour in (
        (one, first, second, _MEASURED),
        (other, second, first, CURVES[1][0]),
    ):
        ax.annotate(
            name,
            (looks[place], values[place]),
            xytext=(0, 7 if values[place] >= rival[place] else -8),
            textcoords="offset points",
            color=colour,
            fontsize=9,
            ha="center",
            va="center",
        )
