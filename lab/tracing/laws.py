"""Laws that runs obey: Little's law, and how many starts fit into a window of time."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import sub

from lab.tracing.curves import stays
from lab.tracing.numbers import makespan
from lab.tracing.traced import Traced, ns

__all__ = [
    "LittlesLaw",
    "fullest_window",
    "littles_law",
    "littles_law_until",
    "most_in_window",
    "most_within",
]


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """L = lambda * W, each measured on its own.

    Attributes:
        in_system: L, the time average of the jobs submitted and not finished.
        arrival_rate: lambda, jobs submitted a second.
        time_in_system: W, the mean seconds from submission to the end.
    """

    in_system: float
    arrival_rate: float
    time_in_system: float


def littles_law(run: Traced) -> LittlesLaw:
    """Measure both sides of Little's law over the run.

    L is the area under the number of jobs in the system divided by the time; lambda and W are
    counted from the jobs. The two sides are equal if every job that came has also left. Jobs
    never started are left out. Source: Little, A Proof for the Queuing Formula L = lambda W, 1961.
    """
    return littles_law_until(run, [makespan(run)])[0]


def littles_law_until(run: Traced, times: Sequence[float]) -> list[LittlesLaw]:
    """Measure both sides of Little's law from the start to each of `times` (seconds).

    lambda counts the jobs that have come by then, W those that have left: what somebody can know
    who looks at the pool at that time. The sides differ as long as jobs are inside.
    """
    inside_from_to = stays(run)
    came = sorted(begin for begin, _ in inside_from_to)
    left = sorted((end, end - begin) for begin, end in inside_from_to)
    came_before = list(accumulate(came, initial=0))
    left_before = list(accumulate((end for end, _ in left), initial=0))
    stayed_before = list(accumulate((stay for _, stay in left), initial=0))
    laws = []
    for time in map(ns, times):
        inside, out = bisect_right(came, time), bisect_right(left, (time, math.inf))
        area = (inside * time - came_before[inside]) - (out * time - left_before[out])
        laws.append(
            LittlesLaw(
                area / time if time else 0.0,
                inside / time * 1e9 if time else 0.0,
                stayed_before[out] / out / 1e9 if out else 0.0,
            )
        )
    return laws


def most_within(times: Sequence[float], seconds: float = 1.0) -> int:
    """The most of `times` within so many seconds (> 0), the end of them not counted."""
    ordered = sorted(map(ns, times))
    most = first = 0
    for place, time in enumerate(ordered, start=1):
        while time - ordered[first] >= ns(seconds):
            first += 1
        most = max(most, place - first)
    return most


def most_in_window(
    times: Sequence[float], counts: Sequence[int] | None = None
) -> tuple[list[float], list[int]]:
    """Lengths of windows in seconds, ascending, and the most of `times` within a window so long.

    Windows are closed at both ends. Each length is that of the shortest window that holds one of
    `counts`, ascending, from 1 to the number of times; None means all of these. Looking for one
    count takes time in proportion to the number of times.
    """
    ordered = sorted(map(ns, times))
    numbers = list(range(1, len(ordered) + 1) if counts is None else counts)
    shortest = [min(map(sub, ordered[number - 1 :], ordered)) for number in numbers]
    return [length / 1e9 for length in shortest], numbers


def fullest_window(times: Sequence[float], rate: float) -> tuple[float, int]:
    """Length in seconds, and number of `times` in it, of the window most above `rate` a second.

    That is the one with the largest number less `rate` times length; (0.0, 0) without times.
    """
    best, length, number = 0.0, 0.0, 0
    lowest, first, low_time = math.inf, 0, 0
    for place, time in enumerate(sorted(map(ns, times)), start=1):
        before = place - 1 - rate * time / 1e9
        if before < lowest:
            lowest, first, low_time = before, place, time
        if before + 1 - lowest > best:
            best = before + 1 - lowest
            length, number = (time - low_time) / 1e9, place - first + 1
    return length, number
