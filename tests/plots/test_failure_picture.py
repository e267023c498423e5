"""The picture of a failure: its turns, the ringed one, and the nearest schedule that goes well."""

import dataclasses

import pytest

from lab import explore
from lab.model.exploration import Failure
from lab.model.schedule import Schedule
from lab.model.trace import Trace, Turn
from lab.plots import draw_failure
from patterns import pitfalls


@pytest.fixture(scope="module")
def race():
    return explore(
        pitfalls.check_then_act, callers=3, check=lambda run: run.value <= 2, schedules=50
    ).failure


@pytest.fixture(scope="module")
def deadlock():
    return explore(pitfalls.two_small_buffers, schedules=2).failure


def rings(ax):
    return [patch for patch in ax.patches if patch.get_gid() == "ring"]


def test_a_failure_is_drawn_beside_the_nearest_schedule_that_goes_well(race):
    wrong, well = draw_failure(race).figure.axes
    assert wrong.get_title(loc="left") == "goes wrong: the check failed: it returned 3"
    assert well.get_title(loc="left") == "goes well"
    assert (len(rings(wrong)), len(rings(well))) == (1, 0)


@pytest.mark.parametrize(
    ("operation", "beside"), [("load", True), ("add and remember", False)], ids=["short", "long"]
)
def test_two_orders_stand_side_by_side_only_where_every_step_has_room(operation, beside):
    turns = tuple(Turn(0.0, task, operation, "jobs") for task in ("a", "b", "c"))
    trace = Trace("virtual", 0.0, (), (), ())
    failure = Failure("check", "", Schedule(), trace, turns, Schedule(), trace, turns[:2])
    wrong, well = draw_failure(failure).figure.axes
    assert (wrong.get_position().y0 == well.get_position().y0) == beside
    texts = [text.get_text() for ax in (wrong, well) for text in ax.texts]
    assert texts == [f"{operation} jobs"] * 5


def test_a_failure_of_workers_shows_their_timeline_too(deadlock):
    _, timeline = draw_failure(deadlock).figure.axes
    assert timeline.get_title(loc="left") == "timeline: goes wrong"


def test_the_text_says_what_goes_wrong_and_which_turn_decides_it(race):
    text = draw_failure(race).text
    assert text.startswith("Goes wrong: the check failed: it returned 3. Decisive: caller-2 load")
    assert "it was let go before caller-1. Beside it: the nearest schedule that goes well" in text


def test_without_a_move_the_text_says_how_it_ends(deadlock):
    text = draw_failure(deadlock).text
    assert "It does so in the base order. Last: " in text
    assert "No schedule near it goes well. Timeline: 3 workers" in text


def test_the_text_is_never_longer_than_a_listener_has_patience_for(deadlock):
    long = dataclasses.replace(deadlock, message="worker-1 is sending to results; " * 50)
    assert max(len(draw_failure(failure).text) for failure in (deadlock, long)) <= 400


def test_the_first_step_with_an_effect_of_the_task_let_first_is_ringed(race):
    wrong, _ = draw_failure(race).figure.axes
    [ring] = rings(wrong)
    middle = ring.get_y() + ring.get_height() / 2
    row = next(n for n, tick in enumerate(wrong.get_yticks()) if abs(tick - middle) < 1)
    number = wrong.get_yticklabels()[row].get_text().split()[-1]
    lines = race.story().splitlines()
    [move] = [place for place, line in enumerate(lines) if "<- goes before" in line]
    task = lines[move].split()[3]
    effects = [line for line in lines[move:] if f" {task}  load" in line]
    assert number == effects[0].split()[0]
