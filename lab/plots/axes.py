"""What several charts draw on their axes: bars, keys, curves, labels, scales."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from lab.model.trace import Span, State, Trace
from lab.plots.figure import DPI, LEFT, NAME_GAP, RIGHT, WIDTH
from lab.plots.palette import CURVES, LIMIT, LIMIT_DASHES, Look, legible
from lab.plots.words import printable, shorten, width_of, wrap

__all__ = [
    "LINE",
    "MOST_END_LABELS",
    "MOST_LANE_NAMES",
    "SHORTEST_OPEN_SPAN",
    "SMALL",
    "add_bars",
    "add_key",
    "corners",
    "draw_curve",
    "draw_limit",
    "fits",
    "is_open",
    "label_end",
    "second_line",
    "set_count_axis",
    "set_lanes",
    "set_names",
    "set_time_axis",
    "share_time",
    "time_label",
    "time_limit",
    "title_room",
    "write_beside",
    "write_on_bar",
    "write_title",
]

MOST_END_LABELS: Final = 3
MOST_LANE_NAMES: Final = 30
_MOST_LISTED: Final = 9  # curves named beside a chart
SHORTEST_OPEN_SPAN: Final = 0.05  # of the axis; a wait that a deadlock cut off at once must show
LINE: Final = 18  # pixels between two lines of a title
_KEY_ABOVE: Final = 32  # pixels, above a chart with a title of one line
SMALL: Final = 9  # points: what stands in and beside charts, the smallest text there is


def corners(left: ArrayLike, right: ArrayLike, row: ArrayLike, height: float) -> NDArray[Any]:
    """Return the corners of bars, shape (bars, 4, 2): as one array they are drawn fast."""
    x0, x1, y = np.asarray(left), np.asarray(right), np.asarray(row)
    top, bottom = y - height / 2, y + height / 2
    return np.stack([x0, top, x1, top, x1, bottom, x0, bottom], -1).reshape(-1, 4, 2)


def add_bars(
    ax: Axes, look: Look, shapes: Any, *, linewidth: float = 0.8, hatched: bool = True
) -> None:
    """Draw bars of one look, given by their corners, as one artist."""
    bars = PolyCollection(
        shapes,
        facecolor=look.fill,
        edgecolor=look.ink,
        hatch=look.hatch if hatched else None,
        linewidth=linewidth,
        label=look.name,
    )
    ax.add_collection(bars, autolim=False)


def write_on_bar(ax: Axes, x: float, y: float, text: str, look: Look) -> None:
    """Write a number in the middle of a bar that has this look."""
    # On hatching a number is read only with the fill behind it.
    box = {"facecolor": look.fill, "edgecolor": "none", "pad": 1.2} if look.hatch else None
    ax.text(
        x,
        y,
        text,
        color=look.text,
        ha="center",
        va="center",
        fontsize=SMALL,
        fontweight="bold",
        bbox=box,
        clip_on=True,
    )


def fits(text: str, pixels: float) -> bool:
    """Whether a number has room on a bar so wide."""
    return width_of(text, SMALL, bold=True) + 4 <= pixels


def write_beside(ax: Axes, y: float, text: str, *, size: float = SMALL, **how: Any) -> None:
    """Write to the right of a chart, at `y` of its data."""
    ax.annotate(
        text,
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        fontsize=size,
        annotation_clip=False,
        **{"va": "center", **how},
    )


def write_title(ax: Axes, text: str, *, size: float = 11, lines: int = 1, **how: Any) -> None:
    """Write a title, as much of it as these lines up to the edge of the page have room for."""
    room = title_room(ax.get_position().x0 * WIDTH)
    ax.set_title("\n".join(wrap(text, room, size, bold=True, most=lines)), fontsize=size, **how)
    key = ax.get_legend()
    if key is not None and key.get_gid() == "key":
        _put_above_title(ax, key)


def title_room(left: float = LEFT) -> float:
    """Return how wide a title may be above a chart that begins so many pixels from the left."""
    return WIDTH - 10 - left


def second_line(text: str, left: float = LEFT, size: float = 11) -> int:
    """Return the pixels to reserve for the second line of a title, if it needs one."""
    return LINE * (len(wrap(text, title_room(left), size, bold=True)) - 1)


def add_key(ax: Axes, looks: Iterable[Look]) -> None:
    """Explain looks above the title of `ax`."""
    handles = [
        Patch(facecolor=look.fill, edgecolor=look.ink, hatch=look.hatch * 2, label=look.name)
        for look in looks
    ]
    if handles:
        key = ax.legend(
            handles=handles,
            loc="lower left",
            borderpad=0,
            ncols=len(handles),
            frameon=False,
            fontsize=SMALL,
            handlelength=1.6,
            columnspacing=1.2,
            borderaxespad=0,
        )
        key.set_gid("key")
        _put_above_title(ax, key)


def _put_above_title(ax: Axes, key: Legend) -> None:
    figure = ax.get_figure(root=True)
    assert figure is not None
    up = _KEY_ABOVE + LINE * ax.get_title(loc="left").count("\n")
    raised = ScaledTranslation(0, up / DPI, figure.dpi_scale_trans)
    key.set_bbox_to_anchor((0, 1), ax.transAxes + raised)


def draw_curve(
    ax: Axes,
    times: Sequence[float],
    values: Sequence[float],
    label: str = "",
    drawstyle: Literal["default", "steps-post"] = "steps-post",
) -> None:
    """Draw a curve in the next of the looks for curves, and name it if it has a label."""
    colour, dashes = CURVES[sum(line.get_gid() == "curve" for line in ax.lines) % len(CURVES)]
    ax.plot(
        times,
        values,
        drawstyle=drawstyle,
        color=colour,
        linestyle=dashes,
        gid="curve",
        clip_on=False,
        label=label or "_curve",
    )
    if label:
        _name_curves(ax)


def _name_curves(ax: Axes) -> None:
    """Label the curves where they end, or, if they are many, beside the chart.

    Of curves that coincide only the first is shown; it bears all their names.
    """
    curves: dict[tuple[bytes, bytes], tuple[Line2D, list[str]]] = {}
    for line in ax.lines:
        if line.get_gid() == "curve":
            x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
            first, names = curves.setdefault((x.tobytes(), y.tobytes()), (line, []))
            names.append(str(line.get_label()))
            line.set_visible(line is first)
    for text in [text for text in ax.texts if text.get_gid() == "end"]:
        text.remove()
    room = _room_beside(ax)
    if max(len(curves), *(len(names) for _, names in curves.values())) > MOST_END_LABELS:
        _list_curves(ax, list(curves.values()), room - 70)
        return
    for line, names in curves.values():
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        shown = [shorten(name, room, SMALL) for name in names]
        label_end(ax, x[-1], y[-1], "\n= ".join(shown), str(line.get_color()))


def _list_curves(ax: Axes, curves: list[tuple[Line2D, list[str]]], room: float) -> None:
    handles = [
        Line2D(
            [],
            [],
            label=f"{'= ' * (number > 0)}{shorten(name, room, SMALL)}",
            color=line.get_color(),
            linestyle="none" if number else line.get_linestyle(),
        )
        for line, names in curves
        for number, name in enumerate(names)
    ]
    if len(handles) > _MOST_LISTED:
        more = len(handles) - _MOST_LISTED + 1
        handles[_MOST_LISTED - 1 :] = [Line2D([], [], label=f"and {more} more", linestyle="none")]
    ax.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(1, 0.5),
        frameon=False,
        fontsize=SMALL,
        handlelength=2.8,
        handletextpad=0.5,
        labelspacing=0.2,
        borderpad=0,
        borderaxespad=0.8,
    )


def _room_beside(ax: Axes) -> float:
    """Return the pixels to the right of a chart, on a page or in a figure of another kind."""
    figure = ax.get_figure()
    width = figure.bbox.width if figure is not None else WIDTH
    return float(max(width - ax.get_window_extent().x1 - 10, RIGHT / 2))


def label_end(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write `text` beside the end of a curve, above the labels that are already there."""
    near = sum(
        other.get_gid() == "end" and abs(other.xy[0] - x) < 0.15 * max(x, 1e-9)  # type: ignore[attr-defined]
        for other in ax.texts
        if abs(getattr(other, "xy", (0, 0))[1] - y) < 0.2 * max(y, 1)
    )
    ax.annotate(
        text,
        (x, y),
        xytext=(5, 11 * near + (7 if y == 0 else 0)),
        textcoords="offset points",
        color=legible(colour),
        fontsize=SMALL,
        va="center",
        annotation_clip=False,
        path_effects=[withStroke(linewidth=3, foreground="white")],  # read across a curve
        gid="end",
    )


