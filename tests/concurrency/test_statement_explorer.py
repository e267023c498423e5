"""The primitives' own statements as steps: small programs in thousands of schedules."""

from functools import partial

import pytest
from statement_explorer import PRIMITIVES, explore
from statement_programs import PROGRAMS, drawn

from lab.simulation.statements import instrument
from patterns import concurrency

SCHEDULES = 60  # of each program
LOTS = 40
SCHEDULES_OF_A_LOT = 40


@pytest.fixture(scope="module", autouse=True)
def _statement_by_statement():
    with instrument(*PRIMITIVES):
        yield


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_comes_out_right_whatever_the_schedule(name):
    assert explore(PROGRAMS[name], SCHEDULES) is None


@pytest.mark.parametrize("name", [name for name in PROGRAMS if "capacity 8" in name])
def test_a_channel_too_large_to_make_its_room_at_once_comes_out_right(name, monkeypatch):
    monkeypatch.setattr(concurrency.channel, "_TOKENS_AT_ONCE", 1)
    assert explore(PROGRAMS[name], SCHEDULES) is None


@pytest.mark.parametrize("seed", range(LOTS))
def test_a_program_drawn_by_lot_comes_out_right_whatever_the_schedule(seed):
    assert explore(partial(drawn, seed=seed), SCHEDULES_OF_A_LOT) is None
