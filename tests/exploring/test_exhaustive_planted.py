"""What the comparison with the unreduced search is worth: it catches faults in the reduction."""

import itertools
from functools import cache

import pytest
from test_exhaustive import PROGRAMS, search

from lab.exploring import exhaustive, footprints
from lab.exploring.exhaustive import EverySchedule
from lab.exploring.footprints import COUNT, LOOK, TrackedRuntime

TOUCH = TrackedRuntime.touch
NUMBERS = itertools.count(1)


@cache
def unreduced(name):
    return search(PROGRAMS[name], reduce=False)


def is_sound(name):
    runs, outcomes = search(PROGRAMS[name])
    all_runs, all_outcomes = unreduced(name)
    return (set(runs), outcomes) == (set(all_runs), all_outcomes) and max(runs.values()) == 1


def forgets(what):
    """Return a `touch` that forgets those touches for which what(thing, how) is true."""

    def touch(runtime, thing, how):
        if thing is None or not what(thing, how):
            TOUCH(runtime, thing, how)

    return touch


def takes_the_strongest(runtime, thing, how):
    if thing is not None and runtime._running is not None:
        known = runtime._footprint.get(thing, how)
        TOUCH(runtime, thing, how)
        runtime._footprint[thing] = max(known, how)


def is_named_by_its_task_alone(runtime):
    return runtime.key_of(runtime.current()), 1


# What is wrong; where, and what stands there instead; the program that shows it.
FAULTS = {
    "sleep sets never wake": (exhaustive, "conflict", lambda *_: False, "buffer of one"),
    "sleep sets always wake": (exhaustive, "conflict", lambda *_: True, "deadlock or not"),
    "footprints forget looks": (
        TrackedRuntime,
        "touch",
        forgets(lambda thing, how: how == LOOK),
        "two loads and a store",
    ),
    "footprints forget that a group ends": (
        TrackedRuntime,
        "touch",
        forgets(lambda thing, how: how == COUNT),
        "fails while another spawns",
    ),
    "a footprint keeps only the strongest of two touches": (
        TrackedRuntime,
        "touch",
        takes_the_strongest,
        "fails while another spawns",
    ),
    "a turn that two tasks could see is taken for private": (
        EverySchedule,
        "_is_private",
        lambda *_: True,
        "compare and swap",
    ),
    "what is shared is not learnt": (EverySchedule, "_learn", lambda *_: False, "rendezvous"),
    "two objects have one name": (
        TrackedRuntime,
        "new_thing",
        is_named_by_its_task_alone,
        "two loads and a store",
    ),
    "an object has another name in every schedule": (
        TrackedRuntime,
        "new_thing",
        lambda runtime: (runtime.key_of(runtime.current()), next(NUMBERS)),
        "two loads and a store",
    ),
    "a sleep is ended without a trace": (
        footprints.TrackedWaiter,
        "claim",
        footprints.SimulatedWaiter.claim,
        "sleeper woken by two",
    ),
    "a look at a context forgets those above": (
        footprints.TrackedContext,
        "_look",
        lambda context: context.runtime.touch_context(context, LOOK),
        "looks at a context of its own",
    ),
    "nobody notes that a task is abandoned": (
        TrackedRuntime,
        "touch",
        forgets(lambda thing, how: thing[1] == 0),
        "failing while it is abandoned",
    ),
    "a group's end may be seen from outside, and is not noted": (
        TrackedRuntime,
        "touch_door",
        lambda *_: None,
        "cancelled from outside at the end",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_catches_that(fault, monkeypatch):
    place, name, wrong, program = FAULTS[fault]
    assert is_sound(program)
    monkeypatch.setattr(place, name, wrong)
    assert not is_sound(program)
