"""Pictures: charts of one or more runs on one time axis, with a text for those who cannot see."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lab.plots.charts import (
    MOST_END_LABELS,
    add_key,
    finding,
    queue_depth,
    spans_by_look,
    throughput,
    time_limit,
    timeline,
    worker_count,
)
from lab.plots.palette import STYLE_FILE
from lab.tracing import Trace, describe

__all__ = ["Picture", "compare", "draw", "set_title", "stack"]

Chart = Callable[..., Axes]

_TOLD: Final[dict[Chart, str]] = {
    timeline: "what each worker did when",
    throughput: "jobs done",
    queue_depth: "queue depth",
    worker_count: "workers alive",
}
_WIDTH, _DPI = 9, 100  # inches, pixels an inch
_LEFT, _RIGHT, _BOTTOM, _TOP, _KEY = 95, 105, 50, 36, 22  # pixels


class Picture:
    """A figure and the text that says what it shows.

    In a notebook the text is the plain form, and the HTML form carries the picture with the text
    as its alternative, because the alternative text of a bare image output gets lost on the way to
    the reader. The bare image is there too, for viewers that show no HTML.
    """

    def __init__(self, figure: Figure, text: str) -> None:
        self.figure = figure
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def png(self) -> bytes:
        """Return the picture as PNG; the same figure gives the same bytes."""
        buffer = io.BytesIO()
        with matplotlib.rc_context(fname=STYLE_FILE):
            self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the picture to `path`. Raises ValueError unless it ends in .png or .svg."""
        path = Path(path)
        if path.suffix == ".png":
            path.write_bytes(self.png())
        elif path.suffix == ".svg":
            with matplotlib.rc_context(fname=STYLE_FILE):
                self.figure.savefig(path, format="svg", metadata={"Date": None})
        else:
            raise ValueError(f"path must end in .png or .svg, got {path}")

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        image = base64.b64encode(self.png()).decode()
        text = html.escape(self.text)
        return {
            "text/plain": self.text,
            "text/html": f'<figure><img alt="{text}" src="data:image/png;base64,{image}"></figure>',
            "image/png": image,
        }


def draw(trace: Trace, *charts: Chart, title: str | None = None) -> Picture:
    """Draw `charts` of one run (by default its timeline) one below the other.

    `title` replaces the finding that stands over the first chart.
    """
    charts = charts or (timeline,)
    rows = [(chart, _height(chart, trace)) for chart in charts]
    figure, axes = stack([height for _, height in rows])
    for ax, chart in zip(axes, charts, strict=True):
        chart(trace, ax=ax)
    if title is not None or charts[0] is not timeline:  # which has a title already
        set_title(axes[0], title if title is not None else finding(trace))
    _share_time(axes, time_limit(trace))
    told = ", ".join(_TOLD.get(chart, chart.__name__) for chart in charts)
    return Picture(figure, f"Against time: {told}. {describe(trace)}")


def compare(traces: Mapping[str, Trace], *charts: Chart) -> Picture:
    """Draw several runs on one time axis: a timeline each, then curves of all in one chart.

    Args:
        traces: the runs by label, in the order in which to draw them.
        charts: what to draw, a timeline first if at all; by default timelines and throughput.

    Raises ValueError for no traces.
    """
    if not traces:
        raise ValueError("traces must hold at least one run, got none")
    charts = charts or (timeline, throughput)
    rows: list[tuple[Chart, list[str], float]] = []
    for chart in charts:
        if chart is timeline:
            rows += [(chart, [label], _height(chart, trace)) for label, trace in traces.items()]
        else:
            rows.append((chart, list(traces), 1.3))
    longest = max(map(len, traces)) if len(traces) > MOST_END_LABELS else 0
    right = max(_RIGHT, 45 + 7 * longest)
    figure, axes = stack([height for _, _, height in rows], right)
    for ax, (chart, labels, _) in zip(axes, rows, strict=True):
        for label in labels:
            if chart is timeline:
                chart(traces[label], ax=ax, title=f"{label}: {finding(traces[label])}", key=False)
            else:
                chart(traces[label], ax=ax, label=label)
    if timeline in charts:
        with matplotlib.rc_context(fname=STYLE_FILE):
            add_key(axes[0], {n for trace in traces.values() for n in spans_by_look(trace)})
    _share_time(axes, max(map(time_limit, traces.values())))
    if len({trace.clock for trace in traces.values()}) > 1:
        axes[-1].set_xlabel("seconds (real or virtual)")
    told = ", ".join(_TOLD.get(chart, chart.__name__) for chart in charts)
    runs = " ".join(f"{label}: {describe(trace)}" for label, trace in traces.items())
    return Picture(figure, f"Against one time axis: {told}. {runs}")


def _height(chart: Chart, trace: Trace) -> float:
    lanes = min(max(len(trace.workers), 1), 20)
    return max(0.36 * lanes, 0.5) if chart is timeline else 1.2


def stack(heights: Sequence[float], right: int = _RIGHT) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes of these heights (inches), one below the other.

    To the right of them `right` pixels are left free.
    """
    # In whole pixels, so that no rounding of a sum decides where a bar's edge falls.
    rows = [round(height * _DPI) for height in heights]
    width, whole = _WIDTH * _DPI, _KEY + _BOTTOM + sum(rows) + _TOP * len(rows)
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(_WIDTH, whole / _DPI), dpi=_DPI)
        FigureCanvasAgg(figure)
        axes = []
        top = whole - _KEY
        for row in rows:
            top -= _TOP + row
            box = (_LEFT / width, top / whole, (width - _LEFT - right) / width, row / whole)
            axes.append(figure.add_axes(box))
    return figure, axes


def set_title(ax: Axes, text: str) -> None:
    """Write a title in the style of all charts."""
    with matplotlib.rc_context(fname=STYLE_FILE):
        ax.set_title(text)


def _share_time(axes: Sequence[Axes], end: float) -> None:
    for ax in axes:
        ax.set_xlim(0, end)
    for ax in axes[:-1]:
        ax.set_xlabel("")
        ax.tick_params(axis="x", labelbottom=False)
