"""Two runs compared, as a picture: every job twice, and in words what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from lab.model.trace import Trace
from lab.plots.axes import (
    SMALL,
    add_bars,
    add_key,
    corners,
    second_line,
    set_lanes,
    set_names,
    time_label,
    time_limit,
    write_beside,
    write_title,
)
from lab.plots.figure import AXIS, TITLE, Row, page, styled
from lab.plots.palette import CHANGES, LOOKS, look_of
from lab.plots.picture import Picture
from lab.plots.words import shorten
from lab.tracing import Traced, trace_of
from lab.tracing.diff import CAUSES, Diff, diff, seconds_text
from lab.tracing.names import name_of

__all__ = ["draw_diff"]

_WORDS: Final = 345  # pixels to the right of the chart, for the words
_LANE: Final = 30  # pixels for a job
_HEIGHT: Final = 0.36  # of a bar; a job has room for two in its lane of 1
_Bar = tuple[str, float, float, float]  # look, start, end, middle of its height


@styled()
def draw_diff(
    before: Traced, after: Traced, *, names: tuple[str, str] | None = None, most: int = 30
) -> Picture:
    """Draw two runs job by job, from submission to end: the first above, the second below.

    Where a job ended earlier in the second run, what it gained completes its lower bar; where it
    ended later, what it lost completes the upper one. Beside it stands the main cause in words.
    The chart at the bottom adds the causes up over all jobs that ended in both runs.

    Args:
        before: the first run, or its trace.
        after: the second run; any two runs whose jobs have the same names.
        names: what to call the two; None: by their own names, if they have different ones.
        most: jobs, >= 1, to draw at most: those that changed most.

    Raises ValueError if fewer jobs are to be drawn.
    """
    if most < 1:
        raise ValueError(f"most must be >= 1, got {most}")
    names = names or _names(before, after)
    traces = trace_of(before), trace_of(after)
    difference = diff(*traces)
    jobs = _changed_most(difference, traces, most)
    totals = difference.totals()
    title = _title(difference, names, _digits(traces))
    above = TITLE + second_line(title)
    rows = [Row(max(_LANE * len(jobs), 60), above=above, right=_WORDS)]
    if any(totals.values()):
        rows.append(Row(130, above=AXIS + TITLE, right=_WORDS))
    figure, (ax, *below) = page(rows)
    _draw_jobs(ax, jobs, difference, traces, names, title)
    for ax in below:
        _draw_totals(ax, totals, _digits(traces))
    spent = {CAUSES[cause][seconds < 0]: seconds for cause, seconds in totals.items()}
    parts = [words.format(seconds_text(abs(s), _digits(traces))) for words, s in spent.items() if s]
    added = f" All jobs together: {', '.join(parts)}." if parts else ""
    text = difference.describe(*names)
    return Picture(figure, f"Job by job, {names[0]} against {names[1]}: {text}.{added}")


def _names(before: Traced, after: Traced) -> tuple[str, str]:
    names = name_of(before), name_of(after)
    return names if all(names) and len(set(names)) == 2 else ("the first run", "the second run")


def _changed_most(difference: Diff, traces: Sequence[Trace], most: int) -> list[str]:
    """Choose the jobs to draw, in the order of their submission."""
    changed = {change.job: abs(change.gained) for change in difference.changes}
    changed |= dict.fromkeys([*difference.only_before, *difference.only_after], float("inf"))
    chosen = set(sorted(changed, key=lambda job: -changed[job])[:most])
    order = dict.fromkeys(job.id for trace in traces for job in trace.jobs)
    return [job for job in order if job in chosen]


def _draw_jobs(
    ax: Axes,
    jobs: Sequence[str],
    difference: Diff,
    traces: tuple[Trace, Trace],
    names: tuple[str, str],
    title: str,
) -> None:
    lane = {job: number for number, job in enumerate(jobs)}
    bars: list[_Bar] = []
    for trace, offset in zip(traces, (-_HEIGHT / 2, _HEIGHT / 2), strict=True):
        bars += _bars(trace, lane, offset)
    for change in difference.changes:
        if change.gained and change.job in lane:
            name = "ended earlier" if change.gained > 0 else "ended later"
            offset = _HEIGHT / 2 if change.gained > 0 else -_HEIGHT / 2
            left, right = sorted((change.before, change.after))
            bars.append((name, left, right, lane[change.job] + offset))
    shown = []
    for look in (*LOOKS.values(), *CHANGES.values()):
        if some := [bar[1:] for bar in bars if bar[0] == look.name]:
            left, right, row = np.array(some).T
            add_bars(ax, look, corners(left, right, row, _HEIGHT), linewidth=0.6)
            shown.append(look)
    ax.set_xlim(0, max(map(time_limit, traces)))
    set_lanes(ax, [f"job {job}" for job in jobs])
    ax.set_xlabel(time_label(traces))
    digits = _digits(traces)
    for job, words in _words(difference, names, digits).items():
        if job in lane:
            write_beside(ax, lane[job], shorten(words, _WORDS - 24, SMALL))
    write_title(ax, title, lines=2)
    add_key(ax, shown)


def _title(difference: Diff, names: tuple[str, str], digits: int) -> str:
    above, below = (
        f"{shorten(name, 300, 11, bold=True)} ({makespan:.{digits}g} s)"
        for name, makespan in zip(names, difference.makespans, strict=True)
    )
    return f"Each job twice: {above} above, {below} below"


def _bars(trace: Trace, lane: dict[str, int], offset: float) -> list[_Bar]:
    """Return the bars of one run: its jobs' waits, and what workers did with them."""
    bars: list[_Bar] = []
    for job in trace.jobs:
        if job.id in lane and job.started is not None and job.submitted is not None:
            bars.append(("waiting", job.submitted, job.started, lane[job.id] + offset))
    for span in trace.spans:
        if span.job in lane:
            bars.append((look_of(span).name, span.start, span.end, lane[span.job] + offset))
    return [bar for bar in bars if bar[2] > bar[1]]