def draw_limit(ax: Axes, trace: Trace, limit: float, text: str = "") -> None:
    """Draw a limit as a dashed line, and name it."""
    ax.axhline(limit, color=LIMIT, linestyle=LIMIT_DASHES, linewidth=1)
    if text:
        label_end(ax, time_limit(trace), limit, text, "0.25")


def set_lanes(ax: Axes, names: Sequence[str]) -> None:
    """Give each name a lane, the first on top, and write it beside, if they are few."""
    set_names(ax, names, every=-(-len(names) // MOST_LANE_NAMES) or 1)
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)


def set_names(ax: Axes, names: Sequence[str], every: int = 1) -> None:
    """Write names on the vertical axis, at 0, 1, 2 …, in the room on the left.

    All of them are a little smaller if none needs to be cut then.
    """
    room = max(ax.get_window_extent().x0, LEFT / 2) - NAME_GAP
    texts = list(map(printable, names[::every]))
    cut, cut_if_small = (any(width_of(t, size) > room for t in texts) for size in (10, SMALL))
    size = SMALL if cut and not cut_if_small else 10
    shown = [shorten(text, room, size) for text in texts]
    ax.set_yticks(range(0, len(names), every), shown, fontsize=size)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def set_count_axis(ax: Axes) -> None:
    """Let the vertical axis begin at 0 and have whole numbers."""
    heights = [np.asarray(line.get_ydata(), float) for line in ax.lines]
    top = float(max((np.nanmax(height) for height in heights if height.size), default=0))
    ax.set_ylim(0, max(top * 1.15, 1))
    steps = (digit * 10**power for power in range(9) for digit in (1, 2, 4, 5))
    wide = [step for step in steps if top <= 4 * step]
    # If there is one, a step that meets the highest value, so that it can be read.
    step = next((step for step in wide if step <= top and top % step == 0), wide[0])
    ax.set_yticks(range(0, int(top) + 1, step))


def time_limit(trace: Trace) -> float:
    """Return where the time axis ends, in seconds: never at 0, and after an open span."""
    if trace.elapsed == 0:
        return 1.0
    cut_off = any(span.start == trace.elapsed and _waits(span) for span in trace.spans)
    return trace.elapsed * (1 + SHORTEST_OPEN_SPAN * cut_off)


def is_open(trace: Trace, span: Span) -> bool:
    """Whether the end of the run cut off a wait, or a job that was in hand."""
    in_hand = span.job is not None and span.outcome is None
    return span.end == trace.elapsed and (_waits(span) or in_hand)


def _waits(span: Span) -> bool:
    return span.state not in (State.STOPPED, State.WORKING)


def set_time_axis(ax: Axes, trace: Trace) -> None:
    """Let the horizontal axis run from 0 to the end of the trace, and name its clock."""
    curves = sum(line.get_gid() == "curve" for line in ax.lines)
    ax.set_xlim(0, max(time_limit(trace), ax.get_xlim()[1] if curves > 1 else 0))
    if trace.elapsed == 0:
        ax.set_xticks([0])
    ax.set_xlabel(time_label([trace]))


def time_label(traces: Iterable[Trace]) -> str:
    """Name the unit of a time axis that these runs share, and their clocks."""
    clocks = sorted({trace.clock for trace in traces})
    return "seconds" if clocks in ([], ["real"]) else f"seconds ({' or '.join(clocks)})"


def share_time(axes: Sequence[Axes], traces: Sequence[Trace]) -> None:
    """Let charts one below the other have one time axis, with its numbers below the last."""
    for ax in axes:
        ax.set_xlim(0, max(map(time_limit, traces)))
    for ax in axes[:-1]:
        ax.set_xlabel("")
        ax.tick_params(axis="x", labelbottom=False)
    axes[-1].set_xlabel(time_label(traces))
