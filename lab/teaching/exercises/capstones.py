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
        "Three programs as one meets them in practice. Each needs several patterns at once, and "
        "comes in two parts: the second one adds what may go wrong. Take whichever you like: none "
        "needs another.\n\n"
        "- **The crawler** needs [the basic pool](../01_basic.ipynb), [jobs that submit "
        "jobs](../further/02_reusable.ipynb) and, for the second part, [jobs that "
        "fail](../04_error_handling.ipynb).\n"
        "- **The importer** needs [the basic pool](../01_basic.ipynb) and "
        "[the deadline for all](../04_error_handling.ipynb).\n"
        "- **The thumbnailer** needs [the dynamic pool](../05_dynamic.ipynb) and, for the second "
        "part, [jobs that hang](../07_heartbeat.ipynb).\n\n"
        "Build each part with `Channel` and `TaskGroup`, or on a pool of `patterns` (you have to "
        "import it). The outside world is simulated, and comes as a parameter: a function that "
        "takes virtual seconds, and that the check watches. Begin small: each demand that you meet "
        "brings points, and `.points` says which ones are met, and what is wrong with the others."
    ),
    has_lesson=False,
)
