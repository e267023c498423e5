"""Two runs compared, as a picture: every job twice, and in words what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from lab.plots.charts import add_key, time_limit
from lab.plots.palette import CHANGES, LOOKS, STYLE_FILE, Look, look
from lab.plots.picture import Picture, stack
from lab.tracing import Trace
from lab.tracing.diff import CAUSES, Diff, diff, seconds_text

__all__ = ["draw_diff"]

_WORDS: Final = 300  # pixels to the right of the chart, for the words
_HEIGHT: Final = 0.36  # of a bar; a job has room for two in its lane of 1
_Bar = tuple[str, float, float, float]  # look, start, end, middle of its height


def draw_diff(
    before: Trace,
    after: Trace,
    *,
    names: tuple[str, str] = ("the first run", "the second run"),
    most: int = 30,
) -> Picture:
    """Draw two runs job by job, from submission to end: the first above, the second below.

    Where a job ended earlier in the second run, what it gained completes its lower bar; where it
    ended later, what it lost completes the upper one. Beside it stands the main cause in words.
    The chart at the bottom adds the causes up over all jobs that ended in both runs.

    Args:
        before: the first run.
        after: the second run; any two runs whose jobs have the same names.
        names: what to call the two.
        most: jobs, >= 1, to draw at most: those that changed most.

    Raises ValueError if fewer jobs are to be drawn.
    """
    if most < 1:
        raise ValueError(f"most must be >= 1, got {most}")
    told = diff(before, after)
    rows = _rows(told, before, after, most)
    totals = told.totals()
    heights = [max(0.3 * len(rows), 0.6)]
    if any(totals.values()):
        heights += [0.05, 1.3]  # with room between them for the first one's axis
    figure, axes = stack(heights, _WORDS)
    with matplotlib.rc_context(fname=STYLE_FILE):
        _draw_jobs(axes[0], rows, told, (before, after), names)
        for empty in axes[1:-1]:
            empty.remove()
        if len(axes) > 1:
            _draw_totals(axes[-1], totals)
    text = told.told(*names)
    spent = {CAUSES[cause][seconds < 0]: seconds for cause, seconds in totals.items()}
    parts = [words.format(seconds_text(abs(s), 4)) for words, s in spent.items() if s]
    added = f" All jobs together: {', '.join(parts)}." if parts else ""
    return Picture(figure, f"Job by job, {names[0]} against {names[1]}: {text}.{added}")


def _rows(told: Diff, before: Trace, after: Trace, most: int) -> list[str]:
    """Choose the jobs to draw, in the order of their submission."""
    changed = {change.job: abs(change.gained) for change in told.changes}
    changed |= dict.fromkeys([*told.only_before, *told.only_after], float("inf"))
    chosen = set(sorted(changed, key=lambda job: -changed[job])[:most])
    order = dict.fromkeys(job.id for trace in (before, after) for job in trace.jobs)
    return [job for job in order if job in chosen]


def _draw_jobs(
    ax: Axes,
    rows: Sequence[str],
    told: Diff,
    traces: tuple[Trace, Trace],
    names: tuple[str, str],
) -> None:
    lane = {job: number for number, job in enumerate(rows)}
    bars: list[_Bar] = []
    for trace, offset in zip(traces, (-_HEIGHT / 2, _HEIGHT / 2), strict=True):
        bars += _bars(trace, lane, offset)
    for change in told.changes:
        if change.gained and change.job in lane:
            name = "ended earlier" if change.gained > 0 else "ended later"
            offset = _HEIGHT / 2 if change.gained > 0 else -_HEIGHT / 2
            left, right = sorted((change.before, change.after))
            bars.append((name, left, right, lane[change.job] + offset))
    looks = {**LOOKS, **CHANGES}
    shown = [style for style in looks.values() if any(bar[0] == style.name for bar in bars)]
    for style in shown:
        _draw_look(ax, style, [bar for bar in bars if bar[0] == style.name])
    end = max(map(time_limit, traces))
    ax.set_xlim(0, end)
    ax.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), [f"job {job}"[:14] for job in rows])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    clocks = sorted({trace.clock for trace in traces})
    ax.set_xlabel("seconds" if clocks == ["real"] else f"seconds ({' or '.join(clocks)})")
    digits = 4 if clocks == ["virtual"] else 2
    for job, words in _words(told, names, digits).items():
        if job in lane:
            ax.annotate(
                words,
                (1, lane[job]),
                xycoords=("axes fraction", "data"),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                annotation_clip=False,
            )
    above, below = (
        f"{name} ({makespan:.{digits}g} s)"
        for name, makespan in zip(names, told.makespans, strict=True)
    )
    ax.set_title(f"Each job twice: {above} above, {below} below")
    add_key(ax, {style.name for style in shown}, shown)


def _bars(trace: Trace, lane: dict[str, int], offset: float) -> list[_Bar]:
    """Return the bars of one run: its jobs' waits, and what workers did with them."""
    bars: list[_Bar] = []
    for job in trace.jobs:
        if job.id in lane and job.started is not None and job.submitted is not None:
            bars.append(("waiting", job.submitted, job.started, lane[job.id] + offset))
    for span in trace.spans:
        if span.job in lane:
            bars.append((look(span).name, span.start, span.end, lane[span.job] + offset))
    return [bar for bar in bars if bar[2] > bar[1]]


def _draw_look(ax: Axes, style: Look, bars: Sequence[_Bar]) -> None:
    half = _HEIGHT / 2
    corners = [
        [(left, y - half), (right, y - half), (right, y + half), (left, y + half)]
        for _, left, right, y in bars
    ]
    patches = PolyCollection(
        list(np.array(corners)),
        facecolor=style.fill,
        edgecolor=style.ink,
        hatch=style.hatch,
        linewidth=0.6,
        label=style.name,
    )
    ax.add_collection(patches, autolim=False)


def _words(told: Diff, names: tuple[str, str], digits: int) -> dict[str, str]:
    """Return what to write beside each job."""
    words = {}
    for change in told.changes:
        if change.gained:
            direction = "earlier" if change.gained > 0 else "later"
            amount = f"{seconds_text(abs(change.gained), digits)} {direction}"
            words[change.job] = f"{amount}: {change.told(digits)}"
    for fates, other in ((told.only_before, names[1]), (told.only_after, names[0])):
        words |= {job: f"{fate} in {other}" for job, fate in fates.items()}
    return words


def _draw_totals(ax: Axes, totals: dict[str, float]) -> None:
    reach = max(abs(seconds) for seconds in totals.values())
    for name, style in CHANGES.items():
        wanted = [
            (number, seconds)
            for number, seconds in enumerate(totals.values())
            if (seconds < 0) == (name == "ended earlier") and seconds
        ]
        ax.barh(
            [number for number, _ in wanted],
            [seconds for _, seconds in wanted],
            height=0.7,
            facecolor=style.fill,
            edgecolor=style.ink,
            hatch=style.hatch,
            linewidth=0.6,
        )
    for number, seconds in enumerate(totals.values()):
        ax.annotate(
            f"{seconds:+.4g} s" if seconds else "0",
            (max(seconds, 0), number),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    ax.axvline(0, color="0.35", linewidth=1)
    ax.set_xlim(-1.1 * reach, 1.25 * reach)
    ax.set_ylim(len(totals) - 0.4, -0.6)
    ax.set_yticks(range(len(totals)), totals)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("seconds, all jobs together")
    ax.set_title("Where the time went: less to the left, more to the right")
