"""What became of the jobs of several runs: a bar for each, cut by outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab.model.run import Run
from lab.plots.axes import add_key, second_line, set_names, write_on_bar, write_title
from lab.plots.figure import LEFT, NAME_GAP, TITLE, Row, page, styled
from lab.plots.palette import COUNTS, Look
from lab.plots.picture import Picture
from lab.plots.words import shorten, width_of
from lab.tracing.names import named
from patterns.concurrency import Report

__all__ = ["draw_counts"]

_BAR, _LABEL = 34, 240  # pixels


@styled()
def draw_counts(
    reports: Mapping[Any, Run[Any] | Report[Any, Any]] | Iterable[Run[Any]], title: str = ""
) -> Picture:
    """Draw what became of the jobs of each run, a bar for each, in the order given.

    Args:
        reports: runs that returned reports, or the reports themselves, by label; or just runs,
            which have names.
        title: what stands above.

    Raises ValueError for no reports; TypeError for anything else.
    """
    by_label = {label: _counts(run) for label, run in named(reports).items()}
    if not by_label:
        raise ValueError("reports must hold at least one run, got none")
    widest = max(width_of(shorten(label, _LABEL)) for label in by_label)
    left = max(LEFT, round(widest) + NAME_GAP)
    figure, (ax,) = page(
        [Row(_BAR * len(by_label), above=TITLE + second_line(title, left), left=left)]
    )
    for row, counts in enumerate(by_label.values()):
        left = 0
        for name, number in counts.items():
            if number:
                _draw_part(ax, row, left, number, COUNTS[name])
            left += number
    ax.set_xlim(0, max(1, *(sum(counts.values()) for counts in by_label.values())))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("jobs")
    set_names(ax, list(by_label))
    ax.set_ylim(len(by_label) - 0.5, -0.5)
    there = {name for counts in by_label.values() for name, number in counts.items() if number}
    add_key(ax, [look for look in COUNTS.values() if look.name in there])
    write_title(ax, title, lines=2)
    described = "; ".join(f"{label}: {_in_words(counts)}" for label, counts in by_label.items())
    return Picture(figure, f"{f'{title}. ' if title else ''}A bar for each run. {described}.")


def _draw_part(ax: Axes, row: int, left: int, number: int, look: Look) -> None:
    ax.barh(
        row,
        number,
        left=left,
        height=0.8,
        color=look.fill,
        edgecolor=look.ink,
        hatch=look.hatch,
        linewidth=0.8,
        clip_on=False,
    )
    write_on_bar(ax, left + number / 2, row, str(number), look)


def _counts(run: object) -> dict[str, int]:
    report = run.value if isinstance(run, Run) else run
    if not isinstance(report, Report):
        raise TypeError(f"a run must have returned a report, got {type(report).__name__}")
    counts = report.counts
    return {name: getattr(counts, name.replace(" ", "_")) for name in COUNTS}


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "no jobs"
