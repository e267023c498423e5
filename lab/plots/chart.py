"""What a chart is: a way to draw one run on axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.text import Text

from lab.model.trace import Trace
from lab.plots.figure import Row, page, styled
from lab.tracing import Traced, trace_of

__all__ = ["Chart", "as_chart", "chart", "told"]

CURVE_HEIGHT: Final = 120  # pixels


class Chart:
    """A way to draw one run. Call it with a run or its trace, and the axes to draw on.

    Without axes it makes its own. It draws only through the axes, and returns them.

    Attributes:
        words: what it shows.
        tell: says what came of a run that it shows, for the alternative text; None: `words` serve.
        overlays: whether it can draw several runs on the same axes; then it takes a `label`.
    """

    def __init__(
        self,
        paint: Callable[..., object],
        words: str,
        *,
        height: Callable[[Trace], int] = lambda trace: CURVE_HEIGHT,
        overlays: bool = True,
        tell: Callable[[Trace], str] | None = None,
    ) -> None:
        self._paint = paint
        self.words = words
        self.height = height
        self.overlays = overlays
        self.tell = tell
        update_wrapper(self, paint)

    def __call__(self, run: Traced, ax: Axes | None = None, **options: Any) -> Axes:
        trace = trace_of(run)
        if ax is None:
            _, (ax,) = page([Row(self.height(trace))])
        with styled():
            self._paint(trace, ax, **options)
            for text in ax.findobj(Text):
                text.set_parse_math(False)  # axes of the caller's would take "$" for it
        return ax

    def __repr__(self) -> str:
        return f"<chart of {self.words}>"


def chart(words: str, **options: Any) -> Callable[[Callable[..., object]], Chart]:
    """Make a chart of a function of a trace and axes; the options are those of `Chart`."""
    return lambda paint: Chart(paint, words, **options)


def told(charts: Iterable[Chart], trace: Trace) -> str:
    """Say what these charts show of a run."""
    return " ".join(chart.tell(trace) for chart in charts if chart.tell is not None)


def as_chart(function: Callable[..., object]) -> Chart:
    """Return a chart as it is, and of any function of a run and `ax` make one."""
    if isinstance(function, Chart):
        return function
    name = getattr(function, "__name__", "a chart").replace("_", " ")
    return Chart(lambda trace, ax: function(trace, ax=ax), name, overlays=False)
