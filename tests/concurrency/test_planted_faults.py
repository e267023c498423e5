"""What the statement-level explorer is worth: it catches every fault planted in the primitives."""

import inspect
from importlib import import_module

import pytest
from planted_faults import FAULTS
from statement_explorer import PRIMITIVES, explore
from statement_programs import PROGRAMS

from lab.simulation.runtime import SimulatedWaiter
from lab.simulation.statements import instrument

ENOUGH = 3000  # schedules


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.sentence)
def test_the_explorer_catches_that(fault, record_property):
    module = import_module(f"patterns.concurrency.{fault.module}")
    with instrument(*PRIMITIVES, sources={module.__name__: planted(fault, module)}):
        failure = explore(PROGRAMS[fault.caught_by], ENOUGH)
    assert failure is not None, f"not noticed in {ENOUGH} schedules: {fault.sentence}"
    record_property("schedules", failure.schedules)
    print(f"{fault.sentence}: {fault.caught_by}: {failure}")


def test_the_explorer_catches_that_claiming_a_waiter_is_not_one_step():
    with instrument(*PRIMITIVES, SimulatedWaiter.claim):
        assert explore(PROGRAMS["a sender cancelled at capacity 1"], ENOUGH) is not None


def planted(fault, module):
    text = inspect.getsource(module)
    for right, wrong in fault.edits.items():
        assert text.count(right) == 1, f"{fault.sentence}: its place has changed: {right}"
        text = text.replace(right, wrong)
    return text
