"""Pictures of runs. Charts draw on axes; `draw` and `compare` make whole pictures of them.

Loaded on demand: the player needs no matplotlib, and where there is none, as in some browsers, it
stands in for pictures of a run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.plots.chart import Chart
    from lab.plots.counts import draw_counts
    from lab.plots.curves import queue_depth, throughput, tokens, worker_count
    from lab.plots.diff import draw_diff
    from lab.plots.failure import draw_failure
    from lab.plots.lanes import missed_beats, timeline
    from lab.plots.outcomes import draw_outcomes
    from lab.plots.picture import Picture
    from lab.plots.runs import compare, draw
    from lab.plots.theory import (
        draw_envelope,
        draw_littles_law,
        draw_makespan_bounds,
        draw_waiting,
    )
    from lab.plots.turns import draw_turns

_HOME = {
    "Chart": "lab.plots.chart",
    "Picture": "lab.plots.picture",
    "compare": "lab.plots.runs",
    "draw": "lab.plots.runs",
    "draw_counts": "lab.plots.counts",
    "draw_diff": "lab.plots.diff",
    "draw_envelope": "lab.plots.theory",
    "draw_failure": "lab.plots.failure",
    "draw_littles_law": "lab.plots.theory",
    "draw_makespan_bounds": "lab.plots.theory",
    "draw_outcomes": "lab.plots.outcomes",
    "draw_turns": "lab.plots.turns",
    "draw_waiting": "lab.plots.theory",
    "missed_beats": "lab.plots.lanes",
    "queue_depth": "lab.plots.curves",
    "throughput": "lab.plots.curves",
    "timeline": "lab.plots.lanes",
    "tokens": "lab.plots.curves",
    "worker_count": "lab.plots.curves",
}

__all__ = [
    "Chart",
    "Picture",
    "compare",
    "draw",
    "draw_counts",
    "draw_diff",
    "draw_envelope",
    "draw_failure",
    "draw_littles_law",
    "draw_makespan_bounds",
    "draw_outcomes",
    "draw_turns",
    "draw_waiting",
    "missed_beats",
    "queue_depth",
    "throughput",
    "timeline",
    "tokens",
    "worker_count",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if str(error.name).startswith(("lab", "patterns")):
            raise
    from lab.plots.stand_in import stand_in

    return stand_in(name)


def __dir__() -> list[str]:
    return __all__