def _words(difference: Diff, names: tuple[str, str], digits: int) -> dict[str, str]:
    """Return what to write beside each job."""
    words = {}
    for change in difference.changes:
        if change.gained:
            direction = "earlier" if change.gained > 0 else "later"
            amount = f"{seconds_text(abs(change.gained), digits)} {direction}"
            words[change.job] = f"{amount}: {change.reason(digits)}"
    for outcomes, other in (
        (difference.only_before, names[1]),
        (difference.only_after, names[0]),
    ):
        words |= {job: f"{outcome} in {other}" for job, outcome in outcomes.items()}
    return words


def _digits(traces: Sequence[Trace]) -> int:
    """Return how many digits of a difference mean something."""
    return 4 if {trace.clock for trace in traces} == {"virtual"} else 2


def _draw_totals(ax: Axes, totals: dict[str, float], digits: int) -> None:
    reach = max(abs(seconds) for seconds in totals.values())
    for name, look in CHANGES.items():
        wanted = [
            (number, seconds)
            for number, seconds in enumerate(totals.values())
            if (seconds < 0) == (name == "ended earlier") and seconds
        ]
        ax.barh(
            [number for number, _ in wanted],
            [seconds for _, seconds in wanted],
            height=0.7,
            facecolor=look.fill,
            edgecolor=look.ink,
            hatch=look.hatch,
            linewidth=0.6,
        )
    for number, seconds in enumerate(totals.values()):
        ax.annotate(
            f"{seconds:+.{digits}g} s" if seconds else "0",
            (max(seconds, 0), number),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    ax.axvline(0, color="0.35", linewidth=1)
    ax.set_xlim(-1.1 * reach, 1.25 * reach)
    set_names(ax, list(totals))
    ax.set_ylim(len(totals) - 0.4, -0.6)
    ax.set_xlabel("seconds, all jobs together")
    write_title(ax, "Where the time went: less to the left, more to the right")
