"""What the statement-level explorer is worth: it catches every fault planted in the primitives."""

import inspect
from importlib import import_module

import pytest
from planted_faults import FAULTS
from planting import planted
from statement_explorer import PRIMITIVES, explore
from statement_programs import PROGRAMS

from lab.simulation.statements import instrument
from lab.simulation.tasks import SimulatedWaiter

ENOUGH = 3000  # schedules


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.sentence)
def test_the_explorer_catches_that(fault, record_property):
    module = import_module(f"patterns.concurrency.{fault.module}")
    text = planted(inspect.getsource(module), fault.function, fault.edits)
    with instrument(*PRIMITIVES, sources={module.__name__: text}):
        failure = explore(PROGRAMS[fault.caught_by], ENOUGH)
    assert failure is not None, f"not noticed in {ENOUGH} schedules: {fault.sentence}"
    record_property("schedules", failure.schedules)
    print(f"{fault.sentence}: {fault.caught_by}: {failure}")


def test_the_explorer_catches_that_claiming_a_waiter_is_not_one_step():
    with instrument(*PRIMITIVES, SimulatedWaiter.claim):
        assert explore(PROGRAMS["a sender cancelled at capacity 1"], ENOUGH) is not None


@pytest.mark.parametrize(
    ("edits", "times"),
    [({"items.pop()": "None"}, 0), ({"items.append(...)": "None"}, 2), ({"x = 1": ""}, 0)],
)
def test_a_fault_whose_place_is_not_there_or_not_unique_is_not_planted(edits, times):
    text = "class A:\n    def put(self):\n        items.append(1)\n        items.append(2)\n"
    with pytest.raises(LookupError, match=rf"^A.put has {times} times what should be there: "):
        planted(text, "A.put", edits)


def test_a_fault_is_planted_whatever_the_layout():
    text = "def put():\n  # why\n  with lock:  # held\n      items .append( 1 )\n      go(  )\n"
    wrong = planted(
        text, "put", {"with lock:": "if True:", "items.append(...)": "", "go()": "stop()"}
    )
    assert wrong == "def put():\n    if True:\n        pass\n        stop()"
