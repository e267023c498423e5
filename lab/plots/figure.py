"""The geometry and the style of all pictures: a page of rows, in whole pixels.

Whole pixels, so that no rounding of a sum decides where a bar's edge falls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = [
    "AXIS",
    "BARE",
    "DPI",
    "FONT",
    "KEY",
    "LEFT",
    "NAME_GAP",
    "RIGHT",
    "TITLE",
    "WIDTH",
    "Row",
    "page",
    "styled",
]

WIDTH: Final = 900  # pixels
DPI: Final = 100  # pixels an inch
LEFT: Final = 100  # pixels beside a chart, for the names of its lanes
NAME_GAP: Final = 12  # pixels of these on both sides of a name
RIGHT: Final = 105  # pixels beside a chart, for what is written at the ends of curves
TITLE: Final = 36  # pixels above a chart
BARE: Final = 14  # pixels above a chart without a title
KEY: Final = 22  # pixels above the first title
AXIS: Final = 50  # pixels below the last chart, for its horizontal axis
FONT: Final = "DejaVu Sans"  # comes with matplotlib; the style names it too

_STYLE_FILE: Final = Path(__file__).with_name("workbook.mplstyle")


@cache
def _style() -> matplotlib.RcParams:
    return matplotlib.rc_params_from_file(_STYLE_FILE, use_default_template=False)


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of the workbook; as a decorator, too."""
    with matplotlib.rc_context(_style()):
        yield


@dataclass(frozen=True, slots=True)
class Row:
    """Charts side by side, all in pixels.

    Attributes:
        height: of the charts.
        above: room above them, for titles.
        left: room on the left of each.
        right: room on the right of the last.
        charts: how many there are.
    """

    height: int
    above: int = TITLE
    left: int = LEFT
    right: int = RIGHT
    charts: int = 1


@styled()
def page(rows: Sequence[Row], *, key: int = KEY, below: int = AXIS) -> tuple[Figure, list[Axes]]:
    """Return a figure with these rows, one below the other, and the axes of their charts.

    Args:
        rows: one or more.
        key: pixels above the first row.
        below: pixels below the last one.
    """
    whole = key + sum(row.above + row.height for row in rows) + below
    figure = Figure(figsize=(WIDTH / DPI, whole / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = []
    bottom = whole - key
    for row in rows:
        bottom -= row.above + row.height
        width = (WIDTH - row.charts * row.left - row.right) // row.charts
        for number in range(row.charts):
            left = row.left + number * (row.left + width)
            box = (left / WIDTH, bottom / whole, width / WIDTH, row.height / whole)
            axes.append(figure.add_axes(box))
    return figure, axes
