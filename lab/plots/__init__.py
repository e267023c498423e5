"""Pictures of runs. Charts draw on axes; `draw` and `compare` make whole pictures of them."""

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
