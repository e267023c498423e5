"""The picture of a benchmark, and the text for those who cannot see it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.contenders import CHANNEL, CONTENDERS
from benchmarks.measuring import CAPACITIES, CREWS, Costs
from benchmarks.table import capacity_name
from lab.plots import Picture
from lab.plots.figure import DPI, WIDTH, styled
from lab.plots.palette import CURVES

MARKERS = "osD^vPX*"
LABELS = 17  # that fit one above the other


@styled()
def picture(costs: Costs, naps: Costs, grown: Mapping[str, float], jobs: int) -> Picture:
    """Draw cost by capacity, makespan by number of workers, and memory."""
    figure = Figure(figsize=(WIDTH / DPI, 11.4), dpi=DPI)
    FigureCanvasAgg(figure)
    by_capacity = figure.add_axes((0.09, 0.65, 0.66, 0.31))
    by_crew = figure.add_axes((0.09, 0.32, 0.66, 0.258))
    by_memory = figure.add_axes((0.23, 0.045, 0.66, 0.215))
    draw_costs(by_capacity, costs)
    draw_naps(by_crew, naps)
    draw_memory(by_memory, grown, jobs)
    return Picture(figure, in_words(costs, naps, grown, jobs))


def draw_costs(ax: Axes, costs: Costs) -> None:
    """Draw microseconds a job against capacity; who has none stands in the last column."""
    ax.set_yscale("log")
    bounded = [name for name in costs if CONTENDERS[name].bounded]
    ends = {}
    for number, name in enumerate(bounded):
        places = [n for n, capacity in enumerate(CAPACITIES) if capacity in costs[name]]
        medians = [statistics.median(costs[name][CAPACITIES[n]]) for n in places]
        _line(ax, number, places, medians, heavy=name == CHANNEL)
        ends[name] = (medians[-1], CURVES[number][0])
    for name in costs:
        if name not in bounded:
            cost = statistics.median(costs[name][math.inf])
            ax.plot([len(CAPACITIES) - 1], [cost], "_", color="0.25", markersize=12)
            ends[name] = (cost, "0.25")
    _label_ends(ax, ends, len(CAPACITIES) - 1)
    ax.set_xticks(range(len(CAPACITIES)), [capacity_name(c) for c in CAPACITIES])
    _plain_numbers(ax)
    ax.set_xlabel("capacity (jobs that may wait)")
    ax.set_ylabel("µs a job")
    ax.set_title("Cost of a job that does nothing, 4 workers (dashes: no capacity to choose)")


def draw_naps(ax: Axes, naps: Costs) -> None:
    """Draw makespan over ideal against the number of workers."""
    ax.set_yscale("log")
    ends = {}
    style = 0
    for name, by_crew in naps.items():
        medians = [statistics.median(by_crew[crew]) for crew in CREWS]
        if CONTENDERS[name].bounded:
            _line(ax, style, range(len(CREWS)), medians, heavy=name == CHANNEL)
            ends[name] = (medians[-1], CURVES[style][0])
            style += 1
        else:
            ax.plot(range(len(CREWS)), medians, "_", color="0.25", markersize=12)
            ends[name] = (medians[-1], "0.25")
    _label_ends(ax, ends, len(CREWS) - 1)
    ax.set_xticks(range(len(CREWS)), [f"{crew:,}" for crew in CREWS])
    _plain_numbers(ax)
    ax.set_xlabel("workers")
    ax.set_ylabel("makespan / ideal")
    ax.set_title("Jobs that wait for 50 ms: makespan over the ideal one (1: no time lost)")


def draw_memory(ax: Axes, grown: Mapping[str, float], jobs: int) -> None:
    """Draw a bar for each contender."""
    names = list(grown)
    colors = ["#0072B2" if CONTENDERS[name].bounded else "#E69F00" for name in names]
    hatches = ["" if CONTENDERS[name].bounded else "//" for name in names]
    bars = ax.barh(range(len(names)), [grown[name] for name in names], color=colors)
    for bar, hatch, name in zip(bars, hatches, names, strict=True):
        bar.set_hatch(hatch)
        bar.set_edgecolor("white")
        kind = "" if CONTENDERS[name].bounded else ", no limit"
        ax.annotate(
            f"{grown[name]:,.0f} MB{kind}",
            (grown[name], bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlim(0, max(grown.values()) * 1.18 or 1)
    ax.set_xlabel("MB")
    ax.set_title(f"Memory grown by {jobs:,} jobs (bounded: capacity 100)")


def _line(
    ax: Axes, number: int, places: Sequence[int], values: Sequence[float], *, heavy: bool
) -> None:
    color, style = CURVES[number]
    width = 3.0 if heavy else 1.6
    ax.plot(places, values, color=color, linestyle=style, marker=MARKERS[number], linewidth=width)


def _plain_numbers(ax: Axes) -> None:
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_minor_formatter(lambda value, _: "")


def _label_ends(ax: Axes, ends: Mapping[str, tuple[float, str]], last: int) -> None:
    """Write each name beside the last value of its line, moved apart where they would overlap."""
    lowest, highest = ax.get_ylim()
    ordered = sorted(ends.items(), key=lambda end: end[1][0])
    places = apart([value for _, (value, _) in ordered], lowest, highest)
    for (name, (value, color)), place in zip(ordered, places, strict=True):
        ax.annotate(
            name,
            (last, value),
            xytext=(last * 1.05, place),
            va="center",
            fontsize=9,
            color=color,
            fontweight="bold" if name == CHANNEL else "normal",
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.6,
                "relpos": (0, 0.5),
                "shrinkA": 0,
                "shrinkB": 4,
            },
            annotation_clip=False,
        )
    ax.set_xlim(-0.2, last + 0.1)
    ax.set_ylim(lowest, highest)


def apart(values: Sequence[float], lowest: float, highest: float) -> list[float]:
    """Move ascending values on a logarithmic axis so far apart that labels at them do not overlap.

    Labels need a seventeenth of the axis; they stay as near to their values as that allows.
    """
    gap = (math.log(highest) - math.log(lowest)) / LABELS
    places = [math.log(value) for value in values]
    for n in range(1, len(places)):
        places[n] = max(places[n], places[n - 1] + gap)
    top = math.log(highest)
    for n in reversed(range(len(places))):
        places[n] = min(places[n], top)
        top = places[n] - gap
    return [math.exp(place) for place in places]


def in_words(costs: Costs, naps: Costs, grown: Mapping[str, float], jobs: int) -> str:
    """Say in a few sentences what the picture shows."""
    bounded = [name for name in costs if CONTENDERS[name].bounded]
    told = []
    for capacity in CAPACITIES:
        medians = {
            n: statistics.median(costs[n][capacity]) for n in bounded if capacity in costs[n]
        }
        best = sorted(medians, key=lambda name: medians[name])[:3]
        ranking = ", ".join(f"{name} {medians[name]:.2f}" for name in best)
        told.append(f"capacity {capacity_name(capacity)}: {ranking}")
    late = ", ".join(
        f"{name} {statistics.median(by_crew[CREWS[-1]]):.2f}" for name, by_crew in naps.items()
    )
    bars = ", ".join(f"{name} {megabytes:,.0f}" for name, megabytes in grown.items())
    return (
        f"Three charts. Cost of a job that does nothing with 4 workers, in microseconds, the "
        f"cheapest three with a limit: {'; '.join(told)}. Makespan over ideal of waiting jobs "
        f"with {CREWS[-1]:,} workers: {late}. Memory grown by {jobs:,} jobs, in MB: {bars}."
    )
