"""Channel, Context and TaskGroup under the microscope: small programs in all their schedules.

Operation by operation every distinct schedule is tried. Statement by statement there are too many,
so every schedule is tried that differs from the base run in at most two moves.
"""

from functools import partial

import pytest
from statement_explorer import PRIMITIVES
from statement_explorer import run as run_statements
from statement_history import History
from statement_programs import PROGRAMS

from lab import explore
from lab.simulation.replay import BestEffortReplay
from lab.simulation.statements import instrument
from patterns import concurrency

SMALL = [
    *(f"1 to 1 at capacity {capacity}" for capacity in (0, 1, 2, 8, "inf")),
    *(f"one each at capacity {capacity}, 1 to 1" for capacity in (0, 1, 2)),
    *(f"take one and wait at capacity {capacity}" for capacity in (0, 1, 2)),
    *(f"a receiver cancelled at capacity {capacity}" for capacity in (0, 1, 2)),
    *(f"closed at capacity {capacity}, 1 to 1" for capacity in (0, 1, 2)),
    *(
        f"closed at capacity {capacity}, {tasks}"
        for capacity in (0, 1)
        for tasks in ("2 to 0", "0 to 2")
    ),
]
LARGER = [
    *(f"polling at capacity {capacity}" for capacity in (0, 1)),
    *(f"a sender cancelled at capacity {capacity}" for capacity in (0, 1, 2)),
    *(f"closed by the receiver at capacity 1, {senders} sending" for senders in (1, 2, 3)),
    *(
        f"{limiter} at once, {how}"
        for limiter in ("ticker", "bucket")
        for how in ("cancelled", "late")
    ),
    "cancelled while growing",
    "one fails",
    "all fail",
    "cancelled from above",
    "outer group fails",
    "counted",
]


def checked(program):
    """Run it with a history, and look at the history."""
    history = History()
    program(history)
    history.check()


@pytest.mark.parametrize("name", SMALL + LARGER)
def test_a_small_program_is_right_in_all_its_schedules(name):
    found = explore(partial(checked, PROGRAMS[name]), how="every", schedules=2_000)
    assert found.complete
    assert found.failure is None


def schedules_of(program, moves, choices=()):
    """Run `program` in every schedule that continues `choices` by so many moves; count them."""
    last = choices[-1][0] if choices else 0
    order = BestEffortReplay(dict(choices), list_from=last + 1 if moves else float("inf"))
    run_statements(program, order)
    return 1 + sum(schedules_of(program, moves - 1, (*choices, other)) for other in order.others)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_program_is_right_wherever_one_task_breaks_in_between_two_statements(name):
    with instrument(*PRIMITIVES):
        assert schedules_of(PROGRAMS[name], 1) > 20


@pytest.mark.parametrize("capacity", [0, 1, 2])
def test_a_channel_is_right_wherever_tasks_break_in_twice(capacity):
    program = PROGRAMS[f"take one and wait at capacity {capacity}"]
    with instrument(concurrency.channel):
        assert schedules_of(program, 2) > 200
