"""The game: the player says who goes next, takes moves back, and breaks the pool or does not."""

import itertools
import re
import subprocess
import sys

import pytest

from lab import Game, simulate
from lab.model.schedule import NotRepeatable
from patterns import basic
from patterns.concurrency import AtomicInt, Channel, TaskGroup, go, sleep

LOOK_FIRST = ["caller-1", "caller-2"]  # both look, then both add
ALL_OF_ONE = ["caller-1", "caller-1"]  # one looks and adds before the other one looks


def race():
    """Look at a number, then add to it; BROKEN, for between the two somebody else may look."""
    number = AtomicInt(0, "workers")

    def add_worker():
        if number.load() < 1:
            number.add(1)

    with TaskGroup() as group:
        group.spawn(add_worker, name="caller-1")
        group.spawn(add_worker, name="caller-2")
    return number.load()


def at_most_one(run):
    return run.value <= 1


def new_game():
    return Game(race, check=at_most_one)


def told(position):
    return [f"{turn.task} {turn}" for turn in position.turns]


def test_it_stands_where_two_tasks_could_go_next_and_says_what_each_would_do():
    position = new_game().position
    assert position.choices == {"caller-1": "load workers", "caller-2": "load workers"}
    assert str(position) == "who goes next?\n  caller-1: load workers\n  caller-2: load workers"
    assert (position.verdict, position.broken) == (None, False)


def test_tasks_begin_and_main_waits_for_them_without_a_move():
    assert told(new_game().position) == [
        "main start",
        "main wait for its tasks",
        "caller-1 start",
        "caller-2 start",
    ]


def test_a_move_does_one_operation_of_that_task_and_no_other():
    game = new_game()
    before = told(game.position)
    assert told(game.play("caller-2")) == [*before, "caller-2 load workers: 0"]
    assert game.position.choices == {"caller-1": "load workers", "caller-2": "add workers"}


def test_whoever_will_have_to_wait_is_offered_with_what_it_will_do():
    def pool():
        jobs = Channel[int](0, "jobs")
        with TaskGroup() as group:
            for number in (1, 2):
                group.spawn(jobs.receive, name=f"worker-{number}")
            jobs.send(1)
            jobs.send(2)

    assert Game(pool).position.choices == {
        "main": "send jobs",
        "worker-1": "receive jobs",
        "worker-2": "receive jobs",
    }


def test_the_choices_stay_in_the_order_in_which_the_tasks_were_born():
    game = new_game()
    for task in ("caller-1", "caller-2"):
        assert list(game.play(task).choices) == ["caller-1", "caller-2"]


def test_a_player_can_break_the_pool():
    game = new_game()
    game.play(*LOOK_FIRST, "caller-1")
    assert game.position.broken
    assert game.position.verdict == "you broke it: the check failed: it returned 2"
    assert game.position.choices == {}


def test_a_player_can_let_it_go_well():
    position = new_game().play(*ALL_OF_ONE)
    assert str(position) == "it is over, and all went well"
    assert not position.broken


def deadlocks():
    Channel[int](0, "jobs").receive()


def leaves_a_task():
    go(Channel[int](0, "jobs").receive)


def raises():
    raise ValueError("no")


@pytest.mark.parametrize(
    ("pool", "says"),
    [
        (deadlocks, "deadlock at 0 s: main is receiving from jobs"),
        (leaves_a_task, "left behind: task-1 is receiving from jobs"),
        (raises, "it raised ValueError: no"),
    ],
)
def test_a_pool_breaks_without_a_check_too(pool, says):
    position = Game(pool).position
    assert position.broken
    assert position.verdict.startswith(f"you broke it: {says}")


def test_taking_back_a_move_leads_to_where_the_game_stood():
    game = new_game()
    stood = [game.position, game.play("caller-1"), game.play("caller-2")]
    assert game.play("caller-1").broken
    assert [game.undo() for _ in range(3)] == stood[::-1]


def test_after_taking_back_another_way_can_be_tried():
    game = new_game()
    game.play(*LOOK_FIRST)
    game.undo()
    assert not game.play("caller-1").broken


def test_there_is_nothing_to_take_back_at_the_start():
    game = new_game()
    assert game.undo() == game.position == new_game().position


def test_starting_again_takes_all_moves_back():
    game = new_game()
    game.play(*LOOK_FIRST, "caller-2")
    assert game.restart() == new_game().position
    assert game.undo() == new_game().position


@pytest.mark.parametrize(
    ("before", "task", "says"),
    [
        ([], "worker-9", "one that can go on (caller-1, caller-2), got 'worker-9'"),
        ([], "main", "one that can go on (caller-1, caller-2), got 'main'"),
        (ALL_OF_ONE, "caller-1", "(nobody: the run is over), got 'caller-1'"),
    ],
)
def test_a_task_that_cannot_go_next_is_refused_and_changes_nothing(before, task, says):
    game = new_game()
    stood = game.play(*before)
    with pytest.raises(ValueError, match=re.escape(says)):
        game.play(task)
    assert game.position == stood
    assert game.undo() == new_game().play(*before[:-1])


def test_of_several_moves_none_is_made_if_one_of_them_cannot_be():
    game = new_game()
    stood = game.play("caller-1")
    with pytest.raises(ValueError, match="the run is over"):
        game.play("caller-1", "caller-2")
    assert game.position == stood


