"""Pictures of traces. Charts draw on axes; `draw` and `compare` make whole pictures of them."""

from patterns.lab.plots.charts import queue_depth, throughput, timeline, worker_count
from patterns.lab.plots.picture import Picture, compare, draw

__all__ = [
    "Picture",
    "compare",
    "draw",
    "queue_depth",
    "throughput",
    "timeline",
    "worker_count",
]
