"""The capstones: a polite crawler, a bulk importer, an autoscaled thumbnailer."""

from __future__ import annotations

from lab.teaching.exercises.about import About
from lab.teaching.exercises.crawling import crawler, stubborn
from lab.teaching.exercises.importing import deadline, importer
from lab.teaching.exercises.thumbnailing import broken, shrinker

__all__ = ["ABOUT", "broken", "crawler", "deadline", "importer", "shrinker", "stubborn"]

ABOUT = About(
    module="capstones",
    notebook="capstones",
    title="capstones",
    imports=(
        "import math\n"
        "from contextlib import suppress\n"
        "from itertools import islice\n\n"
        "from lab.teaching.exercises.crawling import host_of\n"
        "from patterns.concurrency import AtomicInt, Cancelled, Channel, Context, TaskGroup, "
        "attempt, sleep\n"
        "from patterns.concurrency.errors import Closed, DeadlineExceeded"
    ),
    problems=(crawler, stubborn, importer, deadline, shrinker, broken),
    intro=(
        "Three programs as one meets them, each of which needs several patterns at once; each "
        "comes in two parts, of which the second one adds what may go wrong. Take the one that you "
        "like: none needs another.\n\n"
        "- **The crawler** needs [the basic pool](../01_basic.ipynb), "
        "[jobs that submit jobs](../02_reusable.ipynb) and, for the second part, "
        "[jobs that fail](../04_error_handling.ipynb).\n"
        "- **The importer** needs [the basic pool](../01_basic.ipynb) and "
        "[the deadline for all](../04_error_handling.ipynb).\n"
        "- **The thumbnailer** needs [the dynamic pool](../05_dynamic.ipynb) and, for the second "
        "part, [jobs that hang](../07_heartbeat.ipynb).\n\n"
        "Write each part on `Channel` and `TaskGroup`; the pools of `patterns` are yours to use "
        "as well. The outside world is simulated, and comes as a parameter: a function that takes "
        "virtual seconds, and that the check watches. Begin with little: each demand that holds "
        "brings points, `.points` says which, and what the other ones miss."
    ),
    has_lesson=False,
)
