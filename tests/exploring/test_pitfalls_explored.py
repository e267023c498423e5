"""Every pitfall is found, shrunk and replayed; every pattern survives the same."""

import json
from functools import partial

import pytest
from support import python

from lab import explore
from lab.tracing import to_json
from patterns import (
    basic,
    dynamic,
    error_handling,
    generic,
    heartbeat,
    pitfalls,
    rate_limited,
    reusable,
)
from patterns.concurrency import Context, TaskGroup


def busiest_second(passed):
    return max(sum(t <= other < t + 1.0 for other in passed) for t in passed)


# Each broken pool, what it fails by, and the check that tells, if it takes one.
PITFALLS = {
    "two_small_buffers": ("deadlock", None),
    "consumer_closes": ("crash", None),
    "submit_after_cancellation": ("deadlock", None),
    "dies_silently": ("deadlock", None),
    "lost_at_deadline": ("check", lambda run: sum(run.value) == 20),
    "stop_drops_queue": ("check", lambda run: len(run.value) == 50),
    "check_then_act": ("check", lambda run: run.value <= 2),
    "reader_leaves": ("leak", None),
    "fixed_window": ("check", lambda run: busiest_second(run.value) <= 5),
    "waits_for_own_pool": ("deadlock", None),
}


def found(name):
    """Explore a pitfall with the default settings until it fails."""
    _, check = PITFALLS[name]
    pool = getattr(pitfalls, name)
    return explore(pool, check=check, schedules=100, stop_at_first=True)


def test_every_pitfall_is_here():
    assert sorted(PITFALLS) == sorted(pitfalls.__all__)


@pytest.mark.parametrize("name", PITFALLS)
def test_a_pitfall_is_found_within_a_hundred_schedules_and_shrunk_to_three_moves(name):
    failure = found(name).failure
    assert failure.kind == PITFALLS[name][0]
    assert len(failure.schedule.moves) <= 3


SCRIPT = """
import json, sys
from patterns import pitfalls
from lab import Deadlock, Schedule, simulate
from lab.tracing import to_json
schedule = Schedule.from_json({text!r})
try:
    run = simulate(pitfalls.{name}, schedule=schedule)
    told = [repr(run.value), to_json(run.trace), len(run.leaks), len(run.crashes)]
except Deadlock as deadlock:
    told = ["deadlock", to_json(deadlock.trace), 0, 0]
print(json.dumps(told))
"""


@pytest.mark.parametrize("name", PITFALLS)
def test_another_process_replays_a_shrunk_failure_to_the_last_span(name):
    failure = found(name).failure
    script = SCRIPT.format(text=failure.schedule.to_json(), name=name)
    assert json.loads(python(script, hash_seed="31"))[1] == to_json(failure.trace)


@pytest.mark.parametrize(
    ("pool", "check"),
    [
        (partial(pitfalls.check_then_act, callers=3), lambda run: run.value <= 2),
        (
            partial(pitfalls.stop_drops_queue, jobs=2, workers=2, seconds=0),
            lambda run: len(run.value) == 2,
        ),
        (
            partial(pitfalls.stop_drops_queue, jobs=6, workers=2, seconds=0),
            lambda run: len(run.value) == 6,
        ),
    ],
)
def test_a_bug_that_not_every_schedule_shows_is_found_too(pool, check):
    failure = explore(pool, check=check, schedules=100).failure
    assert failure.kind == "check"
    assert len(failure.schedule.moves) <= 3


def cancelled_half_way(pool, at):
    return pool(context=Context(timeout=at))


def add_and_remove():
    """Eight callers add workers at once, and two tell some to leave."""
    pool = dynamic.DynamicPool(lambda job: job, max_workers=3, min_workers=1, buffer=1)
    peak = 0

    def add():
        nonlocal peak
        pool.add_worker()
        peak = max(peak, pool.worker_count)

    with pool.start(), TaskGroup() as callers:
        for _ in range(4):
            callers.spawn(add)
        callers.spawn(pool.remove_worker)
        callers.spawn(pool.submit, 1)
    assert peak <= 3
    return pool.report


SURVIVORS = {
    "basic": partial(basic.demo, jobs=4, workers=2, buffer=1),
    "basic, cancelled": partial(cancelled_half_way, partial(basic.demo, buffer=0, jobs=5), 1.0),
    "reusable": partial(reusable.demo, jobs=4, workers=2, buffer=1),
    "reusable, too late": partial(reusable.demo, jobs=6, workers=2, buffer=1, timeout=0.1),
    "generic": partial(generic.demo, words="a bb ccc", workers=2),
    "error_handling": partial(error_handling.demo, jobs=6, workers=2, timeout=0.05),
    "dynamic": partial(dynamic.demo, jobs=5, max_workers=3, add_every=2, buffer=2),
    "dynamic, adding and removing": add_and_remove,
    "rate_limited": partial(rate_limited.run, range(4), int, workers=2, buffer=0),
    "rate_limited, cancelled": partial(
        cancelled_half_way, partial(rate_limited.run, range(4), int, workers=2, buffer=0), 2.0
    ),
    "heartbeat": partial(heartbeat.demo, jobs=3, workers=2, seconds=0.1, stuck=(2,), deadly=(3,)),
}


@pytest.mark.parametrize("name", SURVIVORS)
def test_a_pattern_survives_two_thousand_schedules_by_priority_and_its_variants_five_hundred(name):
    schedules = 500 if "," in name else 2_000
    result = explore(SURVIVORS[name], schedules=schedules, how="pct")
    assert result.failure is None


def test_every_pattern_is_among_the_survivors():
    patterns = {name.partition(",")[0] for name in SURVIVORS}
    assert patterns == {
        "basic",
        "reusable",
        "generic",
        "error_handling",
        "dynamic",
        "rate_limited",
        "heartbeat",
    }
