"""The levels: each has a goal that can be reached and is not reached by doing nothing."""

import itertools
import re

import pytest

from lab import all_schedules
from lab.teaching.levels import LEVELS, Level
from patterns.concurrency import AtomicInt, TaskGroup

LEVEL = pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.title)


@LEVEL
def test_a_level_can_be_done_but_not_by_leaving_it_alone(level):
    assert level.par >= 1
    game = level.game()
    game.run_on()
    assert not level.reached(game)


@LEVEL
def test_a_level_that_is_to_be_saved_goes_wrong_by_itself_and_one_to_be_broken_goes_well(level):
    game = level.game()
    assert game.run_on().broken is (level.goal == "save")


@LEVEL
def test_some_game_as_short_as_the_par_does_a_level(level):
    game = level.game()
    done = []
    for moves in itertools.product(sorted(game.position.choices), repeat=level.par):
        game.restart()
        try:
            game.play(*moves)
        except ValueError:
            continue
        game.run_on()
        done.append(level.reached(game))
    assert any(done)


@LEVEL
def test_all_failures_of_a_level_are_known(level):
    assert level.failures


def test_levels_grow_from_few_decisions_to_more_and_there_is_something_to_break_and_to_save():
    assert LEVELS[0].par <= 2 < LEVELS[-1].par == max(level.par for level in LEVELS)
    assert {level.goal for level in LEVELS} == {"break", "save"}


def test_one_level_has_several_distinct_failures_to_find():
    found = {level.title: len(level.failures) for level in LEVELS}
    assert found["Lost additions"] == 6
    assert found["The last one out"] == 2


def test_in_the_last_level_all_orders_but_one_fail():
    *_, last = LEVELS
    found = all_schedules(last.pool, check=last.check, **last.options)
    assert (len(found), sum(one.kind is None for one in found)) == (20, 1)


def two_looks():
    number = AtomicInt(0, "number")
    with TaskGroup() as group:
        for _ in range(2):
            group.spawn(number.load)


def test_a_pool_of_ones_own_is_a_level():
    level = Level("Mine", two_looks)
    assert level.task == "Find an order in which it goes wrong."
    assert (level.par, level.failures) == (None, ())
    assert not level.reached(level.game())


def test_a_goal_that_there_is_not_and_options_that_the_pool_does_not_take_are_refused():
    with pytest.raises(ValueError, match=re.escape("goal must be one of break, save, got 'win'")):
        Level("Mine", two_looks, goal="win")
    with pytest.raises(TypeError, match="unexpected keyword argument 'workers'"):
        Level("Mine", two_looks, options={"workers": 2})
