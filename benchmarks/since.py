"""What exploring, simulating and measuring cost now, as ratios to an older revision.

Both are timed in processes of their own, in turns, so that noise hits both alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
REVISION: Final = "c1054b8"  # the last one before the pools had one shape

EXPLORING, DIVIDED, SIMULATING, MEASURING = "exploring", "divided", "simulating", "measuring"


def print_since(rounds: int, scale: float) -> None:
    """Print the ratios and whether they are as promised; or why they cannot be had.

    Args:
        rounds: how often each is timed; the best counts.
        scale: 1.0 for the sizes that the promises speak of.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            archive = subprocess.run(
                ["git", "-C", str(ROOT), "archive", REVISION, "patterns"],
                check=True,
                capture_output=True,
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"Not compared with the revision {REVISION}: {error}\n")
            return
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        old, new = _Timed(Path(folder), scale), _Timed(ROOT, scale)
        times = {
            what: _best(partial(old.seconds, what), partial(new.seconds, what), rounds)
            for what in (EXPLORING, SIMULATING, MEASURING)
        }
        times[DIVIDED] = _best(
            partial(new.seconds, EXPLORING), partial(new.seconds, DIVIDED), rounds
        )
    print(f"Compared with the revision {REVISION}, the best of {rounds}")
    promises = (
        ("schedules a second, basic's 10 jobs on 3 workers", times[EXPLORING], 2.5),
        ("the same in two processes, to one", times[DIVIDED], 1.6),
        ("100,000 jobs on 10,000 workers simulated", times[SIMULATING], 2.5),
        ("100,000 jobs that do nothing, measured", times[MEASURING], 5.0),
    )
    for what, (before, now), target in promises:
        ratio = before / now
        told = "met" if ratio >= target else "NOT MET"
        print(
            f"  {what:50} {before:6.2f} s to {now:6.2f} s: {ratio:5.2f} times   "
            f"{told}: at least {target:g}"
        )
    print()


def _best(one: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Time both in turns; return the best of each."""
    pairs = [(one(), other()) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


class _Timed:
    """One revision, in the folder `root`."""

    def __init__(self, root: Path, scale: float) -> None:
        self._root, self._scale = root, scale

    def seconds(self, what: str) -> float:
        """Time one of the things in a new process."""
        script = f"import sys; sys.path.insert(0, {str(ROOT / 'benchmarks')!r}); import since; "
        script += f"print(since.took({what!r}, {self._scale!r}))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            text=True,
            cwd=self._root,
            env={**os.environ, "PYTHONPATH": str(self._root)},
        )
        return float(done.stdout)


def took(what: str, scale: float) -> float:
    """Time one of the things on the revision that is imported."""
    run = _prepared(what, scale)
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _prepared(what: str, scale: float) -> Callable[[], object]:
    basic: Any = import_module("patterns.basic")
    schedules, jobs = int(2_000 * scale), int(100_000 * scale)
    if hasattr(basic, "demo"):
        from lab import explore, measure, simulate

        nothing = partial(basic.run, range(jobs), _same, workers=3)
        runs: dict[str, Callable[[], object]] = {
            EXPLORING: partial(explore, basic.demo, schedules=schedules),
            DIVIDED: partial(explore, basic.demo, schedules=schedules, processes=2),
            SIMULATING: partial(simulate, basic.demo, jobs=jobs, workers=jobs // 10, buffer=100),
            MEASURING: partial(measure, nothing),
        }
    else:
        lab: Any = import_module("patterns.lab")
        many = {"num_jobs": jobs, "buffer": 100}
        runs = {
            EXPLORING: partial(lab.explore, basic.run, schedules=schedules),
            SIMULATING: partial(lab.simulate, partial(basic.run, num_workers=jobs // 10, **many)),
            MEASURING: partial(lab.measure, partial(basic.run, process=_same, **many)),
        }
    return runs[what]


def _same(job: int) -> int:
    return job
