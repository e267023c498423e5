"""What came of every schedule of a pool: a cell for each, in the order of the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from lab.plots.palette import LOOKS, STYLE_FILE, Look
from lab.plots.picture import Picture

__all__ = ["OutcomeLike", "draw_outcomes", "outcomes"]

_WIDTH, _DPI = 900, 100  # pixels, pixels an inch
_LEFT, _ROW, _HEAD, _KEY, _FOOT = 60, 720, 42, 30, 12  # pixels; a row of cells is 720 wide
_CELLS_A_ROW: Final = ((60, 20), (800, 40), (0, 80))  # up to so many schedules, so many cells
_MOST_TOLD: Final = 8  # groups of numbers

_WELL: Final = Look("goes well", "#D6E9F5", "#0072B2", "", "#000000")
_EDGE: Final = ("#7A3500", "#0072B2")  # of a cell: it goes wrong, it goes well
_HATCHES: Final = {
    "check": "xx",
    "deadlock": "++",
    "leak": "oo",
    "crash": "**",
    "error": "//",
    "books": "--",
    "endless": "\\\\",
}


class OutcomeLike(Protocol):
    """What a picture needs to know of one schedule."""

    @property
    def kind(self) -> str | None: ...


def draw_outcomes(
    groups: Mapping[str, Sequence[OutcomeLike]], *, ring: int | None = None
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
    heights = [-(-len(group) // columns) * size for group in groups.values()]
    whole = _KEY + sum(_HEAD + height for height in heights) + _FOOT
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(_WIDTH / _DPI, whole / _DPI), dpi=_DPI)
        FigureCanvasAgg(figure)
        top, number = whole - _KEY, ring
        for (label, group), height in zip(groups.items(), heights, strict=True):
            top -= _HEAD + height
            box = (_LEFT / _WIDTH, top / whole, _ROW / _WIDTH, height / whole)
            outcomes(group, ax=figure.add_axes(box), columns=columns, ring=number)
            figure.axes[-1].set_title(f"{label}: {_counted(group)}", fontsize=10)
            number = None
        _add_key(figure, groups)
    told = " ".join(f"{label}: {_in_words(group)}." for label, group in groups.items())
    marked = "" if ring is None else f" Schedule {ring} is marked."
    return Picture(figure, f"A cell for each schedule. {told}{marked}")


def outcomes(
    group: Sequence[OutcomeLike], *, ax: Axes, columns: int = 40, ring: int | None = None
) -> Axes:
    """Draw a cell for each schedule of a pool, row by row, the first one at the top left.

    Args:
        group: what came of each, one or more.
        ax: where to draw.
        columns: cells in a row, >= 1.
        ring: number of the schedule to mark, from 1.

    Raises ValueError if no schedule has the number `ring`.
    """
    if ring is not None and not 1 <= ring <= len(group):
        raise ValueError(f"ring must be the number of a schedule, 1 to {len(group)}, got {ring}")
    rows = -(-len(group) // columns)
    with matplotlib.rc_context(fname=STYLE_FILE):
        for kind in _kinds(group):
            cells = [divmod(n, columns) for n, one in enumerate(group) if one.kind == kind]
            look = _look(kind)
            drawn = PolyCollection(
                [_square(row, column) for row, column in cells],
                facecolor=look.fill,
                edgecolor=_EDGE[kind is None],
                hatch=look.hatch,
                hatchcolor=look.ink,
                linewidth=0.6,
                label=look.name,
            )
            ax.add_collection(drawn)
        if ring is not None:
            row, column = divmod(ring - 1, columns)
            around = Rectangle((column, row), 1, 1, fill=False, edgecolor="black", linewidth=3)
            around.set_clip_on(False)
            around.set_zorder(5)
            ax.add_patch(around)
        ax.set_xlim(0, columns)
        ax.set_ylim(rows, 0)
        ax.set_xticks([])
        numbered = range(0, rows, 1 if columns <= 40 else 5)
        ax.set_yticks([row + 0.5 for row in numbered], [f"{row * columns + 1}" for row in numbered])
        ax.tick_params(length=0, labelsize=8)
        ax.grid(visible=False)
        for spine in ax.spines.values():
            spine.set_visible(False)
    return ax


def _square(row: int, column: int) -> list[tuple[float, float]]:
    left, right, top, bottom = column + 0.08, column + 0.92, row + 0.08, row + 0.92
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _look(kind: str | None) -> Look:
    if kind is None:
        return _WELL
    failed = LOOKS["failed"]
    return Look(f"fails: {kind}", failed.fill, failed.ink, _HATCHES.get(kind, "xx"), failed.text)


def _kinds(group: Sequence[OutcomeLike]) -> list[str | None]:
    there = {one.kind for one in group}
    return [kind for kind in (None, *_HATCHES) if kind in there]


def _add_key(figure: Figure, groups: Mapping[str, Sequence[OutcomeLike]]) -> None:
    looks = [_look(kind) for kind in _kinds([one for group in groups.values() for one in group])]
    handles = [
        Patch(
            facecolor=look.fill,
            edgecolor=_EDGE[look is _WELL],
            hatch=look.hatch * 2,
            hatchcolor=look.ink,
            label=look.name if len(looks) <= 5 else look.name.removeprefix("fails: "),
        )
        for look in looks
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(_LEFT / _WIDTH, 1),
        ncols=len(handles),
        frameon=False,
        fontsize=9,
        borderaxespad=0.6,
        borderpad=0,
    )


def _counted(group: Sequence[OutcomeLike]) -> str:
    failed = sum(one.kind is not None for one in group)
    if not failed:
        return f"none of {len(group):,} schedules fails"
    return f"{failed:,} of {len(group):,} schedules fail{'s' * (failed == 1)}"


def _in_words(group: Sequence[OutcomeLike]) -> str:
    """Say how many fail, how, and which: "8 of 10 schedules fail (8 check): 2 to 9"."""
    kinds = Counter(one.kind for one in group if one.kind is not None)
    if not kinds:
        return _counted(group)
    told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    runs = list(_runs([n for n, one in enumerate(group, start=1) if one.kind is not None]))
    more = f" and {len(runs) - _MOST_TOLD} more groups" if len(runs) > _MOST_TOLD else ""
    return f"{_counted(group)} ({told}): {', '.join(runs[:_MOST_TOLD])}{more}"


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Yield numbers that follow each other as one text: "2 to 9"; two of them: "2, 3"."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        first, *others = [number for _, number in run]
        yield f"{first}{' to ' if others[1:] else ', '}{others[-1]}" if others else f"{first}"
