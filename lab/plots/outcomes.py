"""What came of every schedule of a pool: a cell for each, in the order of the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lab.model.exploration import ScheduleOutcome
from lab.plots.axes import SMALL, add_bars, add_key, corners, write_title
from lab.plots.figure import WIDTH, Row, page, styled
from lab.plots.palette import PASSES, Look, fails
from lab.plots.picture import Picture

__all__ = ["draw_outcomes"]

_LEFT, _ROW = 60, 720  # pixels: for the numbers, and a row of cells
_BELOW: Final = 12  # pixels
_CELLS_A_ROW: Final = ((60, 20), (800, 40), (0, 80))  # up to so many schedules, so many cells
_CELL: Final = 0.84  # of the room for a cell
_MOST_GROUPS: Final = 8  # of numbers, in the text


@styled()
def draw_outcomes(
    groups: Mapping[str, Sequence[ScheduleOutcome]], *, ring: int | None = None
) -> Picture:
    """Draw what came of all schedules of one or more pools, each under its label.

    Args:
        groups: the outcomes of a pool, as `all_schedules` returns them, by label.
        ring: number of the schedule of the first pool to mark, from 1.

    Raises ValueError if there is no pool, or none of its schedules has the number `ring`.
    """
    if not groups or not all(groups.values()):
        raise ValueError("groups must hold at least one pool, and each at least one schedule")
    most = max(map(len, groups.values()))
    columns = next(cells for limit, cells in _CELLS_A_ROW if most <= limit or not limit)
    size = _ROW // columns
    rows = [
        Row(-(-len(group) // columns) * size, left=_LEFT, right=WIDTH - _LEFT - _ROW)
        for group in groups.values()
    ]
    figure, axes = page(rows, below=_BELOW)
    number = ring
    for ax, (label, group) in zip(axes, groups.items(), strict=True):
        _draw_cells(ax, group, columns)
        if number is not None:
            _mark(ax, number, len(group), columns)
        write_title(ax, f"{label}: {_counted(group)}", size=10)
        number = None
    add_key(axes[0], _looks([outcome for group in groups.values() for outcome in group]))
    described = " ".join(f"{label}: {_in_words(group)}." for label, group in groups.items())
    marked = "" if ring is None else f" Schedule {ring} is marked."
    return Picture(figure, f"A cell for each schedule. {described}{marked}")


def _draw_cells(ax: Axes, group: Sequence[ScheduleOutcome], columns: int) -> None:
    """Draw a cell for each schedule, row by row, the first one at the top left."""
    rows = -(-len(group) // columns)
    for kind in _kinds(group):
        cells = [divmod(n, columns) for n, outcome in enumerate(group) if outcome.kind == kind]
        row, column = np.array(cells).T
        margin = (1 - _CELL) / 2
        shapes = corners(column + margin, column + 1 - margin, row + 0.5, _CELL)
        add_bars(ax, _look(kind), shapes, linewidth=0.6)
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    ax.set_xticks([])
    numbered = range(0, rows, 1 if columns <= 40 else 5)
    ax.set_yticks([row + 0.5 for row in numbered], [f"{row * columns + 1}" for row in numbered])
    ax.tick_params(length=0, labelsize=SMALL)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _mark(ax: Axes, ring: int, schedules: int, columns: int) -> None:
    if not 1 <= ring <= schedules:
        raise ValueError(f"ring must be the number of a schedule, 1 to {schedules}, got {ring}")
    row, column = divmod(ring - 1, columns)
    around: Any = Rectangle((column, row), 1, 1, fill=False, edgecolor="black", linewidth=3)
    around.set_clip_on(False)
    around.set_zorder(5)
    ax.add_patch(around)


def _look(kind: str | None) -> Look:
    return PASSES if kind is None else fails(kind)


def _kinds(group: Sequence[ScheduleOutcome]) -> list[str | None]:
    """Return the kinds that occur: first None, then by name."""
    return sorted({outcome.kind for outcome in group}, key=lambda kind: kind or "")


def _looks(group: Sequence[ScheduleOutcome]) -> list[Look]:
    return [_look(kind) for kind in _kinds(group)]


def _counted(group: Sequence[ScheduleOutcome]) -> str:
    failed = sum(outcome.kind is not None for outcome in group)
    if not failed:
        return f"none of {len(group):,} schedules fails"
    return f"{failed:,} of {len(group):,} schedules fail{'s' * (failed == 1)}"


def _in_words(group: Sequence[ScheduleOutcome]) -> str:
    """Say how many fail, how, and which: "8 of 10 schedules fail (8 check): 2 to 9"."""
    kinds = Counter(outcome.kind for outcome in group if outcome.kind is not None)
    if not kinds:
        return _counted(group)
    counted = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    failing = [n for n, outcome in enumerate(group, start=1) if outcome.kind is not None]
    ranges = list(_ranges(failing))
    more = len(ranges) - _MOST_GROUPS
    others = f" and {more} more groups" if more > 0 else ""
    return f"{_counted(group)} ({counted}): {', '.join(ranges[:_MOST_GROUPS])}{others}"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Yield numbers that follow each other as one text: "2 to 9"; two of them: "2, 3"."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        first, *others = [number for _, number in run]
        yield f"{first}{' to ' if others[1:] else ', '}{others[-1]}" if others else f"{first}"
