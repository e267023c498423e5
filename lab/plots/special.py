"""Charts of what only one pattern has: tokens in a bucket, beats that were missed.

They need to know more than the trace, so each is made by a function that is given it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab import tracing
from lab.plots.charts import (
    draw_curve,
    label_end,
    new_axes,
    set_lanes,
    set_time_axis,
    time_limit,
)
from lab.plots.palette import STYLE_FILE
from lab.tracing import Trace

__all__ = ["Look", "missed_beats", "tokens"]

_TOO_MANY: Final[dict[str, Any]] = {"facecolor": "#D55E00", "edgecolor": "#FFFFFF", "hatch": "xx"}
_LEVELS: Final = ("#F2F2F2", "#56B4E9", "#0072B2", "#000000")  # none missed, fewer, more, given up


class Look(Protocol):
    """What a supervisor saw of a worker at one time."""

    @property
    def time(self) -> float: ...

    @property
    def worker(self) -> str: ...

    @property
    def missed(self) -> int: ...

    @property
    def verdict(self) -> str: ...


def tokens(rate: float, burst: int, times: Sequence[float] | None = None) -> Callable[..., Axes]:
    """Return a chart of the tokens in a bucket that all workers of the trace share.

    Where the curve is below 0, more jobs went through than such a bucket allows.

    Args:
        rate: tokens a second, > 0.
        burst: tokens that the bucket holds, >= 1.
        times: seconds, ascending, at which a token was taken; None: the turns in the trace.
    """

    def chart(trace: Trace, *, ax: Axes | None = None, label: str | None = None) -> Axes:
        with matplotlib.rc_context(fname=STYLE_FILE):
            ax = ax or new_axes(height=2.0)
            bottom = ax.get_ylim()[0] if ax.lines else 0.0
            corners, levels = tracing.token_levels(trace, rate, burst, times)
            ax.axhline(burst, color="0.35", linestyle=(0, (4, 3)), linewidth=1)
            draw_curve(ax, corners, levels, label or "")
            if label is None:
                label_end(ax, time_limit(trace), burst, f"burst {burst}", "0.25")
            if min(levels) < 0:
                below = [level < 0 for level in levels]
                ax.fill_between(corners, levels, 0, where=below, interpolate=True, **_TOO_MANY)
            ax.set_ylim(min(bottom, 1.1 * min(levels)), burst * 1.2)
            ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
            ax.set_ylabel("tokens")
            set_time_axis(ax, trace, time_limit(trace))
            return ax

    chart.__name__ = "tokens in the bucket"
    return chart


def missed_beats(history: Iterable[Look], limit: int) -> Callable[..., Axes]:
    """Return a chart of the beats each worker had missed at each look of its supervisor.

    A square a look, in the same lanes as the timeline's: the darker, the more beats missed; where
    a worker is given up, the verdict is written beside it.

    Args:
        history: what the supervisor saw, in order.
        limit: missed beats at which a worker is given up, >= 1.
    """
    seen = list(history)

    def chart(trace: Trace, *, ax: Axes | None = None) -> Axes:
        with matplotlib.rc_context(fname=STYLE_FILE):
            workers = list(dict.fromkeys([*trace.workers, *(look.worker for look in seen)]))
            ax = ax or new_axes(height=0.8 + 0.3 * len(workers))
            lane = {worker: number for number, worker in enumerate(workers)}
            ax.scatter(
                [look.time for look in seen],
                [lane[look.worker] for look in seen],
                c=[_shade(look.missed, limit) for look in seen],
                marker="s",
                s=26,
                edgecolors="0.4",
                linewidths=0.5,
                clip_on=False,
                zorder=3,
            )
            for look in seen:
                if look.verdict != "well":
                    ax.annotate(
                        look.verdict,
                        (look.time, lane[look.worker]),
                        xytext=(7, 0),
                        textcoords="offset points",
                        va="center",
                        fontsize=9,
                    )
            title = "a square for each look: the darker, the more beats missed (black: given up)"
            ax.set_title(title, fontsize=9)
            set_lanes(ax, workers)
            set_time_axis(ax, trace, time_limit(trace))
            return ax

    told = [f"{k.worker} {k.verdict} at {k.time:.6g} s" for k in seen if k.verdict != "well"]
    chart.__name__ = f"beats missed by each worker at each look ({', '.join(told) or 'all well'})"
    return chart


def _shade(missed: int, limit: int) -> str:
    share = min(missed / limit, 1)
    return _LEVELS[0] if missed == 0 else _LEVELS[1 + (share > 0.5) + (share == 1)]
