"""Formulas beside measurements. Each picture names its source, and where it stops applying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lab import tracing
from lab.model.trace import Trace
from lab.plots.axes import (
    SMALL,
    add_bars,
    corners,
    label_end,
    set_count_axis,
    set_time_axis,
    share_time,
    time_limit,
    write_beside,
    write_title,
)
from lab.plots.figure import AXIS, LEFT, RIGHT, TITLE, WIDTH, Row, page, styled
from lab.plots.palette import (
    BEYOND,
    BOUNDS,
    CURVES,
    FORMULA,
    FORMULA_DASHES,
    INSIDE,
    MEASURED,
    legible,
)
from lab.plots.picture import Picture
from lab.plots.words import shorten, wrap
from lab.tracing import Traced, trace_of
from lab.tracing.theory import burst_envelope, list_scheduling_bound, mmc_waiting_time

__all__ = ["draw_envelope", "draw_littles_law", "draw_makespan_bounds", "draw_waiting"]

_NOTE_LINE, _NOTE_GAP = 16, 14  # pixels below the last chart, for the source
_LITTLE: Final = (
    "Little 1961. Holds for any arrivals, service times and order of service, over a time that "
    "begins and ends with no job inside. In between, jobs inside have come and not yet left, and "
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
_SLACK: Final = 1e-6  # windows are known to the nanosecond


@styled()
def draw_littles_law(run: Traced) -> Picture:
    """Draw Little's law, L = lambda * W: over the whole run, and on the way.

    Above, L is the area under the number of jobs in the system, divided by the time. Below are
    both sides as somebody would measure them who looked at the pool until then.
    """
    trace = trace_of(run)
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
    figure, (above, below) = _annotated([Row(160), Row(160)], _LITTLE)
    corners, heights = [*times, trace.elapsed], [*inside, inside[-1]]
    above.fill_between(corners, heights, step="post", color=INSIDE, linewidth=0)
    above.step(corners, heights, where="post", color=MEASURED)
    above.axhline(law.in_system, color=FORMULA, linestyle=FORMULA_DASHES)
    label_end(above, end, law.in_system, f"L = {law.in_system:.3g}", FORMULA)
    above.set_ylabel("jobs in system")
    set_count_axis(above)
    set_time_axis(above, trace)
    write_title(
        above,
        f"L = {law.in_system:.4g} jobs, λ·W = {law.arrival_rate:.4g} jobs/s · "
        f"{law.time_in_system:.4g} s = {product:.4g}",
    )
    below.plot(looks, sides["L"], color=MEASURED)
    below.plot(looks, sides["λ·W"], color=CURVES[1][0], linestyle="--")
    below.plot([end], [sides["L"][-1]], "o", color=FORMULA, clip_on=False)
    label_end(below, end, sides["L"][-1], "the whole run", FORMULA)
    _label_sides(below, looks, sides)
    below.set_ylabel("jobs")
    below.set_ylim(0, 1.15 * max([1e-9, *sides["L"], *sides["λ·W"]]))
    set_time_axis(below, trace)
    share_time([above, below], [trace])
    write_title(below, "The two sides, as measured from the start until then")
    text = (
        f"Little's law: {law.in_system:.4g} jobs were in the system on average; "
        f"{law.arrival_rate:.4g} came a second and stayed {law.time_in_system:.4g} s, "
        f"which makes {product:.4g}."
    )
    return _picture(figure, text, _LITTLE)


@styled()
def draw_makespan_bounds(runs: Mapping[str, Sequence[Traced]]) -> Picture:
    """Draw the makespans of runs between the bounds that no schedule, and no greedy pool, passes.

    Each dot is a run; a run beyond the upper bound, to which it does not apply, is a cross.

    Args:
        runs: runs under a label each, from left to right; none without workers.

    Raises ValueError for no runs.
    """
    if not any(runs.values()):
        raise ValueError("runs must hold at least one run, got none")
    figure, (ax,) = _annotated([Row(260)], _GRAHAM)
    number = beyond = 0
    highest = 1e-9
    bands = []
    for place, group in enumerate(runs.values()):
        spans = sorted(_makespan_and_bounds(trace_of(run)) for run in group)
        if not spans:
            continue
        low, high = min(span[1] for span in spans), max(span[2] for span in spans)
        bands.append((place, low, high))
        across = np.linspace(place - 0.4, place + 0.4, len(spans) + 2)[1:-1]
        is_over = np.array([makespan > ceiling + _SLACK for makespan, _, ceiling in spans])
        makespans = np.array([makespan for makespan, _, _ in spans])
        for marker, size, colour, wanted in (
            ("o", 10, MEASURED, ~is_over),
            ("X", 60, BEYOND, is_over),
        ):
            if wanted.any():
                x, y = across[wanted], makespans[wanted]
                ax.scatter(x, y, s=size, marker=marker, color=colour, zorder=3)
        number, beyond = number + len(spans), beyond + int(is_over.sum())
        highest = max(highest, high, makespans.max())
    place, low, high = np.array(bands).T
    add_bars(ax, BOUNDS, corners(place - 0.4, place + 0.4, (low + high) / 2, high - low))
    write_beside(ax, high[-1], "Graham's\nbound", va="bottom", color=FORMULA, size=SMALL)
    write_beside(ax, low[-1], "no schedule\nis shorter", va="top", color=FORMULA, size=SMALL)
    ax.set_xlim(-0.6, len(runs) - 0.4)
    room = (WIDTH - LEFT - RIGHT) / len(runs) - 4
    ax.set_xticks(range(len(runs)), [shorten(label, room) for label in runs])
    ax.grid(visible=False, axis="x")
    ax.set_ylim(0, 1.12 * highest)
    ax.set_ylabel("makespan, seconds")
    kept = f"Within Graham's bound: {number - beyond} of {number} runs"
    others = f"; beyond it, so not greedy: {beyond} (x)" if beyond else ""
    write_title(ax, kept + others)
    text = f"Makespans of {number} runs between the shortest that any schedule can reach and "
    text += (
        f"Graham's bound for greedy pools: {beyond} beyond it{', so not greedy' * (beyond > 0)}."
    )
    return _picture(figure, text, _GRAHAM)


@styled()
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
    figure, (ax,) = _annotated([Row(280)], _ERLANG)
    ax.plot(
        loads,
        [formula(float(load)) for load in loads],
        color=FORMULA,
        linestyle=FORMULA_DASHES,
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
            label=shorten(label, 400, SMALL),
            zorder=3,
        )
    ax.legend(loc="upper left", frameon=False, fontsize=SMALL)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, top)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("load: work that arrives, of what the workers can do")
    ax.set_ylabel("mean wait, seconds")
    write_title(
        ax,
        f"{workers} workers: a job waits {formula(0.5):.2g} s at half load, "
        f"{formula(0.9):.2g} s at 90 %, by the formula",
    )
    means = "; ".join(
        f"{label}: "
        + ", ".join(
            f"{load:.0%} {sum(waits) / len(waits):.3g} s (formula {formula(load):.3g} s)"
            for load, waits in by_load.items()
            if waits
        )
        for label, by_load in measured.items()
    )
    text = f"Mean waits for one of {workers} workers by load, beside Erlang's formula. {means}."
    return _picture(figure, text, _ERLANG)


@styled()
def draw_envelope(
    run: Traced, rate: float, burst: int, times: Sequence[float] | None = None
) -> Picture:
    """Draw the jobs let through so far, and the most in any window, below a token bucket's limit.

    The limit is burst + rate * t, for every window of t seconds, wherever it begins.

    Args:
        run: a run, or its trace.
        rate: tokens a second, > 0.
        burst: tokens that the bucket holds, >= 1.
        times: seconds at which jobs were let through; None: the turns in the trace.
    """
    trace = trace_of(run)
    let_through = sorted(tracing.start_times(trace) if times is None else times)
    lengths, most = tracing.most_in_window(let_through, _some(len(let_through)))
    length, number = tracing.fullest_window(let_through, rate)
    allowed = burst_envelope(length, rate, burst)
    broken = number > allowed + _SLACK
    end = time_limit(trace)
    limit = [burst_envelope(0.0, rate, burst), burst_envelope(end, rate, burst)]
    words = f"{burst} + {rate:.4g}·t"
    figure, (above, below) = _annotated([Row(160), Row(180, above=AXIS + TITLE)], _CRUZ)
    counts = list(range(len(let_through) + 1))
    for ax, x, y in (
        (above, [0.0, *let_through, end], [*counts, counts[-1]]),
        (below, [0.0, *lengths, end], [0, *most, counts[-1]]),
    ):
        ax.plot([0, end], limit, color=FORMULA, linestyle=FORMULA_DASHES)
        ax.step(x, y, where="post", color=MEASURED)
        ax.set_ylim(0, 1.15 * max(limit[1], counts[-1]))
        ends = [(limit[1], words, FORMULA), (counts[-1], "let through", MEASURED)]
        for height, label, colour in sorted(ends):  # from below, so that each has room
            label_end(ax, end, height, label, colour)
        ax.set_ylabel("jobs")
    set_time_axis(above, trace)
    write_title(above, "Jobs let through so far")
    below.set_xlim(0, end)
    below.set_xlabel("length t of the window, seconds")
    write_title(below, f"The most within any window: never above {words}")
    if broken:
        below.scatter([length], [number], marker="X", s=60, color=BEYOND, zorder=3)
        write_title(
            below, f"Broken: {number} jobs within {length:.4g} s, {allowed:.4g} are allowed"
        )
    text = f"Jobs let through, and the most within any window of t seconds, beside {words}: "
    text += (
        f"{number} within {length:.4g} s, {allowed:.4g} are allowed." if broken else "never more."
    )
    return _picture(figure, text, _CRUZ)


def _annotated(rows: list[Row], note: str) -> tuple[Figure, list[Axes]]:
    """Return a page with a note below its charts."""
    room = WIDTH - rows[0].left - 40
    lines = [line for part in note.split("\n") for line in wrap(part, room, SMALL)]
    figure, axes = page(rows, key=0, below=AXIS + _NOTE_GAP + _NOTE_LINE * len(lines))
    left, up = axes[0].get_position().x0, 8 / figure.bbox.height
    figure.text(left, up, "\n".join(lines), fontsize=SMALL, color="0.3", va="bottom")
    return figure, axes


def _picture(figure: Figure, text: str, note: str) -> Picture:
    return Picture(figure, f"{text} {' '.join(note.split())}")


def _some(number: int) -> list[int]:
    """Return 1 to `number`, or so many of them that a curve through the rest looks the same."""
    return sorted({*range(1, number + 1, -(-number // 500) or 1), number} - {0})


def _makespan_and_bounds(trace: Trace) -> tuple[float, float, float]:
    services, workers = tracing.service_times(trace), tracing.workers_peak(trace)
    ceiling = list_scheduling_bound(services, max(workers, 1))
    return tracing.makespan(trace), tracing.ideal_makespan(trace), ceiling


def _label_sides(ax: Axes, looks: Sequence[float], sides: Mapping[str, Sequence[float]]) -> None:
    """Label two curves where they are furthest apart."""
    (one, first), (other, second) = sides.items()
    gaps = np.abs(np.subtract(first, second))
    furthest = np.flatnonzero(gaps >= 0.999 * gaps.max())
    place = int(furthest[len(furthest) // 2])
    top = max(*first, *second)
    for name, values, rival, colour in (
        (one, first, second, MEASURED),
        (other, second, first, CURVES[1][0]),
    ):
        below = values[place] < rival[place] and values[place] > 0.2 * top
        ax.annotate(
            name,
            (looks[place], values[place]),
            xytext=(0, -8 if below else 7),
            textcoords="offset points",
            color=legible(colour),
            fontsize=SMALL,
            ha="center",
            va="center",
        )
