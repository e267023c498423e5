"""Pictures of traces. Charts draw on axes; `draw` and `compare` make whole pictures of them."""

from lab.plots.charts import queue_depth, throughput, timeline, worker_count
from lab.plots.diff import draw_diff
from lab.plots.failure import draw_failure, draw_steps
from lab.plots.outcomes import draw_outcomes
from lab.plots.picture import Picture, compare, draw
from lab.plots.special import missed_beats, tokens
from lab.plots.theory import (
    draw_envelope,
    draw_littles_law,
    draw_makespan_bounds,
    draw_waiting,
)

__all__ = [
    "Picture",
    "compare",
    "draw",
    "draw_diff",
    "draw_envelope",
    "draw_failure",
    "draw_littles_law",
    "draw_makespan_bounds",
    "draw_outcomes",
    "draw_steps",
    "draw_waiting",
    "missed_beats",
    "queue_depth",
    "throughput",
    "timeline",
    "tokens",
    "worker_count",
]
