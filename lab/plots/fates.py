"""What became of the jobs of several runs: a bar for each, cut into the four accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab.plots.charts import add_key, new_axes, write_on_bar
from lab.plots.palette import LOOKS, STYLE_FILE, Look
from lab.plots.picture import Picture, set_title, stack
from patterns.concurrency import Report

__all__ = ["draw_fates", "fates"]

_ACCOUNTS: Final = {
    "succeeded": replace(LOOKS["working"], name="succeeded"),
    "failed": LOOKS["failed"],
    "cancelled": LOOKS["cancelled"],
    "never started": Look("never started", "#FFFFFF", "#555555", "", "#000000"),
}


def draw_fates(reports: Mapping[str, Report[Any, Any]], title: str = "") -> Picture:
    """Draw what became of the jobs of each run, a bar for each, in the order given.

    Raises ValueError for no reports.
    """
    if not reports:
        raise ValueError("reports must hold at least one run, got none")
    figure, (ax,) = stack([0.34 * len(reports)])
    fates(reports, ax=ax)
    set_title(ax, title)
    told = "; ".join(f"{label}: {_in_words(report)}" for label, report in reports.items())
    return Picture(figure, f"{f'{title}. ' if title else ''}A bar for each run. {told}.")


def fates(reports: Mapping[str, Report[Any, Any]], *, ax: Axes | None = None) -> Axes:
    """Draw a bar for each report, the first on top; in each account its number of jobs."""
    with matplotlib.rc_context(fname=STYLE_FILE):
        ax = ax or new_axes(height=1.4 + 0.32 * len(reports))
        for row, report in enumerate(reports.values()):
            left = 0
            for account, number in _counts(report).items():
                if number:
                    _draw_part(ax, row, left, number, _ACCOUNTS[account])
                left += number
        ax.set_xlim(0, max(1, *(len(report.submitted) for report in reports.values())))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("jobs")
        ax.set_ylim(len(reports) - 0.5, -0.5)
        ax.set_yticks(range(len(reports)), list(reports))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        there = {name for report in reports.values() for name, n in _counts(report).items() if n}
        add_key(ax, there, _ACCOUNTS.values())
        return ax


def _draw_part(ax: Axes, row: int, left: int, number: int, style: Look) -> None:
    ax.barh(
        row,
        number,
        left=left,
        height=0.8,
        color=style.fill,
        edgecolor=style.ink,
        hatch=style.hatch,
        linewidth=0.8,
        clip_on=False,
    )
    write_on_bar(ax, left + number / 2, row, str(number), style)


def _counts(report: Report[Any, Any]) -> dict[str, int]:
    return {
        "succeeded": len(report.succeeded),
        "failed": len(report.failed),
        "cancelled": len(report.cancelled),
        "never started": len(report.never_started),
    }


def _in_words(report: Report[Any, Any]) -> str:
    told = ", ".join(f"{number} {name}" for name, number in _counts(report).items() if number)
    return told or "no jobs"