def test_the_rest_can_be_left_to_the_pool_which_is_no_move():
    game = new_game()
    game.play(*LOOK_FIRST)
    assert game.run_on().broken
    assert (game.moves, game.let_run) == (tuple(LOOK_FIRST), True)
    assert [f"{t.task} {t}" for t in game.alone] == [
        "caller-2 add workers: 1",
        "caller-1 add workers: 2",
        "main load workers: 2",
    ]


def test_of_a_pool_that_is_left_alone_the_last_one_to_move_goes_on_until_it_waits():
    def pool():
        number = AtomicInt(0, "number")

        def look_twice():
            number.load()
            sleep(1)
            number.load()

        with TaskGroup() as group:
            for task in ("one", "other"):
                group.spawn(look_twice, name=task)

    game = Game(pool)
    game.play("other")
    game.run_on()
    done = [f"{turn.task} {turn.operation}" for turn in game.alone if turn.task != "main"]
    assert done[:3] == ["other sleep", "one load", "one sleep"]


def test_taking_back_that_the_rest_was_left_to_the_pool_takes_back_no_move():
    game = new_game()
    stood = game.play("caller-1")
    game.run_on()
    assert game.undo() == stood
    assert (game.moves, game.let_run) == (("caller-1",), False)


def test_a_game_that_is_over_does_not_run_on():
    game = new_game()
    over = game.play(*ALL_OF_ONE)
    assert game.run_on() == over
    assert not game.let_run


def test_what_went_by_itself_since_the_last_move_is_named():
    game = new_game()
    assert [f"{t.task} {t}" for t in game.alone] == ["main wait for its tasks"]
    game.play("caller-1")
    assert game.alone == ()
    game.play("caller-1")
    assert [f"{t.task} {t}" for t in game.alone] == [
        "caller-2 load workers: 1",
        "main load workers: 1",
    ]


def test_the_guilty_turn_is_the_last_at_which_it_could_still_have_gone_well():
    game = new_game()
    game.play(*LOOK_FIRST)
    assert game.guilty is None
    game.play("caller-1")
    guilty = game.position.turns[game.guilty]
    assert (guilty.task, str(guilty)) == ("caller-2", "load workers: 0")


def test_nobody_is_guilty_if_it_goes_well_or_always_goes_wrong():
    game = new_game()
    game.play(*ALL_OF_ONE)
    assert game.guilty is None
    always = Game(race, check=lambda run: False)
    always.play(*ALL_OF_ONE)
    assert always.guilty is None


def test_the_schedule_of_a_game_is_replayed_by_simulate():
    position = new_game().play(*LOOK_FIRST, "caller-2")
    run = simulate(race, schedule=position.schedule)
    assert run.value == 2
    assert [str(turn) for turn in run.turns] == [str(turn) for turn in position.turns]


def test_two_tasks_of_one_name_can_be_told_apart():
    def twins():
        number = AtomicInt(0, "number")
        with TaskGroup() as group:
            for _ in range(2):
                group.spawn(lambda: [number.load(), number.add(1)], name="twin")

    game = Game(twins)
    first, second = game.position.choices
    assert (first, second) == ("twin (task 1)", "twin (task 2)")
    assert game.play(second).choices == {first: "load number", second: "add number"}


def test_a_game_can_end_by_looping_for_ever():
    def circles():
        number = AtomicInt()
        while True:
            number.add(1)

    assert "stopped after" in Game(circles).position.verdict


def test_a_check_that_raises_leaves_the_game_where_it_stood():
    game = Game(race, check=lambda run: 1 / 0)
    stood = game.play("caller-1")
    with pytest.raises(ZeroDivisionError):
        game.play("caller-1")
    assert game.undo() != stood
    assert game.play("caller-1") == stood


def test_code_that_depends_on_more_than_the_moves_is_told_so():
    runs = itertools.count()

    def pool():
        names = ("one", "other") if next(runs) < 2 else ("a", "b")
        number = AtomicInt(0, "number")
        with TaskGroup() as group:
            for name in names:
                group.spawn(lambda: [number.load(), number.load()], name=name)

    game = Game(pool)
    game.play("other")
    with pytest.raises(NotRepeatable, match="after the same moves other could go next before"):
        game.play("one")


def test_any_player_comes_to_an_end_of_a_right_pool_and_all_is_well():
    for favourite in (0, -1):
        game = Game(basic.demo, jobs=2, workers=2)
        while game.position.choices:
            game.play(list(game.position.choices)[favourite])
        assert not game.position.broken


def test_arguments_are_passed_on_to_the_pool():
    def readers(number, *, times):
        value = AtomicInt(0, "value")
        with TaskGroup() as group:
            for _ in range(number):
                group.spawn(lambda: [value.load() for _ in range(times)])

    game = Game(readers, 3, times=2)
    assert len(game.position.choices) == 3
    assert game.play(*["task-1"] * 2).choices == dict.fromkeys(["task-2", "task-3"], "load value")


def test_an_argument_that_the_pool_does_not_take_is_refused_before_it_runs():
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'num_workers'"):
        Game(basic.demo, num_workers=2)


def test_the_rules_need_neither_pictures_nor_widgets():
    code = (
        "import sys, lab.teaching.game, lab.teaching.levels, lab.teaching.progress; "
        "print({'matplotlib', 'ipywidgets'} & set(sys.modules))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert output.stdout == "set()\n"
