"""What can come of a game: every figure is what playing all games says."""

from functools import partial

import pytest

from lab import Game
from lab.teaching.levels import first_closes, lost_additions, one_slot
from lab.teaching.survey import failures_of, fewest_decisions, point_of_no_return
from patterns import basic, pitfalls
from patterns.concurrency import AtomicInt, TaskGroup

MANY = 1_000


def seven(run):
    return run.value == 7


def in_order(run):
    return run.value == [1, 2]


def one_done(run):
    return len(run.value) == 1


SMALL = {
    "a check": (partial(lost_additions, 3, 4), seven),
    "nearly all fail": (partial(one_slot, 2), in_order),
    "no check": (partial(first_closes, 2), None),
    "a cancel": (partial(pitfalls.stop_drops_queue, jobs=1, workers=1), one_done),
}


def all_games(pool, check):
    """Play every game there is, move by move; yield each end with the moves to it."""
    game = Game(pool, check=check)

    def go_on(position):
        if position.verdict is not None:
            yield game.moves, position
        for task in position.choices:
            yield from go_on(game.play(task))
            game.undo()

    return go_on(game.position)


@pytest.mark.parametrize("name", SMALL)
def test_the_failures_are_those_of_all_games(name):
    pool, check = SMALL[name]
    found = {position.failure for _, position in all_games(pool, check)} - {""}
    assert failures_of(pool, check, most=MANY) == tuple(sorted(found))
    assert found


@pytest.mark.parametrize("goal", ["break", "save"])
@pytest.mark.parametrize("name", ["a check", "nearly all fail", "no check"])
def test_no_game_reaches_a_goal_with_fewer_decisions(name, goal):
    pool, check = SMALL[name]
    game, made = Game(pool, check=check), []
    for moves, _ in all_games(pool, check):
        for number in range(len(moves) + 1):
            game.restart()
            game.play(*moves[:number])
            if game.run_on().broken is (goal == "break"):
                made.append(number)
    assert fewest_decisions(pool, check, goal, most=MANY) == min(made)


@pytest.mark.parametrize("name", ["a check", "nearly all fail", "no check"])
def test_the_guilty_turn_is_the_first_after_which_no_game_goes_well(name):
    pool, check = SMALL[name]
    games = list(all_games(pool, check))
    well = [moves for moves, position in games if not position.broken]
    for moves, position in games:
        if position.broken:
            saved = [any(w[:n] == moves[:n] for w in well) for n in range(len(moves) + 1)]
            assert point_of_no_return(pool, check, moves, most=MANY) == saved.index(False) - 1


def test_what_never_fails_has_no_failures_and_cannot_be_broken():
    pool = partial(lost_additions, 7)
    assert failures_of(pool, seven, most=MANY) == ()
    assert fewest_decisions(pool, seven, "break", most=MANY) is None


def test_of_what_always_fails_no_turn_is_guilty():
    assert point_of_no_return(partial(lost_additions, 1, 2), seven, ["worker-1"], most=MANY) is None


def test_where_there_are_too_many_games_nothing_is_said():
    pool = partial(basic.demo, jobs=2, workers=2)
    assert failures_of(pool, lambda run: False, most=3) is None
    assert fewest_decisions(pool, None, "break", most=3) is None
    assert point_of_no_return(pool, lambda run: False, ["main"], most=3) is None


def test_a_pool_without_decisions_is_surveyed_too():
    assert failures_of(AtomicInt(0).load, lambda run: False, most=MANY) == (
        "the check failed: it returned 0",
    )
    assert fewest_decisions(lambda: 1, None, "save", most=MANY) == 0


def test_of_games_that_loop_for_ever_only_a_few_are_played():
    played = []

    def circles():
        played.append("game")
        number = AtomicInt(0)

        def count():
            while True:
                number.add(1)

        number.add(1)
        with TaskGroup() as group:
            group.spawn(count)
            group.spawn(count)

    assert failures_of(circles, None, most=100) is None
    assert fewest_decisions(circles, None, "save", most=100) is None
    assert len(played) == 4
